import type { Session } from "../engine.ts";
import { groupBy, notOfExtension, rows, userSchema } from "./inspect-catalog.ts";
import { notKept } from "./kept-mark.ts";

/** A row of pg_class: table, partitioned table, foreign table, view, materialised view or composite type. */
export interface RelationRow {
  readonly oid: string;
  readonly schema: string;
  readonly schemaQuoted: string;
  readonly name: string;
  /** Qualified and quoted. */
  readonly full: string;
  readonly kind: "r" | "p" | "f" | "v" | "m" | "c";
  readonly unlogged: boolean;
  readonly isPartition: boolean;
  readonly partitionKey: string | null;
  readonly bound: string | null;
  readonly parents: readonly { readonly oid: string; readonly full: string }[] | null;
  readonly options: readonly string[] | null;
  readonly toastOptions: readonly string[] | null;
  /** Only where it is not the built-in one. */
  readonly accessMethod: string | null;
  readonly rowSecurity: boolean;
  readonly forceRowSecurity: boolean;
  readonly replicaIdentity: "d" | "n" | "f" | "i";
  readonly ofType: string | null;
  readonly server: string | null;
  readonly serverOptions: readonly string[] | null;
  /** The query of a view. */
  readonly query: string | null;
}

/** By oid: the table that a partition is a part of, over all levels; any other relation itself. */
export function partitionRoots(relations: readonly RelationRow[]): (oid: string) => RelationRow | undefined {
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  return function rootOf(oid: string): RelationRow | undefined {
    const relation = byOid.get(oid);
    const parent = relation?.isPartition === true ? relation.parents?.[0]?.oid : undefined;
    return (parent === undefined ? undefined : rootOf(parent)) ?? relation;
  };
}

export interface ColumnRow {
  readonly relation: string;
  readonly number: number;
  readonly name: string;
  readonly quoted: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly defaultOid: string | null;
  readonly generated: "" | "s" | "v";
  readonly identity: "" | "a" | "d";
  /** Only where it is not the type's own. */
  readonly collation: string | null;
  readonly local: boolean;
  readonly storage: string | null;
  readonly compression: string | null;
  readonly statistics: number | null;
  readonly options: readonly string[] | null;
  readonly serverOptions: readonly string[] | null;
}

export interface ConstraintRow {
  readonly oid: string;
  readonly relation: string;
  readonly name: string;
  readonly quoted: string;
  readonly kind: "p" | "u" | "f" | "c" | "x" | "n";
  readonly definition: string;
  readonly validated: boolean;
  readonly hasParent: boolean;
  readonly local: boolean;
  readonly noInherit: boolean;
  readonly index: string;
  readonly columns: readonly string[] | null;
  readonly refSchema: string | null;
  readonly refTable: string | null;
  /** Of the table that it refers to. */
  readonly refFull: string | null;
  readonly refColumns: readonly string[] | null;
}

export interface IndexRow {
  readonly oid: string;
  readonly relation: string;
  readonly schema: string;
  readonly name: string;
  readonly full: string;
  readonly quoted: string;
  readonly unique: boolean;
  readonly valid: boolean;
  readonly keys: readonly string[];
  readonly definition: string;
  /** The constraint that owns it, or null. */
  readonly constraint: string | null;
  readonly clustered: boolean;
  readonly replicaIdentity: boolean;
  readonly options: readonly string[] | null;
  /** The partitioned index that it is a part of. */
  readonly parent: { readonly oid: string; readonly full: string } | null;
}

export interface Relations {
  readonly relations: readonly RelationRow[];
  readonly columns: ReadonlyMap<string, readonly ColumnRow[]>;
  readonly constraints: ReadonlyMap<string, readonly ConstraintRow[]>;
  readonly indexes: ReadonlyMap<string, readonly IndexRow[]>;
}

/** Reads all relations with one query for each kind of row, sorted by name and position. */
export async function readRelations(session: Session, version: number): Promise<Relations> {
  const columns = await rows<ColumnRow>(session, columnQuery(version));
  const constraints = await rows<ConstraintRow>(session, constraintQuery);
  const indexes = await rows<IndexRow>(session, indexQuery);
  return {
    relations: await rows<RelationRow>(session, relationQuery),
    columns: groupBy(columns, (row) => row.relation),
    constraints: groupBy(constraints, (row) => row.relation),
    indexes: groupBy(indexes, (row) => row.relation),
  };
}

const userRelation = `c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND c.relpersistence <> 't' AND ${userSchema("n")}
  AND ${notOfExtension("pg_class", "c.oid")} AND ${notKept("c.oid")}`;

const relationQuery = `
  SELECT c.oid::text AS oid, n.nspname AS schema, quote_ident(n.nspname) AS "schemaQuoted",
    c.relname AS name, format('%I.%I', n.nspname, c.relname) AS "full", c.relkind::text AS kind,
    c.relpersistence = 'u' AS unlogged, c.relispartition AS "isPartition",
    pg_get_partkeydef(c.oid) AS "partitionKey", pg_get_expr(c.relpartbound, c.oid) AS bound,
    (SELECT json_agg(json_build_object('oid', p.oid::text, 'full', format('%I.%I', pn.nspname, p.relname))
       ORDER BY i.inhseqno)
     FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
     WHERE i.inhrelid = c.oid) AS parents,
    c.reloptions AS options, t.reloptions AS "toastOptions",
    CASE WHEN am.amname <> 'heap' THEN quote_ident(am.amname) END AS "accessMethod",
    c.relrowsecurity AS "rowSecurity", c.relforcerowsecurity AS "forceRowSecurity",
    c.relreplident::text AS "replicaIdentity",
    CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS "ofType",
    quote_ident(s.srvname) AS server, f.ftoptions AS "serverOptions",
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS query
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
    LEFT JOIN pg_am am ON am.oid = c.relam
    LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
    LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
  WHERE ${userRelation}
  ORDER BY n.nspname, c.relname`;

const columnQuery = (version: number): string => `
  SELECT a.attrelid::text AS relation, a.attnum AS number, a.attname AS name, quote_ident(a.attname) AS quoted,
    format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS "notNull",
    pg_get_expr(d.adbin, d.adrelid) AS "default", d.oid::text AS "defaultOid",
    a.attgenerated::text AS generated, a.attidentity::text AS identity,
    CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation
      THEN format('%I.%I', cn.nspname, co.collname) END AS collation,
    a.attislocal AS local,
    CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END AS storage,
    ${version >= 140000 ? "nullif(a.attcompression::text, '')" : "NULL"} AS compression,
    nullif(a.attstattarget, -1) AS statistics, a.attoptions AS options, a.attfdwoptions AS "serverOptions"
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation co ON co.oid = a.attcollation
    LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND ${userRelation}
  ORDER BY a.attrelid, a.attnum`;

const namesOf = (relation: string, numbers: string): string =>
  `(SELECT json_agg(a.attname ORDER BY u.place)
    FROM unnest(${numbers}) WITH ORDINALITY AS u(number, place)
      JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = u.number)`;

const constraintQuery = `
  SELECT k.oid::text AS oid, k.conrelid::text AS relation, k.conname AS name, quote_ident(k.conname) AS quoted,
    k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition, k.convalidated AS validated,
    k.conparentid <> 0 AS "hasParent", k.conislocal AS local, k.connoinherit AS "noInherit",
    k.conindid::text AS index, ${namesOf("k.conrelid", "k.conkey")} AS columns,
    rn.nspname AS "refSchema", r.relname AS "refTable",
    CASE WHEN r.oid IS NOT NULL THEN format('%I.%I', rn.nspname, r.relname) END AS "refFull", ${namesOf("k.confrelid", "k.confkey")} AS "refColumns"
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class r ON r.oid = k.confrelid LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
  WHERE k.contype IN ('p', 'u', 'f', 'c', 'x', 'n') AND ${userRelation}
    -- The server's own copies of a foreign key, one for each partition: they come and go with the original.
    AND NOT (k.contype = 'f' AND k.conparentid <> 0)
  ORDER BY array_position(ARRAY['p', 'u', 'x', 'c', 'n', 'f'], k.contype::text), k.conname`;

const indexQuery = `
  SELECT i.indexrelid::text AS oid, i.indrelid::text AS relation, xn.nspname AS schema, x.relname AS name,
    format('%I.%I', xn.nspname, x.relname) AS "full", quote_ident(x.relname) AS quoted,
    i.indisunique AS "unique", i.indisvalid AND i.indisready AS valid,
    (SELECT json_agg(coalesce(a.attname::text, pg_get_indexdef(i.indexrelid, g, true)) ORDER BY g)
     FROM generate_series(1, i.indnkeyatts) AS g
       LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[g - 1] AND a.attnum <> 0) AS keys,
    pg_get_indexdef(i.indexrelid) AS definition, k.oid::text AS "constraint",
    i.indisclustered AS clustered, i.indisreplident AS "replicaIdentity", x.reloptions AS options,
    (SELECT json_build_object('oid', p.oid::text, 'full', format('%I.%I', pn.nspname, p.relname))
     FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
     WHERE h.inhrelid = i.indexrelid) AS parent
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace xn ON xn.oid = x.relnamespace
    LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
  WHERE ${userRelation}
  ORDER BY xn.nspname, x.relname`;
