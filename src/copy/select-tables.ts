import { GodwitError } from "../core/error.ts";
import type { PortableTable } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { CopyChoice } from "./project.ts";

/** The tables that a choice names. Throws GW7004 for a pattern that names none: a misspelt one would be left out in silence. */
export function selectTables(
  tables: readonly PortableTable[],
  { tables: wanted = [], exclude = [] }: Pick<CopyChoice, "tables" | "exclude">,
): readonly PortableTable[] {
  for (const pattern of [...wanted, ...exclude]) {
    if (tables.some((table) => matches(pattern, table))) continue;
    throw new GodwitError("GW7004", {
      message: `no table of the source is called ${pattern}`,
      hint: `It has: ${tables.slice(0, 20).map(tableKey).join(", ") || "none"}.`,
      details: { pattern },
    });
  }
  return tables.filter(
    (table) =>
      (wanted.length === 0 || wanted.some((pattern) => matches(pattern, table))) &&
      !exclude.some((pattern) => matches(pattern, table)),
  );
}

/** A pattern without a dot is a table's name in any schema. */
function matches(pattern: string, table: PortableTable): boolean {
  const test = (text: string, name: string) =>
    new RegExp(`^${text.split("*").map(escaped).join(".*")}$`, "su").test(name);
  if (test(pattern, table.name)) return true;
  const dot = pattern.indexOf(".");
  return dot !== -1 && test(pattern.slice(0, dot), table.schema) && test(pattern.slice(dot + 1), table.name);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`);
}
