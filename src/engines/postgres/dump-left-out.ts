import type { Session } from "../engine.ts";
import { initialRights } from "./dump-grants.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

/** Something that a dump does not hold. */
export interface LeftOut {
  readonly kind: string;
  /** What a number of them ends with, in parentheses. */
  readonly plural: string;
  readonly schema: string;
  readonly name: string;
}

/** Kinds of objects that a dump does not hold, with how many of them there are: so that none is lost silently. */
export async function leftOutLines(session: Session): Promise<string[]> {
  const counted = (await readLeftOut(session)).filter(({ kind }) => !neverHeld.has(kind));
  const kinds = Map.groupBy(counted, ({ kind, plural }) => kind + plural);
  return [...kinds].map(([kind, list]) => `-- Not in this text: ${list.length} ${kind}`);
}

export function readLeftOut(session: Session): Promise<LeftOut[]> {
  return rows<LeftOut>(session, query);
}

/** Said of every dump. */
const neverHeld: ReadonlySet<string> = new Set([
  "rights on built-in objects",
  "security label",
  "user mapping",
]);

interface Kind {
  readonly kind: string;
  readonly plural?: string;
  readonly catalogue: string;
  readonly namespace?: string;
  /** SQL, of the row `o`. */
  readonly name: string;
}

const kinds: readonly Kind[] = [
  { kind: "access method", catalogue: "pg_am", name: "o.amname" },
  {
    kind: "cast",
    catalogue: "pg_cast",
    name: "format('(%s AS %s)', format_type(o.castsource, NULL), format_type(o.casttarget, NULL))",
  },
  { kind: "conversion", catalogue: "pg_conversion", namespace: "connamespace", name: "o.conname" },
  { kind: "event trigger", catalogue: "pg_event_trigger", name: "o.evtname" },
  { kind: "foreign data wrapper", catalogue: "pg_foreign_data_wrapper", name: "o.fdwname" },
  { kind: "language", catalogue: "pg_language", name: "o.lanname" },
  {
    kind: "operator class",
    plural: "(es)",
    catalogue: "pg_opclass",
    namespace: "opcnamespace",
    name: "format('%s (%s)', o.opcname, (SELECT a.amname FROM pg_am a WHERE a.oid = o.opcmethod))",
  },
  {
    kind: "operator family",
    plural: "(ies)",
    catalogue: "pg_opfamily",
    namespace: "opfnamespace",
    name: "format('%s (%s)', o.opfname, (SELECT a.amname FROM pg_am a WHERE a.oid = o.opfmethod))",
  },
  {
    kind: "operator",
    catalogue: "pg_operator",
    namespace: "oprnamespace",
    name: `format('%s (%s, %s)', o.oprname, CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END,
      format_type(o.oprright, NULL))`,
  },
  { kind: "publication", catalogue: "pg_publication", name: "o.pubname" },
  { kind: "text search parser", catalogue: "pg_ts_parser", namespace: "prsnamespace", name: "o.prsname" },
  {
    kind: "text search template",
    catalogue: "pg_ts_template",
    namespace: "tmplnamespace",
    name: "o.tmplname",
  },
  {
    kind: "transform",
    catalogue: "pg_transform",
    name: `format('%s (%s)', format_type(o.trftype, NULL),
      (SELECT l.lanname FROM pg_language l WHERE l.oid = o.trflang))`,
  },
];

/** What comes with another object, such as the casts of a range, is made with it. */
const alone = (catalogue: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${oid} AND e.deptype = 'i')`;

/**
 * What was granted on things that every database has, or revoked. Of the information schema the server does not keep
 * what it had at first. Most have no rights of their own, and need no look at what they had.
 */
const builtIn = [
  {
    catalogue: "pg_proc",
    acl: "proacl",
    kind: "f",
    owner: "proowner",
    name: "format('%s(%s)', o.proname, pg_get_function_identity_arguments(o.oid))",
    where: "o.pronamespace = 'pg_catalog'::regnamespace",
  },
  {
    catalogue: "pg_class",
    acl: "relacl",
    kind: "r",
    owner: "relowner",
    name: "o.relname::text",
    where: "o.relnamespace = 'pg_catalog'::regnamespace",
  },
  {
    catalogue: "pg_language",
    acl: "lanacl",
    kind: "l",
    owner: "lanowner",
    name: "format('language %s', o.lanname)",
    where: "o.oid < 16384",
  },
].map(
  ({ catalogue, acl, kind, owner, name, where }) => `
    SELECT ${name} AS name FROM ${catalogue} o
    CROSS JOIN LATERAL (SELECT coalesce(${initialRights(catalogue, "o.oid")}, acldefault('${kind}', o.${owner})) AS acl) AS made
    WHERE ${where} AND o.${acl} IS NOT NULL AND NOT (o.${acl} @> made.acl AND made.acl @> o.${acl})`,
);

const query = `SELECT kind, plural, schema, name FROM (${[
  ...kinds.map(
    ({ kind, plural = "(s)", catalogue, namespace, name }) => `
    SELECT '${kind}' AS kind, '${plural}' AS plural, ${namespace === undefined ? "''" : "n.nspname::text"} AS schema,
      (${name})::text AS name
    FROM ${catalogue} o ${namespace === undefined ? "" : `JOIN pg_namespace n ON n.oid = o.${namespace} AND ${userSchema("n")}`}
    WHERE o.oid >= 16384 AND ${notOfExtension(catalogue, "o.oid")} AND ${alone(catalogue, "o.oid")}`,
  ),
  `SELECT 'base type', '(s)', n.nspname, t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typtype IN ('b', 'p') AND NOT (t.typelem <> 0 AND t.typlen = -1)
     AND ${userSchema("n")} AND ${notOfExtension("pg_type", "t.oid")}`,
  `SELECT 'default privileges', '', coalesce(n.nspname, ''), format('%s (%s)', pg_get_userbyid(d.defaclrole),
     CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
       WHEN 'n' THEN 'schemas' ELSE 'large objects' END)
   FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`,
  `SELECT 'rights on built-in objects', '', '', array_to_string((array_agg(name ORDER BY name COLLATE "C"))[1:5], ', ')
     || CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) ELSE '' END
   FROM (${builtIn.join(" UNION ALL ")}) AS b HAVING count(*) > 0`,
  `SELECT 'security label', '(s)', '', format('%s (%s %s)', provider, objtype, objname) FROM pg_seclabels
   WHERE objtype NOT IN ('role', 'database', 'tablespace')`,
  `SELECT 'user mapping', '(s)', '', format('%s (%s)', usename, srvname) FROM pg_user_mappings`,
].join(" UNION ALL ")}) AS found ORDER BY kind COLLATE "C", schema COLLATE "C", name COLLATE "C"`;
