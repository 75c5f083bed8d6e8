import type { ProjectOptions } from "../../commands/options.ts";
import { status } from "../../commands/status.ts";
import { countText } from "../amounts.ts";
import type { Paint } from "../paint.ts";
import { oneLine } from "../visible-text.ts";

export const rollbackHazard = "down files may drop tables, and with them the data that was added since";

/** What a rollback will undo, for the question before it: read from the status, so without the lock. */
export async function rollbackPreview(
  project: ProjectOptions,
  choice: { readonly steps?: number | undefined; readonly to?: string | undefined },
  paint: Paint,
): Promise<string> {
  const { database, migrations, run } = await status(project);
  const on = `${paint.dim("database")} ${oneLine(database)}\n`;
  if (run?.kind === "rollback") {
    return `${on}This continues the rollback ${run.id.slice(0, 8)} that was interrupted.\n`;
  }
  // Newest first; within one moment the higher version was applied later.
  const applied = migrations
    .filter(({ kind, appliedAt }) => kind === "versioned" && appliedAt !== null)
    .toReversed()
    .sort((a, b) => (b.appliedAt ?? "").localeCompare(a.appliedAt ?? ""));
  const floor = migrations.findIndex(({ version }) => version === choice.to);
  const chosen =
    choice.to === undefined
      ? applied.slice(0, choice.steps ?? 1)
      : applied.filter((entry) => migrations.indexOf(entry) > floor);
  const names = chosen.map(({ name }) => `  ${oneLine(name)}\n`).join("");
  return `${on}This undoes ${countText(chosen.length, "migration")}:\n${names}`;
}
