import type { Leftover, TableName } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import { closedPublic, grantSql, ownerOf, readGrants } from "./dump-grants.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";
import { notKept } from "./kept-mark.ts";

/**
 * Who owns what, and who may do what. The roles are the server's, so each has its own, which the target takes where it
 * has the role. What belongs to the role that reads is no matter: what a copy makes belongs to who copies.
 */
export async function readRights(session: Session): Promise<Leftover[]> {
  const grants = await readGrants(session);
  const owners = await rows<OwnerRow>(session, ownerQuery);
  return [
    ...grants.map((row) => right("grants", row.role, grantSql(row), aboutOf(row), 1)),
    ...owners.map((row) =>
      right("owner", row.role, `ALTER ${row.target} OWNER TO ${row.role}`, aboutOf(row), 2),
    ),
  ];
}

interface OwnerRow {
  readonly target: string;
  readonly role: string;
  readonly schema: string | null;
  readonly name: string;
}

function aboutOf({ schema, name }: Pick<OwnerRow, "schema" | "name">): TableName | null {
  return schema === null ? null : { schema, name };
}

function right(kind: string, role: string, sql: string, about: TableName | null, rank: number): Leftover {
  return {
    kind,
    schema: "",
    name: role,
    table: null,
    definition: sql,
    own: "whole",
    ...(about === null ? {} : { about }),
    // After all that they are about.
    making: { settings: [], statements: [sql], drop: null, beforeTables: false, place: lastPlace + rank },
  };
}

const lastPlace = 1_000_000_000;

const of = (catalogue: string, namespace: string): string => `JOIN pg_namespace n ON n.oid = o.${namespace}
    WHERE ${userSchema("n")} AND ${notOfExtension(catalogue, "o.oid")}`;

// A copy finds `public` made: where the role that reads has it, who copies gets it.
const reader = "(SELECT oid FROM pg_roles WHERE rolname = current_user)";

/** `public` with the owner that every new database gives it: until PostgreSQL 14 the first superuser, then pg_database_owner. */
const publicAsMade = `(o.nspname = 'public' AND o.nspowner =
      CASE WHEN current_setting('server_version_num')::int < ${closedPublic} THEN 10 ELSE 6171 END)`;

/** A sequence of a column, an index and the type of a table follow their table. */
const ownerQuery = `
  SELECT target, CASE owner WHEN ${reader} THEN 'CURRENT_USER' ELSE quote_ident(pg_get_userbyid(owner)) END AS role,
    schema, name FROM (
    SELECT 1 AS rank, format('SCHEMA %I', o.nspname) AS target, o.nspowner AS owner, NULL AS schema, o.nspname::text AS name
    FROM pg_namespace o WHERE ${userSchema("o")} AND NOT ${publicAsMade} AND ${notOfExtension("pg_namespace", "o.oid")}
    UNION ALL
    SELECT 2, format('%s %I.%I', CASE o.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, n.nspname, o.typname), o.typowner,
      n.nspname, o.typname
    FROM pg_type o LEFT JOIN pg_class c ON c.oid = o.typrelid ${of("pg_type", "typnamespace")}
      AND (o.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
    UNION ALL
    SELECT 3, format('COLLATION %I.%I', n.nspname, o.collname), o.collowner, n.nspname, o.collname
    FROM pg_collation o ${of("pg_collation", "collnamespace")}
    UNION ALL
    SELECT 3, format('TEXT SEARCH DICTIONARY %I.%I', n.nspname, o.dictname), o.dictowner, n.nspname, o.dictname
    FROM pg_ts_dict o ${of("pg_ts_dict", "dictnamespace")}
    UNION ALL
    SELECT 3, format('TEXT SEARCH CONFIGURATION %I.%I', n.nspname, o.cfgname), o.cfgowner, n.nspname, o.cfgname
    FROM pg_ts_config o ${of("pg_ts_config", "cfgnamespace")}
    UNION ALL
    SELECT 4, format('%s %I.%I(%s)', CASE o.prokind WHEN 'a' THEN 'AGGREGATE' ELSE 'ROUTINE' END, n.nspname, o.proname,
        CASE WHEN o.prokind = 'a' AND o.pronargs = 0 THEN '*' ELSE pg_get_function_identity_arguments(o.oid) END),
      o.proowner, n.nspname, format('%s(%s)', o.proname, pg_get_function_identity_arguments(o.oid))
    FROM pg_proc o ${of("pg_proc", "pronamespace")} AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_proc'::regclass AND d.objid = o.oid AND d.deptype = 'i')
    UNION ALL
    SELECT 5, format('%s %I.%I', CASE o.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW'
        WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, n.nspname, o.relname), o.relowner, wn.nspname, w.relname
    FROM pg_class o JOIN pg_class w ON w.oid = ${ownerOf("o.oid")} JOIN pg_namespace wn ON wn.oid = w.relnamespace
      ${of("pg_class", "relnamespace")} AND o.relkind IN ('r', 'p', 'v', 'm', 'S') AND o.relpersistence <> 't'
      AND NOT (o.relkind = 'S' AND w.oid <> o.oid) AND ${notKept("o.oid")}
    UNION ALL
    SELECT 6, format('STATISTICS %I.%I', n.nspname, o.stxname), o.stxowner, tn.nspname, t.relname
    FROM pg_statistic_ext o JOIN pg_class t ON t.oid = o.stxrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
      ${of("pg_statistic_ext", "stxnamespace")}
  ) AS owned WHERE owner <> ${reader} OR target = 'SCHEMA public'
  ORDER BY role, rank, target COLLATE "C"`;
