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
  const [row] = await session.query(`SELECT ${hashOf(samples)}::text AS hash`);
  return String(row?.["hash"]);
}

const samples = [
  "int8send(-4294967297)",
  "-12.3400::numeric",
  "1e-300::float8",
  "0.1::float4",
  "true",
  "'2024-02-29'::date",
  "'\\x00ff'::bytea",
  "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
  `'zß水🍌'::text COLLATE "C"`,
  "NULL::text",
];

/**
 * A row's hash by the server's own functions: a fifth of the time that a text and its MD5 take. That of a record is
 * linear in those of its values, so two rows that swap one would add up to the same: it is hashed once more, as digits,
 * because of an integer of 64 bits only 32 would be hashed.
 */
export function ownHash({ columns }: DigestRequest): string {
  return hashOf(columns.map(valueOf));
}

function hashOf(values: readonly string[]): string {
  return `hashtextextended(hash_record_extended(ROW(${values.join(", ")}), 0)::text, 0)`;
}

/** What is hashed of a column whose type is of one kind on both sides; what its equality overlooks goes as its form. */
function valueOf(column: DigestColumn): string {
  const { type, form } = column;
  const sql = valueSql(column);
  switch (type.kind) {
    case "integer":
      return form.kind === "integer" && !type.unsigned ? `int8send((${sql})::int8)` : textOf(column);
    case "decimal":
      return form.kind === "decimal" ? `(${sql})::numeric` : textOf(column);
    case "float":
      return form.kind === "float" ? `(${sql})::float${form.bits === 32 ? 4 : 8}` : textOf(column);
    case "boolean":
      return form.kind === "boolean" ? `(${sql})::boolean` : textOf(column);
    case "date":
      return form.kind === "date" ? `(${sql})::date` : textOf(column);
    case "timestamp":
      return form.kind === "timestamp" ? `timestamp_send(${utcSql(sql, type.zone)})` : textOf(column);
    case "uuid":
      return form.kind === "uuid" ? `(${sql})::uuid` : textOf(column);
    case "bytes":
      return form.kind === "bytes" ? `(${sql})::bytea` : textOf(column);
    default:
      return textOf(column);
  }
}

function textOf(column: DigestColumn): string {
  return `(${formSql(column).form})::text COLLATE "C"`;
}
