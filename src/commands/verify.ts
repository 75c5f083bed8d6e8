import { type VerifyChoice, verifyDatabases, type VerifyReport } from "../copy/index.ts";
import { checkOptions } from "./check-options.ts";
import { type CopyProjectOptions, openCopyProject } from "./copy-options.ts";

export interface VerifyOptions extends CopyProjectOptions, VerifyChoice {}

/** Compares two databases by digests that their servers compute, down to the rows that differ. Reads only. */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  checkOptions("verify", options);
  return verifyDatabases(await openCopyProject(options), options);
}
