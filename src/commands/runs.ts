import { listRuns, type RunSummary } from "../audit/index.ts";
import { reading } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface RunsOptions extends ProjectOptions {
  /** So many of the newest; default 20. */
  readonly limit?: number | undefined;
}

/** The newest runs of the database, the newest first. Reads only. */
export async function runs(options: RunsOptions = {}): Promise<readonly RunSummary[]> {
  checkOptions("runs", options);
  const { limit = 20, ...rest } = options;
  const project = await openProject(rest);
  return reading(project, (session) => listRuns(project.engine, session, limit));
}
