import type { PortableCollation, PortableType } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import { rows, userSchema } from "./inspect-catalog.ts";

/** A type behind its domains. */
interface TypeFacts {
  readonly name: string;
  readonly builtIn: boolean;
  /** As format_type writes it, with its length. */
  readonly printed: string;
  readonly modifier: number;
  readonly labels: readonly string[] | null;
}

export interface ColumnTypeRow extends TypeFacts {
  readonly relation: string;
  readonly number: number;
  readonly element: TypeFacts | null;
  readonly notNull: boolean;
  readonly domainDefault: string | null;
  readonly domainChecks: readonly { readonly name: string; readonly text: string }[] | null;
  readonly collation: {
    readonly name: string;
    readonly deterministic: boolean;
    readonly locale: string | null;
  } | null;
}

/** What each column of a table or a view holds, with what its domains add. */
export function readColumnTypes(session: Session, version: number): Promise<ColumnTypeRow[]> {
  return rows<ColumnTypeRow>(session, query(version));
}

const facts = (type: string, modifier: string): string => `json_build_object('name', ${type}.typname,
  'builtIn', ${type}.typnamespace = 'pg_catalog'::regnamespace,
  'printed', format_type(${type}.oid, ${modifier}), 'modifier', ${modifier},
  'labels', (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = ${type}.oid))`;

const query = (version: number): string => `
  SELECT f.relation, f.number, f."notNull", f."domainDefault", f."domainChecks", f.collation,
    f.own->>'name' AS name, (f.own->>'builtIn')::boolean AS "builtIn", f.own->>'printed' AS printed,
    (f.own->>'modifier')::int AS modifier, f.own->'labels' AS labels, f.element
  FROM (
    WITH RECURSIVE steps AS (
      SELECT a.attrelid, a.attnum, a.atttypid AS type, a.atttypmod AS modifier, 0 AS depth
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
        AND ${userSchema("n")}
      UNION ALL
      SELECT s.attrelid, s.attnum, t.typbasetype, t.typtypmod, s.depth + 1
      FROM steps s JOIN pg_type t ON t.oid = s.type WHERE t.typtype = 'd'
    ), base AS (
      SELECT DISTINCT ON (attrelid, attnum) * FROM steps ORDER BY attrelid, attnum, depth DESC
    )
    SELECT b.attrelid::text AS relation, b.attnum AS number, ${facts("t", "b.modifier")} AS own,
      CASE WHEN e.oid IS NOT NULL THEN ${facts("e", "b.modifier")} END AS element,
      a.attnotnull OR EXISTS (SELECT FROM steps s JOIN pg_type d ON d.oid = s.type
        WHERE s.attrelid = b.attrelid AND s.attnum = b.attnum AND d.typnotnull) AS "notNull",
      (SELECT coalesce(pg_get_expr(d.typdefaultbin, 0), quote_literal(d.typdefault))
       FROM steps s JOIN pg_type d ON d.oid = s.type
       WHERE s.attrelid = b.attrelid AND s.attnum = b.attnum AND d.typtype = 'd' AND d.typdefault IS NOT NULL
       ORDER BY s.depth LIMIT 1) AS "domainDefault",
      (SELECT json_agg(json_build_object('name', k.conname, 'text', pg_get_expr(k.conbin, 0)) ORDER BY k.conname)
       FROM steps s JOIN pg_constraint k ON k.contypid = s.type AND k.contype = 'c'
       WHERE s.attrelid = b.attrelid AND s.attnum = b.attnum) AS "domainChecks",
      (SELECT json_build_object('name', co.collname, 'deterministic', co.collisdeterministic,
         'locale', ${version >= 170000 ? "co.colllocale" : version >= 150000 ? "co.colliculocale" : "co.collcollate"})
       FROM pg_collation co WHERE co.oid = a.attcollation AND co.collname <> 'default') AS collation
    FROM base b JOIN pg_attribute a ON a.attrelid = b.attrelid AND a.attnum = b.attnum
      JOIN pg_type t ON t.oid = b.type
      LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typlen = -1 AND e.typarray = t.oid
  ) AS f`;

/** By relation and number: `16384:1`. */
export function portableTypes(found: readonly ColumnTypeRow[]): ReadonlyMap<string, PortableType> {
  return new Map(found.map((row) => [`${row.relation}:${row.number}`, portableType(row)]));
}

export function portableType(row: ColumnTypeRow): PortableType {
  return row.element === null ? scalar(row) : { kind: "array", of: scalar(row.element) };
}

function scalar(type: TypeFacts): PortableType {
  // Always with its schema: "point" alone would be another engine's.
  const name = type.builtIn ? `pg_catalog.${quotedWhereNeeded(type.name)}` : type.printed;
  const native: PortableType = { kind: "native", name };
  const { modifier } = type;
  if (type.labels !== null) return { kind: "enum", name: type.name, labels: type.labels };
  if (!type.builtIn) return type.name === "citext" ? { kind: "text", length: null, fixed: false } : native;
  const digits = modifier < 0 ? 6 : modifier;
  switch (type.name) {
    case "bool":
      return { kind: "boolean" };
    case "int2":
      return { kind: "integer", bits: 16, unsigned: false };
    case "int4":
      return { kind: "integer", bits: 32, unsigned: false };
    case "int8":
      return { kind: "integer", bits: 64, unsigned: false };
    case "oid":
      return { kind: "integer", bits: 32, unsigned: true };
    case "numeric":
      return decimal(modifier);
    case "money":
      return { kind: "decimal", precision: 19, scale: 2 };
    case "float4":
      return { kind: "float", bits: 32 };
    case "float8":
      return { kind: "float", bits: 64 };
    case "text":
      return { kind: "text", length: null, fixed: false };
    case "varchar":
    case "bpchar":
      return {
        kind: "text",
        length: modifier < 0 ? null : modifier - 4,
        fixed: type.name === "bpchar" && modifier >= 0,
      };
    case "bytea":
      return { kind: "bytes", length: null, fixed: false };
    case "bit":
      return { kind: "bits", length: Math.max(1, modifier), varying: false };
    case "varbit":
      return modifier < 0 ? native : { kind: "bits", length: modifier, varying: true };
    case "date":
      return { kind: "date" };
    case "time":
    case "timetz":
      return { kind: "time", precision: digits, zone: type.name === "timetz", signed: false };
    case "timestamp":
    case "timestamptz":
      return { kind: "timestamp", precision: digits, zone: type.name === "timestamptz" };
    case "interval":
      return { kind: "interval" };
    case "uuid":
      return { kind: "uuid" };
    case "json":
    case "jsonb":
      return { kind: "json", binary: type.name === "jsonb" };
    default:
      return native;
  }
}

function quotedWhereNeeded(name: string): string {
  return name === "char" ? '"char"' : name;
}

/** From PostgreSQL 15 a scale may be negative, or more than the precision; others know neither. */
function decimal(modifier: number): PortableType {
  if (modifier < 0) return { kind: "decimal", precision: null, scale: null };
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400;
  if (scale < 0) return { kind: "decimal", precision: precision - scale, scale: 0 };
  return { kind: "decimal", precision: Math.max(precision, scale), scale };
}

export function portableCollation(row: ColumnTypeRow): PortableCollation | null {
  if (!row.builtIn && row.name === "citext")
    return { name: "citext", caseInsensitive: true, accentInsensitive: false, padSpace: false };
  if (row.collation === null) return null;
  const { name, deterministic, locale } = row.collation;
  const level = deterministic
    ? null
    : (/ks-level([12])|colStrength=(primary|secondary)/.exec(locale ?? "") ?? null);
  const strongest = level?.[1] ?? (level?.[2] === "primary" ? "1" : level?.[2] === "secondary" ? "2" : null);
  return {
    name,
    caseInsensitive: strongest !== null,
    accentInsensitive: strongest === "1",
    padSpace: false,
  };
}
