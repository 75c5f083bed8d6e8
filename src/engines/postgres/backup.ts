import type { BackupContents, BackupRole } from "../backup-role.ts";
import type { DdlStatement } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { native } from "./backup-native.ts";
import { backupParts } from "./backup-parts.ts";
import { backupTables } from "./backup-tables.ts";
import { dump } from "./dump.ts";
import { grantLines } from "./dump-grants.ts";
import { leftOutLines } from "./dump-left-out.ts";
import { readCatalog, rows, userSchema } from "./inspect-catalog.ts";
import { quoted, tableSql } from "./sql-text.ts";

export const backup: BackupRole = {
  native,
  rowForm: "text",
  contents,
  markers,
  inhabitants,
  clear,
  fitting,
  scratch: {
    create: async (session, name) => {
      // Another encoding or collation would take other texts, and sort them in another way.
      const [own] = await session.query(
        `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype
           FROM pg_catalog.pg_database WHERE datname = current_database()`,
      );
      const text = (value: unknown) => `'${String(value).replaceAll("'", "''")}'`;
      await session.execute(
        `CREATE DATABASE ${quoted(name)} TEMPLATE template0 ENCODING ${text(own?.encoding)}
           LC_COLLATE ${text(own?.collate)} LC_CTYPE ${text(own?.ctype)}`,
      );
    },
    drop: async (session, name) => {
      const [row] = await session.query("SELECT current_setting('server_version_num') AS version");
      // A session of ours that is only just ending must not keep it.
      const force = Number(row?.version) >= 130_000 ? " WITH (FORCE)" : "";
      await session.execute(`DROP DATABASE IF EXISTS ${quoted(name)}${force}`);
    },
    target: (target, name) => ({
      ...target,
      database: name,
      display: target.display.replace(/\/[^/?]*(\?|$)/, `/${encodeURIComponent(name)}$1`),
    }),
  },
};

/** Throws GW8206 where a table cannot be kept as it is for so long. */
async function contents(session: Session): Promise<BackupContents> {
  const { tables, unreadable } = await backupTables(session);
  // As long as the snapshot: nobody drops or alters what is being read.
  for (let at = 0; at < tables.length; at += locksAtOnce) {
    const names = tables.slice(at, at + locksAtOnce).map((table) => `ONLY ${tableSql(table)}`);
    await session.execute(`LOCK TABLE ${names.join(", ")} IN ACCESS SHARE MODE`);
  }
  const schema = await dump(session);
  return readCatalog(session, async () => {
    const parts = await backupParts(session);
    const grants = await grantLines(session);
    const [large] = await rows<{ count: string }>(
      session,
      "SELECT count(*)::text AS count FROM pg_largeobject_metadata",
    );
    const leftOut = (await leftOutLines(session)).map((line) => line.replace(/^-- Not in this text: /, ""));
    return {
      schema,
      ...parts,
      tables,
      after: [
        ...parts.after,
        ...(grants.length === 0
          ? []
          : [{ title: "grants", text: grants.join("\n"), settings: [], afterNative: true }]),
      ],
      finish: [],
      notHeld: [...alwaysLeftOut, ...leftOut, ...unreadable],
      missing:
        Number(large?.count) > 0 ? [`large objects, ${large?.count} of them; --form native holds them`] : [],
    };
  });
}

const locksAtOnce = 200;

const alwaysLeftOut = [
  "roles, their passwords and memberships",
  "owners: what is restored belongs to who restores it",
  "tablespaces, settings of the database and of roles, security labels, user mappings",
  "statistics: ANALYZE makes them again",
];

async function markers(session: Session): Promise<Readonly<Record<string, string>>> {
  const [row] = await session.query(
    `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS lsn,
       CASE WHEN has_function_privilege('pg_control_checkpoint()', 'execute')
         THEN (SELECT timeline_id FROM pg_control_checkpoint())::text END AS timeline,
       pg_current_snapshot()::text AS snapshot`,
  );
  return Object.fromEntries(
    Object.entries(row ?? {}).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
  );
}

async function inhabitants(session: Session): Promise<readonly string[]> {
  return readCatalog(session, async () => {
    const found = await rows<{ name: string }>(
      session,
      `SELECT name FROM (${things}) AS t ORDER BY name LIMIT 5`,
    );
    return found.map(({ name }) => name);
  });
}

/** All in which a user's data or work can be: what an empty database has not. */
const things = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND c.relpersistence <> 't' AND ${userSchema("n")}
  UNION ALL SELECT format('%I.%I', n.nspname, p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE ${userSchema("n")}
  UNION ALL SELECT format('%I.%I', n.nspname, t.typname) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typtype IN ('e', 'd', 'r') AND ${userSchema("n")}
  UNION ALL SELECT format('schema %I', n.nspname) FROM pg_namespace n
   WHERE ${userSchema("n")} AND n.nspname <> 'public'`;

/** `public` stays, with what was granted on it: only what is in it goes. */
async function clear(session: Session): Promise<readonly DdlStatement[]> {
  return readCatalog(session, async () => {
    const schemas = await rows<{ name: string; quoted: string }>(
      session,
      `SELECT n.nspname AS name, quote_ident(n.nspname) AS quoted FROM pg_namespace n WHERE ${userSchema("n")} AND n.nspname <> 'public'
        ORDER BY n.nspname`,
    );
    const extensions = await rows<{ quoted: string }>(
      session,
      `SELECT quote_ident(extname) AS quoted FROM pg_extension WHERE oid >= 16384 ORDER BY extname`,
    );
    const inPublic = await rows<{ sql: string; title: string }>(session, publicDrops);
    return [
      ...extensions.map(({ quoted: name }) => ({
        sql: `DROP EXTENSION IF EXISTS ${name} CASCADE`,
        title: `extension ${name}`,
      })),
      ...schemas.map(({ quoted: name }) => ({
        sql: `DROP SCHEMA IF EXISTS ${name} CASCADE`,
        title: `schema ${name}`,
      })),
      ...inPublic,
    ];
  });
}

const publicDrops = `
  SELECT sql, title FROM (
    SELECT 1 AS rank, format('DROP %s IF EXISTS %I.%I CASCADE',
        CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
          WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, n.nspname, c.relname) AS sql,
      format('%I.%I', n.nspname, c.relname) AS title
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('i', 'e'))
    UNION ALL
    SELECT 2, format('DROP ROUTINE IF EXISTS %I.%I(%s) CASCADE', n.nspname, p.proname,
        pg_get_function_identity_arguments(p.oid)), format('%I.%I', n.nspname, p.proname)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('i', 'e'))
    UNION ALL
    SELECT 3, format('DROP TYPE IF EXISTS %I.%I CASCADE', n.nspname, t.typname), format('%I.%I', n.nspname, t.typname)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = 'public' AND t.typtype IN ('e', 'd', 'r') AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
  ) AS t ORDER BY rank, title`;

/** Grants to roles that this server lacks cannot be made; everything else of the text can. */
async function fitting(session: Session, schema: string) {
  const found = await session.query("SELECT quote_ident(rolname) AS role FROM pg_catalog.pg_roles");
  const roles = new Set(found.map(({ role }) => String(role)));
  const lacks: string[] = [];
  const lines = schema.split("\n").filter((line) => {
    const role = grantedTo(line);
    if (role === null || role === "PUBLIC" || roles.has(role)) return true;
    lacks.push(line);
    return false;
  });
  return { schema: lines.join("\n"), lacks };
}

/** Of a line that `grantLines` has made. */
function grantedTo(line: string): string | null {
  if (!/^(GRANT|REVOKE) /.test(line)) return null;
  const role = `("(?:[^"]|"")*"|[^\\s";]+)`;
  return new RegExp(` (?:TO|FROM) ${role}(?: WITH GRANT OPTION)?;$`).exec(line)?.[1] ?? null;
}
