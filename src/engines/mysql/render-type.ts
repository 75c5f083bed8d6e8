import type { PortableColumn, PortableType, Risk, TypeDecision } from "../../core/portable.ts";
import type { ColumnUsage } from "../data-roles.ts";
import { collationLoss } from "./render-collation.ts";
import { atLeast, namedServer } from "./server-version.ts";
import { labelList } from "./sql-text.ts";

/** Of a text that is a key: 4 bytes a character, and an index holds 3,072. */
const [keyedCharacters, mostKeyedCharacters] = [255, 768];
const [keyedBytes, mostKeyedBytes] = [255, 3_072];
/** Of VARCHAR, where a row has nothing else: 65,535 bytes. */
const longestVarchar = 16_383;
const unboundedText: PortableType = { kind: "text", length: null, fixed: false };
const smallint: PortableType = { kind: "integer", bits: 16, unsigned: false };
const notANumber: Risk = { kind: "not-a-number" };
const infinity: Risk = { kind: "infinity" };
const encoding: Risk = { kind: "invalid-encoding" };
const yearRange: Risk = { kind: "year-range" };

/** The declarations are those that MySQL and MariaDB both take with one meaning, or those of the server that is known. */
export function decideType(column: PortableColumn, usage: ColumnUsage): TypeDecision {
  const { type } = column;
  // The server's own words for it stand in the table's.
  if (usage.sameEngine === true && (column.own !== undefined || saysMore(column, usage)))
    return same(column.declared, type);
  const server = namedServer(usage.server);
  if (server?.mariaDb === true) {
    const own = decideForMariaDb(column, server.version);
    if (own !== null) return own;
  }
  switch (type.kind) {
    case "boolean":
      return {
        ...same("tinyint(1)", type, [{ kind: "not-boolean" }], "the servers have no booleans; 1 and 0"),
        otherwise: same("smallint", smallint, [], "it holds more than 0 and 1"),
      };
    case "integer":
      return same(integerSql(column, type), type);
    case "decimal":
      return decimal(type.precision, type.scale, usage);
    case "float":
      return same(type.bits === 32 ? "float" : "double", type, [notANumber, infinity]);
    case "text":
      return withCollation(withEncoding(text(type, usage), usage), column, usage);
    case "bytes":
      return bytes(type, usage);
    case "bits":
      return type.varying || type.length > 64
        ? asText(usage, type.length, "bits of any number are kept as digits")
        : same(`bit(${type.length})`, type);
    case "date":
      return same("date", type, [infinity, yearRange]);
    case "time":
      return type.zone
        ? asText(usage, 40, "there is no time of day with a zone")
        : same(`time(${Math.min(6, type.precision)})`, type, digits(type.precision));
    case "timestamp":
      return timestamp(column, type);
    case "interval":
      return asText(usage, 100, "there are no intervals");
    case "year":
      return same("year", type);
    case "uuid":
      return same(
        "char(36) CHARACTER SET ascii COLLATE ascii_bin",
        type,
        [],
        "a type for it is only in MariaDB",
      );
    case "json":
      return {
        // Which of the two servers it is, is not known here: what both keep is the value.
        ...same("json", { kind: "json", binary: true }, [{ kind: "json-lossy" }]),
        loses: type.binary ? null : "on MySQL, the text: it keeps the value",
      };
    case "enum":
      return enumeration(column, type.labels, usage);
    case "set":
      return type.labels.length === 0 || type.labels.length > 64
        ? asText(usage, null, "a set has 1 to 64 labels")
        : withCollation(same(`set(${labelList(type.labels)})`, type), column, usage);
    case "array":
      return same("json", { kind: "json", binary: true }, [], "there are no arrays");
    case "any":
      return {
        ...asText(usage, null, "the column has no type"),
        risks: [{ kind: "storage-class", expected: ["integer", "real", "text"] }, encoding],
        loses: "which values were numbers and which were texts",
      };
    case "native":
      return native(column, type.name, usage);
  }
}

/** What MariaDB has and MySQL has not: types for identifiers and addresses, and JSON that keeps its text. */
function decideForMariaDb(
  { type, declared }: PortableColumn,
  version: readonly number[],
): TypeDecision | null {
  const has = (major: number, minor: number) => atLeast(version, major, minor);
  if (type.kind === "uuid" && has(10, 7)) return same("uuid", type);
  if (type.kind === "json") return same("json", { kind: "json", binary: false });
  if (type.kind !== "native") return null;
  if (declared === "inet6" || (declared === "inet4" && has(10, 10))) return same(declared, type);
  return null;
}

function same(sql: string, type: PortableType, risks: readonly Risk[] = [], reason = ""): TypeDecision {
  return { sql, type, reason, loses: null, risks, otherwise: null };
}

/** What both servers do not have, as the text that it is written as. */
function asText({ keyed }: ColumnUsage, length: number | null, reason: string): TypeDecision {
  if (length !== null && length <= mostKeyedCharacters) {
    return same(`varchar(${length})`, { kind: "text", length, fixed: false }, [], reason);
  }
  return keyed ? { ...keyedText(keyedCharacters), reason } : same("longtext", unboundedText, [], reason);
}

/**
 * A declaration of these servers that says more than its neutral type: no sign, digits that are shown, a size. Only
 * MariaDB's keys hold bytes without a limit.
 */
function saysMore({ declared }: PortableColumn, { keyed }: ColumnUsage): boolean {
  return (
    /^(tiny|small|medium|big)?int\(\d+\) unsigned zerofill$/.test(declared) ||
    /^(decimal|float|double)(\(\d+,\d+\))?( unsigned)?( zerofill)?$/.test(declared) ||
    (!keyed && /^(tiny|medium|long)?blob$/.test(declared))
  );
}

function integerSql({ declared }: PortableColumn, type: Extract<PortableType, { kind: "integer" }>): string {
  const name = { 8: "tinyint", 16: "smallint", 24: "mediumint", 32: "int", 64: "bigint" }[type.bits];
  // The one display width that says something: clients take it for a boolean.
  const width = type.bits === 8 && /^tinyint\(1\)/i.test(declared) ? "(1)" : "";
  return `${name}${width}${type.unsigned ? " unsigned" : ""}`;
}

function decimal(precision: number | null, scale: number | null, usage: ColumnUsage): TypeDecision {
  const fits =
    precision !== null &&
    precision <= 65 &&
    (scale ?? 0) <= 30 &&
    (scale ?? 0) >= 0 &&
    (scale ?? 0) <= precision;
  if (fits) {
    const type: PortableType = { kind: "decimal", precision, scale: scale ?? 0 };
    return same(`decimal(${precision},${scale ?? 0})`, type, [notANumber, infinity]);
  }
  const kept = precision === null || scale === null ? 30 : Math.max(0, Math.min(30, scale));
  const most = "9".repeat(65 - kept);
  const reason = "DECIMAL has 65 digits, 30 of them after the point";
  return {
    ...same(
      `decimal(65,${kept})`,
      { kind: "decimal", precision: 65, scale: kept },
      [
        { kind: "range", minimum: `-${most}`, maximum: most },
        { kind: "scale", digits: kept },
        notANumber,
        infinity,
      ],
      reason,
    ),
    otherwise: {
      ...asText(usage, null, `${reason}, and the values have more: digits in a text`),
      loses: "numeric order and arithmetic",
    },
  };
}

function text(type: Extract<PortableType, { kind: "text" }>, { keyed }: ColumnUsage): TypeDecision {
  const { length, fixed } = type;
  if (length !== null && length > 0) {
    const limit: Risk[] = [{ kind: "length", limit: length, unit: "characters" }];
    if (fixed && length <= 255) return same(`char(${length})`, type, limit);
    const plain: PortableType = { kind: "text", length, fixed: false };
    if (length <= (keyed ? mostKeyedCharacters : longestVarchar))
      return same(`varchar(${length})`, plain, limit);
    if (!keyed)
      return same(
        "longtext",
        unboundedText,
        [],
        `VARCHAR ends at ${longestVarchar} characters of four bytes`,
      );
    return keyedText(mostKeyedCharacters);
  }
  return keyed ? keyedText(keyedCharacters) : same("longtext", unboundedText);
}

/** Within these servers a text is converted, and always can be. */
function withEncoding(decision: TypeDecision, { sameEngine = false }: ColumnUsage): TypeDecision {
  if (sameEngine) return decision;
  const { risks, otherwise } = decision;
  // An alternative is taken for the first risk.
  return {
    ...decision,
    risks: [...risks, encoding],
    otherwise: otherwise === null ? null : { ...otherwise, risks: [...otherwise.risks, encoding] },
  };
}

function keyedText(length: number): TypeDecision {
  return {
    ...same(
      `varchar(${length})`,
      { kind: "text", length, fixed: false },
      [{ kind: "length", limit: length, unit: "characters" }],
      "a key holds no text without a limit",
    ),
    otherwise: length < mostKeyedCharacters ? keyedText(mostKeyedCharacters) : null,
  };
}

function bytes(type: Extract<PortableType, { kind: "bytes" }>, { keyed }: ColumnUsage): TypeDecision {
  const { length, fixed } = type;
  if (length !== null && length > 0) {
    if (fixed && length <= 255) return same(`binary(${length})`, type);
    if (length <= (keyed ? mostKeyedBytes : longestVarchar)) {
      return same(`varbinary(${length})`, { kind: "bytes", length, fixed: false }, [
        { kind: "length", limit: length, unit: "bytes" },
      ]);
    }
  }
  return keyed ? keyedBinary(keyedBytes) : same("longblob", { kind: "bytes", length: null, fixed: false });
}

function keyedBinary(length: number): TypeDecision {
  return {
    ...same(
      `varbinary(${length})`,
      { kind: "bytes", length, fixed: false },
      [{ kind: "length", limit: length, unit: "bytes" }],
      "a key holds no bytes without a limit",
    ),
    otherwise: length < mostKeyedBytes ? keyedBinary(mostKeyedBytes) : null,
  };
}

function timestamp(column: PortableColumn, type: Extract<PortableType, { kind: "timestamp" }>): TypeDecision {
  const precision = Math.min(6, type.precision);
  const risks: Risk[] = [infinity, yearRange, ...digits(type.precision)];
  if (!type.zone) return same(`datetime(${precision})`, { ...type, precision }, risks);
  // As these servers declare it, so that its values are within its years.
  if (/^timestamp(\(\d\))?$/.test(column.declared))
    return same(`timestamp(${precision})`, { ...type, precision });
  return {
    ...same(
      `datetime(${precision})`,
      { ...type, precision, zone: false },
      risks,
      "TIMESTAMP ends in 2038: date and time in UTC",
    ),
    loses: "that it is a point in time: sessions see UTC, whatever their zone",
  };
}

function digits(precision: number): Risk[] {
  return precision > 6 ? [{ kind: "precision", digits: 6 }] : [];
}

function enumeration(column: PortableColumn, labels: readonly string[], usage: ColumnUsage): TypeDecision {
  if (labels.length === 0 || labels.length > 65_535 || labels.some((label) => label.length > 255)) {
    return asText(usage, null, "an enumeration has 1 to 65,535 labels of 255 characters");
  }
  // The servers cut spaces at the end of labels off.
  if (labels.some((label) => label.endsWith(" "))) return asText(usage, 255, "a label ends with a space");
  return withCollation(
    same(`enum(${labelList(labels)})`, { kind: "enum", name: null, labels }),
    column,
    usage,
  );
}

const geometries =
  /^(?:.*\.)?(geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geometrycollection|geomcollection)$/i;

function native(column: PortableColumn, name: string, usage: ColumnUsage): TypeDecision {
  const plain = name.replace(/^pg_catalog\./, "");
  const geometry = geometries.exec(name)?.[1]?.toLowerCase();
  // PostgreSQL's own point is no geometry of PostGIS.
  if (geometry !== undefined && (geometry === "geometry" || !name.includes("."))) {
    // What MySQL alone calls it, and both take.
    const known = geometry.replace("geomcollection", "geometrycollection");
    return same(known, { kind: "native", name: known });
  }
  if (/^vector\(\d+\)$/i.test(column.declared) && hasVectors(usage.server))
    return same(column.declared, { kind: "native", name: "vector" });
  return {
    ...asText(usage, /inet|cidr|macaddr/.test(name) ? 50 : null, `there is no ${plain}`),
    loses: `what ${plain} can do; its value is kept as text`,
  };
}

/** Where it is not known which server it is, it is one that has them. */
function hasVectors(named: string | undefined): boolean {
  const server = namedServer(named);
  if (server === null) return true;
  return server.mariaDb ? atLeast(server.version, 11, 7) : atLeast(server.version, 9, 0);
}

function withCollation(
  decision: TypeDecision,
  column: PortableColumn,
  { server }: ColumnUsage,
): TypeDecision {
  const loses = collationLoss(column, server);
  return loses === null ? decision : { ...decision, loses };
}
