import { readStatus, type StatusReport } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

/** Where the database stands against the folder. Reads only. */
export async function status(options: ProjectOptions = {}): Promise<StatusReport> {
  checkOptions("status", options);
  return readStatus(await openProject(options));
}
