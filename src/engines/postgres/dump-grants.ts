import type { Session } from "../engine.ts";
import { rows, userSchema, notOfExtension } from "./inspect-catalog.ts";
import { notKept } from "./kept-mark.ts";

export interface GrantRow {
  readonly rank: number;
  readonly target: string;
  /**
   * Of the thing, which for a partition or the sequence of a column is its table; schema is null of a schema itself, and
   * of what an extension made.
   */
  readonly schema: string | null;
  readonly name: string;
  /** PUBLIC is one too. Quoted where it has to be. */
  readonly role: string;
  readonly grantable: boolean;
  readonly revoked: boolean;
  readonly privileges: string;
}

/**
 * GRANTs to others than the owner, and REVOKEs of what PUBLIC has from the start, as differences to a new object.
 * Sorted, one line for each object and role. The roles must exist where the dump is loaded.
 */
export async function grantLines(session: Session): Promise<string[]> {
  return (await readGrants(session)).map((row) => `${grantSql(row)};`);
}

export function readGrants(session: Session): Promise<GrantRow[]> {
  return rows<GrantRow>(session, query);
}

export function grantSql({ revoked, privileges, target, role, grantable }: GrantRow): string {
  return revoked
    ? `REVOKE ${privileges} ON ${target} FROM ${role}`
    : `GRANT ${privileges} ON ${target} TO ${role}${grantable ? " WITH GRANT OPTION" : ""}`;
}

const relationTarget = `format('%s %I.%I', CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
  n.nspname, c.relname)`;

/** The table to which a relation belongs, as a partition or as the sequence of a column; else itself. */
export const ownerOf = (relation: string): string => `(
  SELECT coalesce(pg_partition_root(t.oid)::oid, t.oid) FROM (
    SELECT coalesce((SELECT d.refobjid FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = ${relation}
      AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') LIMIT 1), ${relation}) AS oid) AS t)`;

const whole = `JOIN pg_class w ON w.oid = ${ownerOf("c.oid")} JOIN pg_namespace wn ON wn.oid = w.relnamespace`;

/** What the server or an extension's script gave when the thing was made, where that is not the kind's default. */
export const initialRights = (catalogue: string, oid: string, column = "0"): string =>
  `(SELECT i.initprivs FROM pg_init_privs i WHERE i.classoid = '${catalogue}'::regclass AND i.objoid = ${oid}
      AND i.objsubid = ${column})`;

/** From this version on a new `public` belongs to pg_database_owner, and not everybody may make things in it. */
export const closedPublic = 150_000;

/** The thing of which it is told: what an extension made comes with the extension. */
const ofUser = (catalogue: string, oid: string, name: string): string =>
  `CASE WHEN ${notOfExtension(catalogue, oid)} THEN ${name} END`;

/*
 * `public` is there before a dump is loaded, and belongs to someone else by then; so what its owner and everybody may do
 * from the start is taken from its present owner, as pg_dump does. It may have been dropped and made anew with less. Where
 * everybody could make things in a new one, and that was taken away, it is taken away of the copy, too.
 */
const query = `
  WITH object AS (
    SELECT 1 AS rank, format('SCHEMA %I', n.nspname) AS target, NULL AS schema, n.nspname::text AS name,
      NULL AS of_column, n.nspowner AS owner, coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl,
      CASE WHEN n.nspname = 'public' THEN acldefault('n', n.nspowner) || makeaclitem(0, n.nspowner, 'USAGE', false)
        ELSE coalesce(${initialRights("pg_namespace", "n.oid")}, acldefault('n', n.nspowner)) END AS base
    FROM pg_namespace n WHERE ${userSchema("n")}
    UNION ALL
    SELECT 2, format('TYPE %I.%I', n.nspname, t.typname), ${ofUser("pg_type", "t.oid", "n.nspname")}, t.typname, NULL,
      t.typowner, t.typacl, coalesce(${initialRights("pg_type", "t.oid")}, acldefault('T', t.typowner))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND ${userSchema("n")}
    UNION ALL
    SELECT 3, format('ROUTINE %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
      ${ofUser("pg_proc", "p.oid", "n.nspname")}, format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
      NULL, p.proowner, p.proacl, coalesce(${initialRights("pg_proc", "p.oid")}, acldefault('f', p.proowner))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE ${userSchema("n")}
    UNION ALL
    SELECT 4, ${relationTarget}, ${ofUser("pg_class", "c.oid", "wn.nspname")}, w.relname, NULL, c.relowner, c.relacl,
      coalesce(${initialRights("pg_class", "c.oid")},
        acldefault(CASE WHEN c.relkind = 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace ${whole}
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND ${userSchema("n")} AND ${notKept("c.oid")}
    UNION ALL
    SELECT 5, ${relationTarget}, ${ofUser("pg_class", "c.oid", "wn.nspname")}, w.relname, quote_ident(a.attname), c.relowner,
      a.attacl, coalesce(${initialRights("pg_class", "c.oid", "a.attnum")}, acldefault('c', c.relowner))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      ${whole}
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND a.attnum > 0 AND c.relpersistence <> 't'
      AND ${userSchema("n")} AND ${notKept("c.oid")}
  ), entry AS (
    SELECT o.rank, o.target, o.schema, o.name, o.of_column, g.grantee, g.privilege_type, g.is_grantable, d.revoked
    FROM object o
      CROSS JOIN LATERAL (
        (SELECT grantee, privilege_type, is_grantable, false AS revoked FROM aclexplode(o.acl)
         EXCEPT SELECT grantee, privilege_type, is_grantable, false FROM aclexplode(o.base))
        UNION ALL
        (SELECT grantee, privilege_type, false, true FROM aclexplode(o.base) WHERE o.acl IS NOT NULL
         EXCEPT SELECT grantee, privilege_type, false, true FROM aclexplode(o.acl))
      ) AS g(grantee, privilege_type, is_grantable, revoked)
      CROSS JOIN LATERAL (SELECT g.revoked) AS d
    WHERE g.grantee <> o.owner
    UNION ALL
    SELECT 1, 'SCHEMA public', NULL, n.nspname::text, NULL, 0::oid, 'CREATE', false, true FROM pg_namespace n
    WHERE n.nspname = 'public' AND current_setting('server_version_num')::int < ${closedPublic}
      AND NOT EXISTS (SELECT FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner)))
        WHERE grantee = 0 AND privilege_type = 'CREATE')
  )
  SELECT rank, target, schema, name, CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS role,
    is_grantable AS grantable, revoked,
    string_agg(privilege_type || coalesce(' (' || of_column || ')', ''), ', '
      ORDER BY privilege_type COLLATE "C", of_column COLLATE "C") AS privileges
  FROM entry GROUP BY rank, target, schema, name, grantee, is_grantable, revoked
  ORDER BY rank, target COLLATE "C", revoked DESC, (pg_get_userbyid(grantee))::text COLLATE "C", is_grantable`;
