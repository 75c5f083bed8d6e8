import { canonicalJson } from "../../core/canonical.ts";
import { GodwitError } from "../../core/error.ts";
import type { CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Session } from "../../engines/engine.ts";
import { sourceFailure, type SourceSide } from "./source-side.ts";

/**
 * Holds the source's tables as they are until the snapshot ends, and refuses (GW7007) those that are not as they were
 * when the copy was planned. A table that is only read later may be altered until then, and PostgreSQL shows a table
 * that was rewritten as empty to an older snapshot: so each is touched first, which keeps every ALTER TABLE waiting.
 */
export async function refuseReshaped(
  source: SourceSide,
  reader: Session,
  tables: readonly CopyTable[],
): Promise<void> {
  const { engine } = source;
  const { quote } = engine.traits;
  try {
    for (const { source: name } of tables) {
      const table = name.schema === "" ? quote(name.name) : `${quote(name.schema)}.${quote(name.name)}`;
      // A reader is seldom in the way of it, but one that waits for an ALTER TABLE must not wait without an end.
      await reader.query(`SELECT 1 FROM ${table} WHERE 1 = 0`).catch((error: unknown) => {
        if (engine.errors.classify(error).kind === "missing-object") throw reshaped(name, "it is gone");
        throw error;
      });
    }
    const rewritten =
      (await source.snapshot.rewritten?.(
        reader,
        tables.map((table) => table.source),
      )) ?? [];
    for (const name of rewritten) throw reshaped(name, "it was rewritten after the snapshot was taken");
    const { normalize } = engine;
    if (normalize === undefined) return;
    const now = (await normalize.columnTypes?.(reader)) ?? (await normalize.schema(reader)).tables;
    const found = new Map(now.map((table) => [tableKey(table), table]));
    for (const { source: name, columns, shape } of tables) {
      const table = found.get(tableKey(name));
      if (table === undefined) throw reshaped(name, "it is gone");
      const types = new Map(table.columns.map((column) => [column.name, column.type]));
      for (const { source: column, from, value } of columns) {
        const type = types.get(column);
        if (value !== null) continue;
        if (type === undefined) throw reshaped(name, `column ${column} is gone`);
        if (canonicalJson(type) !== canonicalJson(from))
          throw reshaped(name, `column ${column} has another type`);
      }
      const added = shape === undefined ? [] : [...types.keys()].filter((column) => !shape.includes(column));
      if (added.length > 0) throw reshaped(name, `column ${added.join(", ")} was added`);
    }
  } catch (error) {
    throw sourceFailure(source, error);
  }
}

export function reshaped(table: CopyTable["source"], how: string): GodwitError {
  return new GodwitError("GW7007", {
    message: `${tableKey(table)} is not as it was when the copy was planned: ${how}`,
    details: { table: tableKey(table) },
  });
}
