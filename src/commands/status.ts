import { readStatus, type StatusReport } from "../migrate/index.ts";
import { openProject, type ProjectOptions } from "./options.ts";

/** Where the database stands against the folder. Reads only. */
export async function status(options: ProjectOptions = {}): Promise<StatusReport> {
  return readStatus(await openProject(options));
}
