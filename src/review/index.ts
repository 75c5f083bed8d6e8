/** Plans as documents: what the commands use to write, read and approve them. */
export { approvePlan } from "./approve.ts";
export { holdFile } from "./hold-file.ts";
export { readPlanFile, writePlanFile } from "./plan-file.ts";
export { openSigningKey } from "./signing-key.ts";
