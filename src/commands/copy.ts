import { basename, extname, resolve } from "node:path";
import {
  type CopyChoice,
  copyDatabase,
  copyReviewed,
  freezeCopy,
  type CopyPlan,
  type CopyProject,
  type CopyResult,
  planCopy,
} from "../copy/index.ts";
import { checkOptions } from "./check-options.ts";
import type { FrozenPlan } from "../core/frozen-plan.ts";
import { personName } from "../core/person-name.ts";
import { isUrl } from "./side.ts";
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

export interface FreezeCopyOptions extends CopyOptions {
  /** Whose plan it is; default GODWIT_ACTOR, or the user of the operating system. */
  readonly as?: string | undefined;
  readonly ticket?: string | undefined;
  /** Where it is written; left out: nowhere. */
  readonly output?: string | undefined;
}

/** What a copy would do, as a plan for review, which `applyPlan` carries out. Reads only. */
export async function freezeCopyOf(options: FreezeCopyOptions): Promise<FrozenPlan> {
  const { as, ticket, output, cwd = process.cwd(), source, target } = options;
  const project = await openCopyProject(options);
  const plan = await freezeCopy(
    project,
    { ...options, drafts: undefined },
    {
      author: as === undefined ? undefined : personName(as, "--as"),
      ticket: ticket === undefined ? undefined : personName(ticket, "--ticket"),
      profile: isUrl(target) ? null : target,
      sourceProfile: isUrl(source) ? null : source,
    },
  );
  if (output !== undefined) {
    const { writePlanFile } = await import("../review/index.ts");
    await writePlanFile(resolve(cwd, output), plan);
  }
  return plan;
}

/** Carries a reviewed copy out, or goes on with it. */
export async function copyPlanned(plan: FrozenPlan, options: CopyOptions): Promise<CopyResult> {
  return observed(options, targetPlace(options), async (own) => {
    const project = await openCopyProject(own);
    return copyReviewed(project, plan, { drafts: draftsOf(project, own) });
  });
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
