import { readReport, type RunReport } from "../audit/index.ts";
import { reading } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface ReportOptions extends ProjectOptions {
  /** The run's id or its beginning; default the newest run. */
  readonly run?: string | undefined;
}

/** What became of a run, over all its attempts, from the ledger. Reads only. */
export async function report(options: ReportOptions = {}): Promise<RunReport> {
  checkOptions("report", options);
  const { run, ...rest } = options;
  const project = await openProject(rest);
  const { engine, target } = project;
  return reading(project, (session) => readReport(engine, session, { database: target.display, runId: run }));
}
