import { redoMigration } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { observed } from "./observed.ts";
import { openProject, type ProjectOptions } from "./options.ts";

/** Rolls the newest migration back and applies it again. */
export async function redo(
  options: ProjectOptions = {},
): Promise<{ rollback: RunResult; apply: RunResult; versions: readonly string[] }> {
  checkOptions("redo", options);
  return observed(options, options, async (own) => redoMigration(await openProject(own)));
}
