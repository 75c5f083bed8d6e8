import { baselineHistory } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface BaselineOptions extends ProjectOptions {
  /** This version and all older ones count as applied. */
  readonly version: string;
}

/** Takes over a database that was made without Godwit. */
export async function baseline(options: BaselineOptions): Promise<RunResult> {
  return baselineHistory(await openProject(options), options.version);
}
