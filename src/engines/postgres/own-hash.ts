import type { DigestColumn, DigestRequest } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { formSql } from "./digest-form.ts";
import { tableKind, utcSql, valueSql } from "./table-source.ts";

/**
 * What two servers must agree on for their own hashes to be the same: what those make of values of each kind. They are
 * no promise of PostgreSQL's, but have changed seldom, and differ between byte orders. Null where there are none, before
 * version 14.
 */
export async function ownHashes(session: Session, { table }: DigestRequest): Promise<string | null> {
  const { utf8, version } = await tableKind(session, table);
  // The hash of a text is that of its bytes.
  if (!utf8 || version < 140_000) return null;
  const [row] = await session.query(`SELECT ${hashOf(samples, "0")}::text AS hash`);
  return String(row?.["hash"]);
}

/** A hash of one value that begins with another hash, so that a row's depends on the place of each. */
type Hashed = (seed: string) => string;

const samples: readonly Hashed[] = [
  integer("-4294967297"),
  decimal("-12.3400"),
  float("1e-300", 64),
  float("0.1", 32),
  boolean("true"),
  date("'2024-02-29'::date"),
  bytes("'\\x00ff'::bytea"),
  uuid("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
  text("'zß水🍌'::text"),
];

/**
 * A row's hash by the server's own functions: a fifth of the time that a text and its MD5 take. Each value's begins
 * with that of the values before it, so that rows which swap one do not add up to the same. What those functions
 * overlook is hashed beside: of a number its sign and whether it is one, of 64 bits the upper half, and which values
 * are NULL.
 */
export function ownHash({ columns }: DigestRequest): string {
  const groups: string[] = [];
  for (let at = 0; at < columns.length; at += groupSize) {
    const group = columns.slice(at, at + groupSize);
    groups.push(hashOf(group.map(hashed), nulls(group)));
  }
  return groups.length === 1 ? groups[0]! : text(`concat(${groups.join(", ':', ")})`)("0");
}

/** Each hash is an argument of the next one: the server's parser goes only so deep. */
const groupSize = 40;

function hashOf(values: readonly Hashed[], seed: string): string {
  return values.reduce((hash, value) => value(hash), seed);
}

/** Rows without NULL, which are most, are told by one call. */
function nulls(columns: readonly DigestColumn[]): string {
  const values = columns.map(valueSql);
  const each = values.map((sql) => `num_nulls(${sql})`).join(", ");
  return `CASE WHEN num_nulls(${values.join(", ")}) = 0 THEN 0 ELSE ${text(`concat(${each})`)("0")} END`;
}

/** A column whose type is of one kind on both sides; what the hash of its values overlooks goes as its form. */
function hashed(column: DigestColumn): Hashed {
  const { type, form } = column;
  const sql = valueSql(column);
  switch (type.kind) {
    case "integer":
      if (form.kind === "integer" && !type.unsigned) return integer(sql);
      break;
    case "decimal":
      if (form.kind === "decimal") return decimal(sql);
      break;
    case "float":
      if (form.kind === "float") return float(sql, form.bits);
      break;
    case "boolean":
      if (form.kind === "boolean") return boolean(sql);
      break;
    case "date":
      if (form.kind === "date") return date(sql);
      break;
    case "timestamp":
      if (form.kind === "timestamp") return text(`(${utcSql(sql, type.zone)})::text`);
      break;
    case "uuid":
      if (form.kind === "uuid") return uuid(sql);
      break;
    case "bytes":
      if (form.kind === "bytes") return bytes(sql);
  }
  return text(`(${formSql(column).form})::text`);
}

/** The function folds both halves into 32 bits. */
function integer(sql: string): Hashed {
  const value = `coalesce((${sql})::int8, 0)`;
  return (seed) => `hashint4extended((${value} >> 32)::int4, hashint8extended(${value}, ${seed}))`;
}

/** The function looks at the digits alone: not at the sign, nor at what is no number. */
function decimal(sql: string): Hashed {
  const value = `coalesce((${sql})::numeric, 0)`;
  return (seed) =>
    `hashint4extended((${value} > 0)::int4 + (${value} = 'NaN')::int4, hash_numeric_extended(${value}, ${seed}))`;
}

/** Zero's hash is the seed, for both zeros. */
function float(sql: string, bits: 32 | 64): Hashed {
  const value = `coalesce((${sql})::float${bits === 32 ? 4 : 8}::float8, 0)`;
  return (seed) => `hashint4extended((${value} = 0)::int4, hashfloat8extended(${value}, ${seed}))`;
}

function boolean(sql: string): Hashed {
  return (seed) => `hashint4extended(coalesce((${sql})::boolean, false)::int4, ${seed})`;
}

/** Infinity has the ends of the range, which no date reaches. */
function date(sql: string): Hashed {
  const first = "'2000-01-01'::date";
  const value = `coalesce((${sql})::date, ${first})`;
  return (seed) =>
    `hashint4extended(CASE WHEN isfinite(${value}) THEN ${value} - ${first} WHEN ${value} > ${first} THEN 2147483647 ELSE -2147483648 END, ${seed})`;
}

function uuid(sql: string): Hashed {
  return (seed) =>
    `uuid_hash_extended(coalesce((${sql})::uuid, '00000000-0000-0000-0000-000000000000'), ${seed})`;
}

/**
 * In a record, since there is no function of bytes before version 18, and as a text they would be twice as long. NULL
 * there would be 0, whatever the seed.
 */
function bytes(sql: string): Hashed {
  return (seed) => `hash_record_extended(ROW(coalesce((${sql})::bytea, '')), ${seed})`;
}

function text(sql: string): Hashed {
  return (seed) => `hashtextextended(coalesce(${sql}, '') COLLATE "C", ${seed})`;
}
