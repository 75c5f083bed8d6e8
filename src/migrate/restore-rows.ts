import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { RestoreRowsStep } from "../core/plan.ts";
import type { Engine } from "../engines/engine.ts";
import type { Contents } from "./content.ts";
import { readDirectives } from "./directives.ts";
import type { Migration } from "./folder.ts";
import { keepingRows, type RowFile, type SnapshotPolicy } from "./keep-rows.ts";

/** What is asked for of rows that a migration changes. */
export interface RowChoice {
  readonly policy?: SnapshotPolicy;
  /** How many times the history has applied this version; on the way down without this time. */
  readonly applications?: number;
  /** Tells databases of one server apart; "" where there are none. */
  readonly database?: string;
  /** Rows are put back although they were changed since. */
  readonly overwrites?: boolean;
}

export function rowFileOf(
  engine: Engine,
  { version }: Migration,
  { text, path }: { readonly text: string; readonly path: string },
  { policy = "declared", applications = 0, database = "" }: RowChoice,
): RowFile {
  return { engine, version, applications, database, policy, text, path };
}

/** Snapshots that the up file makes, the last one first. Throws GW2010 where it makes none. */
export function keptBy(engine: Engine, contents: Contents, migration: Migration, rows: RowChoice): string[] {
  const { ids } = keptIn(engine, contents, migration, rows);
  if (ids.length > 0) return ids;
  throw new GodwitError("GW2010", {
    message: `${migration.name}: there are no rows to restore: its up file keeps none`,
    details: { version: migration.version },
  });
}

export function keptIn(engine: Engine, contents: Contents, migration: Migration, rows: RowChoice) {
  const file = contents.up(migration);
  const { marks } = readDirectives(engine, file.text, file.path);
  const read = engine.syntax.statements(file.text, file.path);
  const statements = keepingRows(rowFileOf(engine, migration, file, rows), read, marks);
  return { ids: statements.flatMap(({ keeps }) => keeps?.id ?? []).toReversed(), statements, file };
}

export function restoreStep(
  migration: Migration,
  snapshots: readonly string[],
  { overwrites = false }: RowChoice,
): Omit<RestoreRowsStep, "unit" | "unitTitle" | "limits" | "undo" | "file" | "preamble"> {
  const rows =
    snapshots.length === 1 ? "the rows of 1 statement" : `the rows of ${snapshots.length} statements`;
  return {
    kind: "restore-rows",
    key: `${migration.version}/down/rows`,
    title: `put back ${rows}${overwrites ? ", also those that were changed since" : ""}`,
    // Whether rows are overwritten may be decided while the rollback is half done.
    // And without the ids: the same rollback of another database does the same.
    hash: digest(["rows", migration.version, snapshots.length]),
    transaction: true,
    snapshots,
    overwrites,
    history: [],
  };
}
