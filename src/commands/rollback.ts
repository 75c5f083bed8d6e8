import { GodwitError } from "../core/error.ts";
import { previewRollback, type RollbackPreview, rollbackMigrations } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { observed } from "./observed.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface RollbackOptions extends ProjectOptions {
  /** How many of the newest migrations; default 1. */
  readonly steps?: number | undefined;
  /** Everything newer than this version; "0" for everything. Not together with `steps`. */
  readonly to?: string | undefined;
  /** Losses that are accepted by name: "overwrite-changed-rows". */
  readonly allow?: readonly string[] | undefined;
}

/** Undoes the newest migrations by their down files, or continues an interrupted rollback. */
export async function rollback(
  options: RollbackOptions = {},
): Promise<RunResult & { versions: readonly string[] }> {
  checkOptions("rollback", options);
  refuseBoth(options);
  const { steps, to, allow } = options;
  return observed(options, options, async (own) =>
    rollbackMigrations(await openProject(own), { steps, to, allow }),
  );
}

/** What `rollback` would do, for the question before it; null when there is nothing to undo. Changes nothing. */
export async function rollbackPreview(
  options: RollbackOptions = {},
): Promise<(RollbackPreview & { readonly database: string }) | null> {
  checkOptions("rollback", options);
  refuseBoth(options);
  const project = await openProject(options);
  const preview = await previewRollback(project, {
    steps: options.steps,
    to: options.to,
    allow: options.allow,
  });
  return preview === null ? null : { ...preview, database: project.target.display };
}

/** Throws GW1001. */
export function refuseBoth({ steps, to }: Pick<RollbackOptions, "steps" | "to">): void {
  if (steps === undefined || to === undefined) return;
  throw new GodwitError("GW1001", { message: "steps and to exclude each other" });
}
