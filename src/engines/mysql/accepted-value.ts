import type { PortableType, RiskKind } from "../../core/portable.ts";
import { formatSql, noDay } from "./profile-risk.ts";

/**
 * A column's value with the losses made that were accepted: what has no equivalent becomes NULL, what is too long or
 * too exact is cut or rounded. The same for the rows that are copied and for those that are compared; `to` is known
 * for the former only. U+0000 is not removed here: `escaped` values lose it on their way.
 */
export function acceptedValue(
  value: string,
  accepts: readonly RiskKind[],
  from: PortableType,
  to: PortableType | null,
): string {
  let sql = value;
  const isDay = from.kind === "date" || from.kind === "timestamp";
  if (accepts.includes("zero-date") && isDay) sql = `IF(${noDay(sql)}, NULL, ${sql})`;
  if (accepts.includes("empty-enum") && from.kind === "enum") sql = `IF(${sql} + 0 = 0, NULL, ${sql})`;
  // Only MySQL's own JSON is asked for it: that of MariaDB is a text, which PostgreSQL's json keeps as it is.
  if (accepts.includes("nul-character") && from.kind === "json")
    sql = `REGEXP_REPLACE(CAST(${sql} AS CHAR), '(?<!\\\\\\\\)((?:\\\\\\\\\\\\\\\\)*)\\\\\\\\u0000', '$1')`;
  if (to === null) return sql;
  if (accepts.includes("format") && from.kind === "text") {
    const of = formatOf(to);
    if (of !== null) sql = `IF(${formatSql(value, of)}, NULL, ${sql})`;
  }
  if (accepts.includes("length") && (to.kind === "text" || to.kind === "bytes") && to.length !== null) {
    sql = `LEFT(${sql}, ${to.length})`;
  }
  if (accepts.includes("scale") && to.kind === "decimal" && to.scale !== null)
    sql = `ROUND(${sql}, ${to.scale})`;
  if (accepts.includes("precision") && (to.kind === "timestamp" || to.kind === "time")) {
    sql = `CAST(${sql} AS ${to.kind === "time" ? "TIME" : "DATETIME"}(${to.precision}))`;
  }
  return sql;
}

function formatOf({ kind }: PortableType): Parameters<typeof formatSql>[1] | null {
  if (kind === "decimal" || kind === "float") return "number";
  return kind === "integer" ||
    kind === "date" ||
    kind === "time" ||
    kind === "timestamp" ||
    kind === "uuid" ||
    kind === "json"
    ? kind
    : null;
}

/** Without U+0000, as text that was accepted so is copied and compared. */
export function withoutNul(bytes: string, accepts: readonly RiskKind[]): string {
  return accepts.includes("nul-character") ? `REPLACE(${bytes}, _binary x'00', _binary'')` : bytes;
}
