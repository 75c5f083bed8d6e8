import type { PortableColumn, PortableType, TypeDecision } from "../../core/portable.ts";

type Choice = Omit<TypeDecision, "risks" | "otherwise" | "loses"> &
  Partial<Pick<TypeDecision, "risks" | "loses">>;

/**
 * The STRICT type that keeps every value. NUMERIC would turn decimals into doubles, and any other than STRICT tables
 * would let SQLite convert what looks like a number.
 */
export function decideType(column: PortableColumn): TypeDecision {
  // The declaration stands in the table's own text.
  if (column.own !== undefined || keepsDeclaration(column)) {
    const { declared: sql, type } = column;
    return { sql, type, reason: "", risks: [], loses: null, otherwise: null };
  }
  const { loses, ...choice } = isCounted(column) ? counted(column.type) : choose(column.type);
  const losses = [loses, collationLoss(column)].filter((loss) => loss !== undefined && loss !== null);
  return {
    ...choice,
    risks: choice.risks ?? [],
    loses: losses.length === 0 ? null : losses.join("; "),
    otherwise: null,
  };
}

/**
 * A column of SQLite itself outside of STRICT tables: under its own declaration each value stays what it is, a number
 * or a text. Declarations of other words than names and sizes would have to be quoted, and are decided anew.
 */
export function keepsDeclaration({ advisory, declared }: PortableColumn): boolean {
  return advisory === true && /^\w+( \w+)*( ?\(\d+( ?, ?\d+)?\))?$/.test(declared);
}

/** Whether a column's values are digits that are kept as text, so that SQL on SQLite does not compare them as numbers. */
export function isDigitsInText({ sql, type }: TypeDecision): boolean {
  return sql === "TEXT" && (type.kind === "decimal" || type.kind === "integer");
}

/** A counter of unsigned numbers, or a column that refers to one: as digits in a text nothing would count it. */
function isCounted({ type, identity }: PortableColumn): boolean {
  return type.kind === "integer" && type.unsigned && type.bits === 64 && identity !== null;
}

function counted(type: PortableType): Choice {
  return {
    sql: "INTEGER",
    type,
    reason: "a counter of SQLite ends at 2^63 - 1",
    risks: [{ kind: "range", minimum: "0", maximum: "9223372036854775807" }],
  };
}

function choose(type: PortableType): Choice {
  const asText = (reason: string, loses: string | null = null): Choice => ({
    sql: "TEXT",
    type,
    reason,
    loses,
  });
  switch (type.kind) {
    case "boolean":
      return { sql: "INTEGER", type, reason: "SQLite keeps booleans as 1 and 0; a check holds others off" };
    case "integer":
      return type.unsigned && type.bits === 64
        ? asText("SQLite's integers have 64 bits with a sign", "numeric order and arithmetic in SQL")
        : { sql: "INTEGER", type, reason: "" };
    case "year":
      return { sql: "INTEGER", type, reason: "" };
    case "decimal":
      return asText("REAL and NUMERIC would round to 15 digits", "numeric order and arithmetic in SQL");
    case "float":
      return {
        sql: "REAL",
        type,
        reason: type.bits === 32 ? "SQLite's REAL has 64 bits" : "",
        risks: [{ kind: "not-a-number" }],
        loses: "the sign of -0.0",
      };
    case "text":
      return {
        sql: "TEXT",
        type,
        reason: "",
        loses: type.length === null ? null : "the limit of its length",
      };
    case "bytes":
      return {
        sql: "BLOB",
        type,
        reason: "",
        loses: type.length === null ? null : "the limit of its length",
      };
    case "bits":
      return asText("SQLite has no bit strings: digits 0 and 1");
    case "date":
    case "time":
      return asText(`SQLite has no type for it; its ${type.kind} functions read this text`);
    case "timestamp":
      return asText(
        type.zone
          ? "SQLite has no type for it; its functions read this text as UTC"
          : "SQLite has no type for it; its functions read this text",
      );
    case "interval":
      return asText("SQLite has no intervals");
    case "uuid":
      return asText("SQLite has no type for it");
    case "json":
      return asText("SQLite's JSON functions read text");
    case "enum":
      return asText("SQLite has no enumerations; a check holds other values off", "the order of the labels");
    case "set":
      return asText("SQLite has no sets: labels with commas");
    case "array":
      return {
        sql: "TEXT",
        type: { kind: "json", binary: false },
        reason: "SQLite has no arrays; its JSON functions read these",
      };
    case "any":
      return { sql: "ANY", type, reason: "" };
    case "native":
      return asText(`SQLite has no ${type.name.replace(/^pg_catalog\./, "")}; the value's text is kept`);
  }
}

function collationLoss({ type, collation }: PortableColumn): string | null {
  if (collation === null || (type.kind !== "text" && type.kind !== "enum")) return null;
  const kept = sqliteCollation({ type, collation });
  if (kept === "NOCASE") {
    return `${collation.name}: NOCASE ignores the case of A to Z only${collation.accentInsensitive ? ", and no accents" : ""}`;
  }
  return kept === null && collation.accentInsensitive ? `${collation.name}: accents are told apart` : null;
}

/** The collation of SQLite that is nearest; null is BINARY. */
export function sqliteCollation({
  type,
  collation,
}: Pick<PortableColumn, "type" | "collation">): "NOCASE" | "RTRIM" | null {
  if (collation === null || type.kind !== "text") return null;
  if (collation.caseInsensitive) return "NOCASE";
  return collation.padSpace ? "RTRIM" : null;
}
