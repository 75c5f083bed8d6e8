import { rollbackPreview, type RollbackOptions } from "../../commands/rollback.ts";
import type { ProjectOptions } from "../../commands/options.ts";
import { countText } from "../amounts.ts";
import type { Invocation } from "../command-spec.ts";
import type { Paint } from "../paint.ts";
import { oneLine } from "../visible-text.ts";

const hazard = "down files may drop tables, and with them the data that was added since";

/** What a rollback will undo, for the question before it; null when there is nothing. Read without the lock. */
export async function describeRollback(options: RollbackOptions, paint: Paint): Promise<string | null> {
  const preview = await rollbackPreview(options);
  if (preview === null) return null;
  const { database, names, continues } = preview;
  const on = `${paint.dim("database")} ${oneLine(database)}\n`;
  const what =
    continues === null
      ? `This undoes ${countText(names.length, "migration")}:\n${names.map((name) => `  ${oneLine(name)}\n`).join("")}`
      : `This continues the rollback ${continues.slice(0, 8)} that was interrupted.\n`;
  return `${on}${what}${hazardText(paint)}`;
}

/** With --yes nobody was asked, so the hazard is said once there is something that is going to be undone. */
export function sayingHazard({ options, output }: Invocation, project: ProjectOptions): ProjectOptions {
  if (options.yes !== true || output.json) return project;
  return {
    ...project,
    onEvent: (event) => {
      const isOpening = event.type === "run:started" || event.type === "run:resumed";
      if (isOpening && event.kind === "rollback" && event.units > 0) {
        output.err.write(hazardText(output.err.paint));
      }
      project.onEvent?.(event);
    },
  };
}

function hazardText(paint: Paint): string {
  return `${paint.yellow("warning")}: ${hazard}\n`;
}
