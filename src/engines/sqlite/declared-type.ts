import type { PortableType } from "../../core/portable.ts";
import { affinityOf } from "./table-shape.ts";

/**
 * What a declaration promises. SQLite takes any words for a type, so the names that applications and their libraries
 * use are known here, and for others the affinity rules decide. Sizes of integers are those of the name, except for
 * INT and INTEGER, which SQLite's users mean as 64 bits.
 */
export function declaredType(declared: string): PortableType {
  const match = /^\s*([a-z_][\w ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*(.*))?$/i.exec(declared);
  if (match === null) return byAffinity(declared);
  const words = `${match[1]} ${match[4] ?? ""}`.trim().toLowerCase().replaceAll(/\s+/g, " ");
  const unsigned = /\bunsigned\b/.test(words);
  const name = words.replace(/ ?\b(?:unsigned|signed|zerofill)\b/g, "").trim();
  const first = match[2] === undefined ? null : Number(match[2]);
  const second = match[3] === undefined ? null : Number(match[3]);
  const bits = integerBits[name];
  if (bits !== undefined) return { kind: "integer", bits, unsigned };
  if (
    /^(?:national |native )?(?:char|character|nchar|varchar|varchar2|nvarchar|nvarchar2|varying character|character varying|char varying)$/.test(
      name,
    )
  ) {
    // CHAR(n) is neither filled with spaces nor cut by SQLite.
    return { kind: "text", length: first === 0 ? null : first, fixed: false };
  }
  if (/^(?:var)?binary$/.test(name)) return { kind: "bytes", length: first, fixed: false };
  if (/^(?:decimal|dec|numeric|number|money)$/.test(name)) {
    return { kind: "decimal", precision: first, scale: first === null ? null : (second ?? 0) };
  }
  if (name === "time") return { kind: "time", precision: precision(first), zone: false, signed: false };
  if (/^(?:datetime|timestamp|smalldatetime|datetime2|timestamp without time zone)$/.test(name)) {
    return { kind: "timestamp", precision: precision(first), zone: false };
  }
  if (/^(?:timestamptz|timestamp with time zone|datetimeoffset)$/.test(name)) {
    return { kind: "timestamp", precision: precision(first), zone: true };
  }
  return byName[name] ?? byAffinity(declared);
}

function precision(digits: number | null): number {
  return digits === null ? 6 : Math.min(digits, 6);
}

const integerBits: Readonly<Record<string, 8 | 16 | 24 | 32 | 64>> = {
  tinyint: 8,
  int1: 8,
  smallint: 16,
  int2: 16,
  mediumint: 24,
  int3: 24,
  int4: 32,
  int: 64,
  integer: 64,
  int8: 64,
  bigint: 64,
  "big int": 64,
  long: 64,
  bigserial: 64,
  serial: 64,
};

const text: PortableType = { kind: "text", length: null, fixed: false };
const bytes: PortableType = { kind: "bytes", length: null, fixed: false };
const double: PortableType = { kind: "float", bits: 64 };

const byName: Readonly<Record<string, PortableType>> = {
  any: { kind: "any" },
  bool: { kind: "boolean" },
  boolean: { kind: "boolean" },
  bit: { kind: "boolean" },
  date: { kind: "date" },
  uuid: { kind: "uuid" },
  guid: { kind: "uuid" },
  uniqueidentifier: { kind: "uuid" },
  json: { kind: "json", binary: false },
  jsonb: { kind: "json", binary: true },
  year: { kind: "year" },
  string: text,
  text,
  clob: text,
  blob: bytes,
  bytea: bytes,
  // REAL is a double in SQLite.
  real: double,
  float: double,
  double,
  "double precision": double,
};

function byAffinity(declared: string): PortableType {
  if (declared.trim() === "") return { kind: "any" };
  switch (affinityOf(declared)) {
    case "integer":
      return { kind: "integer", bits: 64, unsigned: false };
    case "text":
      return text;
    case "blob":
      return bytes;
    case "real":
      return double;
    case "numeric":
      // NUMERIC affinity is what unknown words get; it tells nothing.
      return { kind: "any" };
  }
}
