import { basename, extname, resolve } from "node:path";
import {
  type CopyChoice,
  copyDatabase,
  type CopyPlan,
  type CopyProject,
  type CopyResult,
  planCopy,
} from "../copy/index.ts";
import { checkOptions } from "./check-options.ts";
import { openCopyProject, type CopyProjectOptions, targetPlace } from "./copy-options.ts";
import { observed } from "./observed.ts";

export interface CopyOptions extends CopyProjectOptions, Omit<CopyChoice, "drafts"> {
  /** The file that gets what is left undone, with drafts; `true`: `godwit-undone-DATABASE.sql` in the working directory. */
  readonly drafts?: string | boolean | undefined;
}

/**
 * Copies a database into another one, of the same engine or not: tables, rows, keys, constraints, counters, and the
 * proof that both sides hold the same. The same call goes on with a copy that was interrupted. Rejects with a
 * GodwitError; nothing is written before all that could be lost was found and accepted by name.
 */
export async function copy(options: CopyOptions): Promise<CopyResult> {
  checkOptions("copy", options);
  return observed(options, targetPlace(options), async (own) => {
    const project = await openCopyProject(own);
    return copyDatabase(project, { ...own, drafts: draftsOf(project, own) });
  });
}

/** What a copy would do: the target's DDL, the decisions and what would be lost. Reads only. */
export async function planCopyOf(options: CopyOptions): Promise<CopyPlan> {
  checkOptions("copy", options);
  const project = await openCopyProject(options);
  return planCopy(project, { ...options, drafts: draftsOf(project, options) });
}

function draftsOf(
  { target }: CopyProject,
  { drafts = false, cwd = process.cwd() }: CopyOptions,
): string | undefined {
  if (drafts === false) return undefined;
  const { database, host } = target.target;
  const name = (host === "" ? basename(database, extname(database)) : database).replaceAll(
    /[^\p{L}\p{N}_.-]/gu,
    "_",
  );
  return resolve(cwd, drafts === true ? `godwit-undone-${name}.sql` : drafts);
}
