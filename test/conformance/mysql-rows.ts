import type { PortableType } from "../../src/core/portable.ts";
import type { ReadColumn, ReadRequest, WriteRequest } from "../../src/engines/data-roles.ts";

/** For the tests of this engine's data roles: a column with its declaration, and values as SQL. */
export interface LabColumn {
  readonly name: string;
  readonly sql: string;
  readonly type: PortableType;
  readonly only?: "mariadb" | "mysql";
}

const int = (bits: 8 | 16 | 24 | 32 | 64, unsigned = false): PortableType => ({
  kind: "integer",
  bits,
  unsigned,
});
const text = (length: number | null = null, fixed = false): PortableType => ({ kind: "text", length, fixed });
const bytes = (length: number | null = null, fixed = false): PortableType => ({
  kind: "bytes",
  length,
  fixed,
});

/** Every type of the servers. */
export const lab: readonly LabColumn[] = [
  { name: "id", sql: "int primary key", type: int(32) },
  { name: "t8", sql: "tinyint", type: int(8) },
  { name: "flag", sql: "tinyint(1)", type: { kind: "boolean" } },
  { name: "m24", sql: "mediumint unsigned", type: int(24, true) },
  { name: "z", sql: "int(8) unsigned zerofill", type: int(32, true) },
  { name: "u64", sql: "bigint unsigned", type: int(64, true) },
  { name: "d", sql: "decimal(65,30)", type: { kind: "decimal", precision: 65, scale: 30 } },
  { name: "f", sql: "float", type: { kind: "float", bits: 32 } },
  { name: "g", sql: "double", type: { kind: "float", bits: 64 } },
  { name: "gd", sql: "double(12,2)", type: { kind: "float", bits: 64 } },
  { name: "b1", sql: "bit(1)", type: { kind: "bits", length: 1, varying: false } },
  { name: "b64", sql: "bit(64)", type: { kind: "bits", length: 64, varying: false } },
  { name: "day", sql: "date", type: { kind: "date" } },
  { name: "clock", sql: "time(6)", type: { kind: "time", precision: 6, zone: false, signed: true } },
  { name: "moment", sql: "datetime(6)", type: { kind: "timestamp", precision: 6, zone: false } },
  {
    name: "point_",
    sql: "timestamp(3) null default null",
    type: { kind: "timestamp", precision: 3, zone: true },
  },
  { name: "y", sql: "year", type: { kind: "year" } },
  { name: "c", sql: "char(10)", type: text(10, true) },
  { name: "v", sql: "varchar(50)", type: text(50) },
  { name: "l1", sql: "varchar(50) character set latin1", type: text(50) },
  { name: "u16", sql: "text character set utf16", type: text() },
  { name: "u3", sql: "text character set utf8mb3", type: text() },
  { name: "lt", sql: "longtext", type: text() },
  { name: "bf", sql: "binary(4)", type: bytes(4, true) },
  { name: "bv", sql: "varbinary(20)", type: bytes(20) },
  { name: "lb", sql: "longblob", type: bytes() },
  {
    name: "e",
    sql: "enum('a','it''s','x\\\\ty')",
    type: { kind: "enum", name: null, labels: ["a", "it's", "x\\ty"] },
  },
  { name: "s", sql: "set('a','b c','d\"e')", type: { kind: "set", labels: ["a", "b c", 'd"e'] } },
  { name: "j", sql: "json", type: { kind: "json", binary: false } },
  { name: "p", sql: "point", type: { kind: "native", name: "point" } },
  { name: "ip", sql: "inet6", type: { kind: "native", name: "inet6" }, only: "mariadb" },
  { name: "uu", sql: "uuid", type: { kind: "uuid" }, only: "mariadb" },
  { name: "vec", sql: "vector(3)", type: { kind: "native", name: "vector" }, only: "mysql" },
];

/** Rows at the boundaries, each as SQL of some columns; what is not named is NULL. */
export const labRows: readonly Readonly<Record<string, string>>[] = [
  {},
  {
    t8: "-128",
    flag: "1",
    m24: "16777215",
    z: "42",
    u64: "18446744073709551615",
    d: "-99999999999999999999999999999999999.000000000000000000000000000001",
    f: "1.1",
    g: "1.7976931348623157e308",
    gd: "1.10",
    b1: "b'1'",
    b64: "18446744073709551615",
    day: "'9999-12-31'",
    clock: "'-838:59:58.999999'",
    moment: "'9999-12-31 23:59:59.999999'",
    point_: "'2038-01-19 03:14:07.999'",
    y: "2155",
    c: "'padded    '",
    v: "'  trailing  '",
    l1: "'\u20ac\u00e9'",
    u16: "'\u{1f600} utf16'",
    u3: "'\u00e9\u20ac'",
    lt: "'tab\\t nl\\n cr\\r back\\\\ \\\\N quote'' nul\\0 bell\\b \\Z \u{1f600}'",
    bf: "x'00ff'",
    bv: "x'0a0d095c00'",
    lb: "x'000102ff'",
    e: "2",
    s: "7",
    j: `'{"a": [1, 2.50, "x\\\\n\\\\t\\\\\\\\ \u{1f600}"]}'`,
    p: "ST_GeomFromText('POINT(1.5 -2)', 3857)",
    ip: "'::ffff:10.0.0.1'",
    uu: "'123e4567-e89b-12d3-a456-426614174000'",
    vec: "STRING_TO_VECTOR('[1.5,-2,3.1]')",
  },
  {
    t8: "127",
    flag: "0",
    m24: "0",
    z: "0",
    u64: "0",
    d: "0.1",
    f: "-3.4028234e38",
    g: "5e-324",
    gd: "-0.01",
    b1: "b'0'",
    b64: "0",
    day: "'0000-00-00'",
    clock: "'838:59:59'",
    moment: "'0000-00-00 00:00:00'",
    point_: "'1970-01-01 00:00:01'",
    y: "0",
    c: "''",
    v: "''",
    l1: "''",
    u16: "''",
    u3: "''",
    lt: "''",
    bf: "x'00000000'",
    bv: "x''",
    lb: "x''",
    e: "3",
    s: "0",
    j: "'null'",
  },
  {
    f: "16777217",
    g: "-1.5e-5",
    day: "'2024-00-10'",
    moment: "'2024-02-31 12:00:00'",
    clock: "'00:00:00.000001'",
    v: "'\\\\N'",
    lt: "'N\\\\\\\\N'",
    f1: "",
    e: "1",
    s: "2",
    bv: "x'5c4e'",
    gd: "123456789.12",
    point_: "'2024-06-30 23:59:59.5'",
  },
  { f: "1e-45", g: "'-0'", v: "'\u2028 \ufeff'", lt: "'\ufeffstarts with a mark'", j: "'[]'" },
];

export function labTable(name: string, server: string): string {
  return `CREATE TABLE ${name} (${labColumns(server)
    .map((column) => `${column.name} ${column.sql}`)
    .join(", ")}) DEFAULT CHARSET utf8mb4 ENGINE InnoDB`;
}

export function labColumns(server: string): readonly LabColumn[] {
  return lab.filter((column) => column.only === undefined || column.only === server);
}

export function labInserts(name: string, server: string): string[] {
  const known = new Set(labColumns(server).map((column) => column.name));
  return labRows.map((row, place) => {
    const named = Object.keys(row).filter((column) => known.has(column));
    return `INSERT INTO ${name} (${["id", ...named].join(", ")}) VALUES (${[place + 1, ...named.map((column) => row[column])].join(", ")})`;
  });
}

export function readColumn(name: string, from: PortableType, to: PortableType = from): ReadColumn {
  return { name, value: null, from, to };
}

export function readRequest(
  table: string,
  columns: readonly ReadColumn[],
  more: Partial<ReadRequest> = {},
): ReadRequest {
  return {
    table: { schema: "", name: table },
    columns,
    key: [],
    range: { by: "all" },
    where: null,
    form: { bytesPrefix: "" },
    ...more,
  };
}

export function writeRequest(
  table: string,
  columns: readonly LabColumn[],
  upsertBy: readonly string[] | null = null,
): WriteRequest {
  return {
    table: { schema: "", name: table },
    columns: columns.map(({ name, type, sql }) => ({ name, type, sql })),
    upsertBy,
  };
}

export async function collected(rows: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of rows) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** As it may come: cut anywhere. */
export async function* cut(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
