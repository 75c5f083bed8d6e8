import { type Baseline, baselineHistory, previewBaseline } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { observed } from "./observed.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface BaselineOptions extends ProjectOptions {
  /** This version and all older ones count as applied. It must be that of a file. */
  readonly version: string;
  /** It may also be a version of which there is no file. */
  readonly withoutFile?: boolean | undefined;
}

/** Takes over a database that was made without Godwit. Resolves with the names of the files that count as applied. */
export async function baseline(
  options: BaselineOptions,
): Promise<RunResult & { readonly covers: readonly string[] }> {
  checkOptions("baseline", options);
  return observed(options, options, async (own) => baselineHistory(await openProject(own), options));
}

/** What `baseline` would do, for the question before it. Changes nothing. */
export async function baselinePreview(
  options: BaselineOptions,
): Promise<Baseline & { readonly database: string }> {
  checkOptions("baseline", options);
  const project = await openProject(options);
  return { ...(await previewBaseline(project, options)), database: project.target.display };
}
