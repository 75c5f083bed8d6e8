import { basename } from "node:path";
import { digest } from "../core/canonical.ts";
import type { MappingsPlace, MappingsStep } from "../core/mappings-steps.ts";
import type { MigrateIntent } from "./plan-migration.ts";

const unit = "mappings";
export const keys = {
  backup: `${unit}/backup`,
  write: `${unit}/write`,
  check: `${unit}/check`,
  place: `${unit}/place`,
} as const;

/** The same steps whenever they are made of the same intent. */
export function stepsOf({ output, places, job, copies, litter }: MigrateIntent): MappingsStep[] {
  const name = basename(output);
  const base = (key: string, title: string, undo: string, content: unknown) => ({
    key,
    title,
    hash: digest([key, content]),
    unit,
    unitTitle: name,
    limits: { statementTimeoutMs: 0 },
    undo,
    history: [],
  });
  return [
    ...(copies.length === 0
      ? []
      : [
          {
            kind: "mappings-backup",
            ...base(
              keys.backup,
              `back up ${copies.map(({ file }) => basename(file)).join(", ")}`,
              "the copies stay",
              copies,
            ),
            copies,
          } as const,
        ]),
    {
      kind: "mappings-write",
      ...base(
        keys.write,
        `write ${job.target.format} ${job.version} beside ${name}`,
        "remove the file beside",
        [places, job],
      ),
      places,
      job,
      litter,
    },
    {
      kind: "mappings-check",
      ...base(keys.check, "read it back and compare", "nothing was changed", [places, job]),
      places,
      job,
      written: keys.write,
    },
    {
      kind: "mappings-place",
      ...base(
        keys.place,
        `${places.database.before === null ? "name it" : "put it in the place of"} ${name}${places.outdated === null ? "" : `, and take ${basename(places.outdated.output)} away`}`,
        undoOf(places.database),
        places,
      ),
      places,
      checked: keys.check,
    },
  ];
}

function undoOf({ before, backup, output }: MappingsPlace): string {
  if (before === null) return `godwit mappings rollback ${output} removes it`;
  return backup === null
    ? "none: no backup was made"
    : `godwit mappings rollback ${output} puts ${basename(backup.backup)} back`;
}
