import { GodwitError } from "../core/error.ts";
import type { PortableTable, RiskKind } from "../core/portable.ts";
import { type DecidedColumn, lossName } from "./decide.ts";

/** Losses that can be made by a rule; any other one has no value that could stand for it. */
export const acceptableLosses: ReadonlySet<RiskKind> = new Set([
  "zero-date",
  "not-a-number",
  "infinity",
  "empty-enum",
  "storage-class",
  "format",
  "nul-character",
  "length",
  "scale",
  "precision",
  "json-lossy",
  // The source's server has a value for it: "?".
  "undefined-bytes",
]);

export interface Loss {
  /** What --allow takes. */
  readonly name: string;
  readonly kind: RiskKind;
  readonly table: string;
  readonly column: string;
  readonly rows: string;
  readonly examples: readonly { readonly key: readonly string[]; readonly value: string }[];
}

/** What of a table's values would be lost, by the names under which it is accepted. */
export function lossesOf(table: PortableTable, decided: readonly DecidedColumn[]): Loss[] {
  return decided.flatMap(({ column, losses }) =>
    losses.map(({ risk, rows, examples }) => ({
      name: lossName(table, column.name, risk.kind),
      kind: risk.kind,
      table: table.name,
      column: column.name,
      rows: String(rows),
      examples,
    })),
  );
}

/** Throws GW7003 naming each loss that was not accepted, or that cannot be. */
export function refuseLosses(losses: readonly Loss[], allow: readonly string[]): void {
  const open = losses.filter(({ name, kind }) => !allow.includes(name) || !acceptableLosses.has(kind));
  if (open.length === 0) return;
  const lines = open.slice(0, 20).map(({ name, rows, examples }) => {
    const shown = examples
      .slice(0, 3)
      .map(({ key, value }) => `${key.length > 0 ? `${key.join(",")}: ` : ""}${value}`);
    return `${name} (${rows} ${rows === "1" ? "row" : "rows"}${shown.length > 0 ? `, e.g. ${shown.join("; ")}` : ""})`;
  });
  const more = open.length > lines.length ? `, and ${open.length - lines.length} more` : "";
  throw new GodwitError("GW7003", {
    message: `values would be lost: ${lines.join(", ")}${more}`,
    details: { losses: open },
  });
}

/** Which of a column's losses were accepted. */
export function acceptedOf(losses: readonly Loss[], column: string, allow: readonly string[]): RiskKind[] {
  return losses.filter((loss) => loss.column === column && allow.includes(loss.name)).map(({ kind }) => kind);
}
