import type { PortableIndex } from "../../core/portable.ts";
import type { DdlStatement, TargetTable } from "../data-roles.ts";
import { printable } from "./render-table.ts";
import { isDigitsInText } from "./render-type.ts";
import { traits } from "./traits.ts";

/** Null, with a line in `undone`, where SQLite has nothing that does the same. */
export function renderIndex(table: TargetTable, index: PortableIndex, undone: string[]): DdlStatement | null {
  const give = (why: string) => {
    undone.push(`index ${index.name} of ${table.name}: ${why}`);
    return null;
  };
  if (index.method !== "btree" && index.method !== "hash" && index.method !== "brin") {
    return give(`SQLite has no ${index.method} indexes`);
  }
  const parts: string[] = [];
  for (const part of index.parts) {
    const order = part.descending ? " DESC" : "";
    if (part.column !== null) {
      const column = traits.quote(part.column);
      // A shorter key makes a unique index stricter, and an ordinary one only smaller.
      const isPrefix = part.prefix !== null && index.unique;
      parts.push(`${isPrefix ? `substr(${column}, 1, ${part.prefix})` : column}${order}`);
      continue;
    }
    const sql = part.expression === null ? null : printable(table, part.expression);
    if (sql === null) return give(`the expression ${part.text}`);
    parts.push(`(${sql})${order}`);
  }
  let where = "";
  if (index.where !== null) {
    const sql = index.where.expression === null ? null : printable(table, index.where.expression);
    if (sql === null) return give(`the condition ${index.where.text}`);
    where = ` WHERE ${sql}`;
  }
  const digits = table.columns.find(
    ({ name, decision }) => isDigitsInText(decision) && index.parts.some(({ column }) => column === name),
  );
  if (digits !== undefined && !index.unique) {
    undone.push(`order of numbers in index ${index.name}: ${digits.name} is kept as text`);
  }
  return {
    sql: `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${traits.quote(index.name)} ON ${traits.quote(table.name)} (${parts.join(", ")})${where}`,
    title: `index ${index.name}`,
  };
}
