import type { Expression } from "../core/expression.ts";
import type { PortableTable } from "../core/portable.ts";
import type { EngineId } from "../core/target.ts";

/**
 * The table with each expression that the translator does not know in the words of its own engine: a copy within the
 * engine passes them on, a default that calls a function or takes the next value of a sequence too.
 */
export function inOwnWords(table: PortableTable, dialect: EngineId): PortableTable {
  const said = <T extends { readonly expression: Expression | null; readonly text: string }>(part: T): T =>
    part.expression !== null || part.text === ""
      ? part
      : { ...part, expression: { kind: "verbatim", dialect, text: part.text } };
  return {
    ...table,
    columns: table.columns.map((column) =>
      Object.assign({}, column, {
        default: column.default === null ? null : said(column.default),
        generated: column.generated === null ? null : said(column.generated),
      }),
    ),
    checks: table.checks.map(said),
    indexes: table.indexes.map((index) =>
      Object.assign({}, index, {
        parts: index.parts.map((part) => (part.column === null ? said(part) : part)),
        where: index.where === null ? null : said(index.where),
      }),
    ),
  };
}
