import type { Check } from "./health.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

/** Whether the role may do what migrations do, with the statements that would let it. */
export const privilegeChecks: readonly Check[] = [
  { name: "role", run: role },
  { name: "ledger", run: ledger },
  { name: "schema privileges", run: schemas },
  { name: "ownership", run: ownership },
];

type Answer = ReturnType<Check["run"]>;
type Session = Parameters<Check["run"]>[0];

async function role(session: Session): Answer {
  return [...(await superuser(session)), ...(await namesake(session))];
}

/** The default search_path begins with the schema of the role's own name, and the ledger's is called godwit. */
async function namesake(session: Session): Answer {
  const [row] = await rows<{ same: boolean }>(session, "SELECT session_user = 'godwit' AS same");
  if (row?.same !== true) return [];
  return [
    {
      status: "warning",
      message:
        "The role has the name of the ledger's schema: with the default search_path its unqualified names mean the ledger's tables first. Godwit's own sessions leave that schema out.",
      remedy: "ALTER ROLE godwit SET search_path = public;",
    },
  ];
}

async function superuser(session: Session): Answer {
  const [row] = await rows<{ user: string; superuser: boolean }>(
    session,
    "SELECT quote_ident(rolname) AS user, rolsuper AS superuser FROM pg_roles WHERE rolname = current_user",
  );
  if (row?.superuser === true) {
    return [
      {
        status: "warning",
        message: `${row.user} is a superuser: no privilege stops a mistake.`,
        remedy: "Use a role that owns the schema and no more.",
      },
    ];
  }
  return [{ status: "ok", message: `${row?.user ?? "The role"} is no superuser.` }];
}

async function ledger(session: Session): Answer {
  const [row] = await rows<{
    user: string;
    database: string;
    mayCreate: boolean;
    exists: boolean;
    usage: boolean | null;
    create: boolean | null;
    tables: readonly string[] | null;
  }>(
    session,
    `SELECT quote_ident(current_user) AS user, quote_ident(current_database()) AS database,
       has_database_privilege(current_database(), 'CREATE') AS "mayCreate", n.oid IS NOT NULL AS exists,
       has_schema_privilege(n.oid, 'USAGE') AS usage, has_schema_privilege(n.oid, 'CREATE') AS create,
       (SELECT json_agg(format('%I.%I', n.nspname, c.relname) ORDER BY c.relname) FROM pg_class c
        WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND NOT (has_table_privilege(c.oid, 'SELECT')
          AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
          AND has_table_privilege(c.oid, 'DELETE'))) AS tables
     FROM (SELECT) AS one LEFT JOIN pg_namespace n ON n.nspname = 'godwit'`,
  );
  if (row === undefined) return [];
  if (!row.exists) {
    return row.mayCreate
      ? [{ status: "ok", message: "The role may create the schema godwit for the ledger." }]
      : [
          {
            status: "error",
            message: "The role may not create the schema godwit for the ledger.",
            remedy: `GRANT CREATE ON DATABASE ${row.database} TO ${row.user};`,
          },
        ];
  }
  const lacking = [...(row.usage === true ? [] : ["USAGE"]), ...(row.create === true ? [] : ["CREATE"])];
  const grants = [
    ...(lacking.length === 0 ? [] : [`GRANT ${lacking.join(", ")} ON SCHEMA godwit TO ${row.user};`]),
    ...(row.tables === null
      ? []
      : [`GRANT SELECT, INSERT, UPDATE, DELETE ON ${row.tables.join(", ")} TO ${row.user};`]),
  ];
  if (grants.length === 0) return [{ status: "ok", message: "The role may use the ledger." }];
  return [{ status: "error", message: "The role may not use the ledger.", remedy: grants.join("\n") }];
}

async function schemas(session: Session): Answer {
  const found = await rows<{
    user: string;
    name: string;
    quoted: string;
    usage: boolean;
    create: boolean;
    current: boolean;
  }>(
    session,
    `SELECT quote_ident(current_user) AS user, n.nspname AS name, quote_ident(n.nspname) AS quoted,
       has_schema_privilege(n.oid, 'USAGE') AS usage, has_schema_privilege(n.oid, 'CREATE') AS create,
       -- current_schema() passes over schemas without USAGE, so the first existing name of the path is looked for.
       n.nspname = coalesce((SELECT p.name FROM unnest(string_to_array(current_setting('search_path'), ',')) WITH
           ORDINALITY AS e(entry, place)
         CROSS JOIN LATERAL (SELECT CASE btrim(e.entry) WHEN '"$user"' THEN current_user::text
           ELSE replace(btrim(btrim(e.entry), '"'), '""', '"') END) AS p(name)
         JOIN pg_namespace x ON x.nspname = p.name ORDER BY e.place LIMIT 1), '') AS current
     FROM pg_namespace n WHERE ${userSchema("n")} AND ${notOfExtension("pg_namespace", "n.oid")} ORDER BY 2`,
  );
  const missing = found.filter((row) => !row.usage || !row.create);
  const findings = missing.map((row) => {
    const lacking = [...(row.usage ? [] : ["USAGE"]), ...(row.create ? [] : ["CREATE"])].join(", ");
    return {
      // Only the schema in which unqualified names are made is certain to be needed.
      status: row.current ? ("error" as const) : ("warning" as const),
      message: `The role lacks ${lacking} on schema ${row.name}.`,
      remedy: `GRANT ${lacking} ON SCHEMA ${row.quoted} TO ${row.user};`,
    };
  });
  if (!found.some((row) => row.current)) {
    findings.push({
      status: "warning",
      message: "No schema of the search_path exists: tables without a schema's name cannot be made.",
      remedy: "Qualify names in migrations, or set search_path for the role.",
    });
  }
  return findings.length > 0
    ? findings
    : [{ status: "ok", message: "The role may use all schemas and make objects in them." }];
}

async function ownership(session: Session): Answer {
  const found = await rows<{
    user: string;
    owner: string;
    ownerIsSuperuser: boolean;
    count: number;
    some: readonly string[];
  }>(
    session,
    `SELECT quote_ident(current_user) AS user, quote_ident(o.rolname) AS owner, o.rolsuper AS "ownerIsSuperuser",
       count(*)::integer AS count,
       (array_agg(format('%I.%I', n.nspname, c.relname) ORDER BY n.nspname, c.relname))[1:5] AS some
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles o ON o.oid = c.relowner
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND ${userSchema("n")}
       AND ${notOfExtension("pg_class", "c.oid")} AND NOT pg_has_role(c.relowner, 'USAGE')
       -- The sequences of identity and serial columns change hands with their table.
       AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
         AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
     GROUP BY o.rolname, o.rolsuper ORDER BY 2`,
  );
  if (found.length === 0) {
    return [{ status: "ok", message: "The role owns all tables, or is a member of their owner." }];
  }
  return found.map((row) => ({
    status: "warning",
    message: `${row.count} table(s), view(s) and sequence(s) belong to ${row.owner}, and only an owner may alter them: ${row.some.join(", ")}${row.count > 5 ? ", …" : ""}.`,
    // To join a superuser would be to become one.
    remedy: row.ownerIsSuperuser
      ? `${row.some.map((name) => `ALTER TABLE ${name} OWNER TO ${row.user};`).join("\n")}${row.count > 5 ? "\n-- and so on for the others" : ""}`
      : `GRANT ${row.owner} TO ${row.user};`,
  }));
}
