import type { RunResult } from "../run/executor.ts";
import { applyMigrations } from "./apply.ts";
import type { Project } from "./project.ts";
import { rollbackMigrations } from "./rollback.ts";

/** Rolls the newest migration back and applies it again: two runs, each of which can be resumed by itself. */
export async function redoMigration(
  project: Project,
): Promise<{ rollback: RunResult; apply: RunResult; versions: readonly string[] }> {
  const rollback = await rollbackMigrations(project, { steps: 1 });
  const [version] = rollback.versions;
  // Where nothing was rolled back there is nothing to do again; what is pending is not redo's to apply.
  const apply = version === undefined ? rollback : await applyMigrations(project, { only: version });
  return { rollback, apply, versions: rollback.versions };
}
