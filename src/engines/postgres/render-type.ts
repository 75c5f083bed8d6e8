import type { PortableColumn, PortableType, Risk, TypeDecision } from "../../core/portable.ts";
import type { ColumnUsage } from "../data-roles.ts";
import { collationName } from "./render-collation.ts";
import { besideTable, objectName } from "./object-name.ts";

export function decideType(column: PortableColumn, usage: ColumnUsage): TypeDecision {
  const { type, own } = column;
  // An enum is made beside its table where nothing has made it.
  if (own !== undefined && usage.sameEngine === true && !holdsLabels(type)) {
    const { own: _, ...plain } = column;
    const { risks } = decideType(plain, usage);
    return same(own.type, type, risks);
  }
  if (usage.sameEngine === true && saysMore(column)) return same(column.declared, type, []);
  switch (type.kind) {
    case "boolean":
      return usage.sameEngine === true ? same("boolean", type, []) : booleanOr(smallint);
    case "integer":
      return integer(column, type);
    case "decimal":
      return same(decimalSql(type.precision, type.scale), type, [
        storage("integer", "real"),
        { kind: "format", of: "number" },
      ]);
    case "float":
      return same(type.bits === 32 ? "real" : "double precision", type, [storage("integer", "real")]);
    case "text":
      return text(column, type, usage);
    case "bytes":
      return {
        ...same("bytea", type, [storage("blob")]),
        loses: type.length === null ? null : "the limit of its length",
      };
    case "bits":
      return same(`${type.varying ? "varbit" : "bit"}(${type.length})`, type, []);
    case "date":
      return same("date", type, [zeroDate, { kind: "format", of: "date" }]);
    case "time":
      return time(type);
    case "timestamp":
      return same(`${type.zone ? "timestamptz" : "timestamp"}(${Math.min(6, type.precision)})`, type, [
        zeroDate,
        { kind: "format", of: "timestamp" },
        ...precision(type.precision),
      ]);
    case "interval":
      return same("interval", type, []);
    case "year":
      return { ...same("smallint", smallint, []), reason: "a year is a number" };
    case "uuid":
      return same("uuid", type, [{ kind: "format", of: "uuid" }]);
    case "json":
      return type.binary
        ? // jsonb keeps every digit: what was a value already loses nothing, and other texts at most a doubled key.
          same("jsonb", type, [...(column.advisory ? [jsonLossy] : []), nulCharacter])
        : same("json", type, [{ kind: "format", of: "json" }, encoding]);
    case "enum":
      return enumeration(column, type.name, type.labels, usage);
    case "set":
      return {
        ...same("text[]", { kind: "array", of: unboundedText }, []),
        reason: "a set of labels is an array of texts, with a check",
      };
    case "array":
      return array(column, type.of, usage);
    case "any":
      return {
        ...same("text", unboundedText, [storage("integer", "real", "text"), nulCharacter, encoding]),
        reason: "the column has no type",
        loses: "which values were numbers and which were texts",
      };
    case "native":
      // The names of this engine's own types have their schema before them.
      return type.name.includes(".")
        ? same(type.name, type, [])
        : {
            ...same("text", unboundedText, [nulCharacter, encoding]),
            reason: `PostgreSQL has no ${type.name}`,
            loses: `what ${type.name} can do; its value is kept as text`,
          };
  }
}

function holdsLabels(type: PortableType): boolean {
  return type.kind === "enum" || (type.kind === "array" && holdsLabels(type.of));
}

/** A declaration of this engine that the neutral type spells otherwise, or wider. */
function saysMore({ declared }: PortableColumn): boolean {
  return (
    /^(oid|numeric\(\d+,-?\d+\))$/.test(declared) ||
    /^time(stamp)?(\(\d\))? with(out)? time zone$/.test(declared) ||
    /^interval\b[\w ()]*$/.test(declared)
  );
}

const smallint: PortableType = { kind: "integer", bits: 16, unsigned: false };
const unboundedText: PortableType = { kind: "text", length: null, fixed: false };
const zeroDate: Risk = { kind: "zero-date" };
const nulCharacter: Risk = { kind: "nul-character" };
const jsonLossy: Risk = { kind: "json-lossy" };
const encoding: Risk = { kind: "invalid-encoding" };
const storage = (...expected: Extract<Risk, { kind: "storage-class" }>["expected"]): Risk => ({
  kind: "storage-class",
  expected,
});
const precision = (digits: number): Risk[] => (digits > 6 ? [{ kind: "precision", digits: 6 }] : []);

function same(sql: string, type: PortableType, risks: readonly Risk[]): TypeDecision {
  return { sql, type, reason: "", loses: null, risks, otherwise: null };
}

function booleanOr(wider: PortableType): TypeDecision {
  return {
    ...same("boolean", { kind: "boolean" }, [{ kind: "not-boolean" }, storage("integer")]),
    reason: "0 and 1 are false and true",
    otherwise: { ...same("smallint", wider, []), reason: "it holds more than 0 and 1" },
  };
}

function integer(column: PortableColumn, type: Extract<PortableType, { kind: "integer" }>): TypeDecision {
  if (type.bits === 8 && column.identity === null && /^(tinyint\(1\)|bool)/i.test(column.declared))
    return booleanOr(smallint);
  const risks = [storage("integer")];
  if (type.unsigned && type.bits === 64 && column.identity === null) {
    return {
      ...same("numeric(20)", { kind: "decimal", precision: 20, scale: 0 }, risks),
      reason: "bigint ends at 2^63 - 1",
    };
  }
  const bits = type.unsigned ? ({ 8: 16, 16: 32, 24: 32, 32: 64, 64: 64 } as const)[type.bits] : type.bits;
  const held = bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
  const sql = { 16: "smallint", 32: "integer", 64: "bigint" }[held];
  const decided = same(sql, { kind: "integer", bits: held, unsigned: false }, risks);
  if (!type.unsigned) return decided;
  if (type.bits < 64) return { ...decided, reason: "unsigned: the type that holds all its values" };
  return {
    ...decided,
    reason: "an identity is a bigint at most",
    risks: [...risks, { kind: "range", minimum: "0", maximum: "9223372036854775807" }],
  };
}

/** As PostgreSQL's limits are; beyond them a numeric without limits holds all the same. */
function decimalSql(digits: number | null, scale: number | null): string {
  return digits === null || digits > 1000 ? "numeric" : `numeric(${digits}${scale ? `,${scale}` : ""})`;
}

function text(
  column: PortableColumn,
  type: Extract<PortableType, { kind: "text" }>,
  usage: ColumnUsage,
): TypeDecision {
  const isBounded = type.length !== null && type.length > 0 && type.length <= longestVarchar;
  const plain = isBounded ? `${type.fixed ? "char" : "varchar"}(${type.length})` : "text";
  const decided = same(plain, isBounded ? type : unboundedText, [
    nulCharacter,
    encoding,
    storage("text"),
    // A type of SQLite does not limit its values.
    ...(isBounded ? [{ kind: "length", limit: type.length!, unit: "characters" } as const] : []),
  ]);
  const { collation } = column;
  if (collation === null || !(collation.caseInsensitive || collation.accentInsensitive)) return decided;
  // Only where it decides which rows are one: LIKE, and a search by patterns, cannot use such a collation.
  if (usage.identifies !== true)
    return { ...decided, loses: `the collation ${collation.name}: upper and lower case are told apart` };
  return {
    ...decided,
    sql: `${plain} COLLATE ${besideTable(usage.table, collationName(collation))}`,
    reason: `a key under ${collation.name}: a nondeterministic collation keeps equal what was equal`,
    loses: collation.padSpace
      ? "that trailing spaces do not count; and LIKE on the column, before PostgreSQL 18"
      : "LIKE on the column, before PostgreSQL 18",
  };
}

const longestVarchar = 10_485_760;

function time(type: Extract<PortableType, { kind: "time" }>): TypeDecision {
  const digits = Math.min(6, type.precision);
  const risks: Risk[] = [{ kind: "format", of: "time" }, ...precision(type.precision)];
  const decided = same(`${type.zone ? "timetz" : "time"}(${digits})`, { ...type, signed: false }, risks);
  if (!type.signed) return decided;
  return {
    ...decided,
    risks: [{ kind: "time-range" }, ...risks],
    otherwise: {
      ...same(`interval(${digits})`, { kind: "interval" }, []),
      reason: "it holds what is no time of day",
    },
  };
}

function enumeration(
  column: PortableColumn,
  name: string | null,
  labels: readonly string[],
  usage: ColumnUsage,
): TypeDecision {
  const risks: Risk[] = [{ kind: "empty-enum" }];
  const why =
    labels.length === 0
      ? "there are no labels"
      : labels.some((label) => Buffer.byteLength(label) > longestLabelBytes)
        ? `a label is longer than ${longestLabelBytes} bytes`
        : null;
  if (why !== null) return { ...same("text", unboundedText, risks), reason: `${why}: text with a check` };
  // A table of a name that a type has cannot be made: order_state may well be one.
  const typeName = objectName(name ?? `${usage.table.name}_${column.name}_enum`);
  return same(besideTable(usage.table, typeName), { kind: "enum", name: typeName, labels }, risks);
}

const longestLabelBytes = 63;

function array(column: PortableColumn, of: PortableType, usage: ColumnUsage): TypeDecision {
  const element = decideType({ ...column, type: of, collation: null }, usage);
  return {
    ...element,
    sql: `${element.sql}[]`,
    type: { kind: "array", of: element.type },
    risks: [],
    otherwise: null,
  };
}
