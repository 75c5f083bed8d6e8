import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { auditVerify } from "../../src/index.ts";
import { administer, type ServerName, type TargetName } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { isOwnSession } from "./open-session.ts";

/**
 * What a database holds, taken by tools of its own and never by the project's code: the schema, each table's rows
 * in a fixed order, and the history. Two runs that did the same have equal evidence.
 */
export interface Evidence {
  readonly schema: string;
  readonly rows: Readonly<Record<string, readonly string[]>>;
  readonly history: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

export async function evidence(name: TargetName, url: string): Promise<Evidence> {
  const found = await (name === "sqlite"
    ? ofSqlite(url)
    : name === "postgres"
      ? ofPostgres(url)
      : ofMysql(name, url));
  // The names of kept rows have the database's in them, which is another one in each case.
  const text = JSON.stringify(found).replaceAll(/_(rollback|changed)_[0-9a-f]{8}\b/g, "_$1_id");
  return JSON.parse(text) as Evidence;
}

/** Asserts that nothing of a run is left behind: no session, lock, invalid index, open run, or broken chain of the history or the event log. */
export async function assertClean(name: TargetName, url: string): Promise<void> {
  const ask = asker(name, url);
  const [migration, run, step] = (["migration", "run", "step"] as const).map((table) =>
    ledgerTable(name, table),
  );
  const open = await ask(`SELECT id, state FROM ${run} WHERE state <> 'done'`);
  assert.deepEqual(open, [], "a run is not closed");
  const started = await ask(`SELECT step_key, state FROM ${step} WHERE state = 'started'`);
  assert.deepEqual(started, [], "a step is not settled");
  const chain = await ask(`SELECT seq, prev_hash, row_hash FROM ${migration} ORDER BY seq`);
  chain.forEach((row, index) => {
    assert.equal(Number(row["seq"]), index + 1, "the history's numbers have a gap");
    assert.equal(row["prev_hash"], chain[index - 1]?.["row_hash"] ?? "", "the history's chain is broken");
  });
  // The log agrees with runs, steps and the history, whatever cut its processes off.
  const { findings } = await auditVerify({ cwd: tmpdir(), env: {}, url });
  assert.deepEqual(findings, [], "the event log does not fit");
  if (name === "sqlite") {
    assert.deepEqual(await ask("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    assert.deepEqual(await ask("PRAGMA foreign_key_check"), []);
    return;
  }
  if (name === "postgres") {
    assert.deepEqual(
      await ask("SELECT indexrelid::regclass AS index FROM pg_index WHERE NOT indisvalid"),
      [],
    );
  }
  await until(async () => (await sessions(name, url)).length === 0, { what: "no session is left" });
}

/** Sessions of the program in the database, by the server's own list. */
export async function sessions(name: ServerName, url: string): Promise<Row[]> {
  const database = new URL(url).pathname.slice(1);
  if (name === "postgres") {
    const text = `SELECT pid, state, query, wait_event_type AS "waitsFor", (extract(epoch FROM clock_timestamp() - query_start) * 1000)::int AS "ageMs"
      FROM pg_stat_activity
      WHERE datname = '${database}' AND application_name LIKE 'godwit%'`;
    return asker(name, url)(text);
  }
  const all = await asker(name, url)("SHOW FULL PROCESSLIST");
  return all.filter(
    (row) =>
      row["db"] === database && !isOwnSession(String(row["Id"])) && row["Info"] !== "SHOW FULL PROCESSLIST",
  );
}

export function ledgerTable(name: TargetName, table: "run" | "step" | "migration" | "event"): string {
  return name === "postgres" ? `godwit.${table}` : `godwit_${table}`;
}

/** One query in the database, without the project's engines. */
export function asker(name: TargetName, url: string): (text: string) => Promise<Row[]> {
  if (name !== "sqlite") return async (text) => [...(await administer(name, (sql) => sql(text), url))];
  return async (text) => {
    const database = new DatabaseSync(url.slice("sqlite:".length));
    try {
      // Plain objects: the driver's have no prototype, which equality looks at.
      return database
        .prepare(text)
        .all()
        .map((row) => Object.assign({}, row));
    } finally {
      database.close();
    }
  };
}

async function history(name: TargetName, ask: (text: string) => Promise<Row[]>): Promise<string[]> {
  const columns = "seq, version, name, kind, action, sql_hash";
  const rows = await ask(`SELECT ${columns} FROM ${ledgerTable(name, "migration")} ORDER BY seq`);
  return rows.map((row) => Object.values(row).map(String).join(" "));
}

async function rowsOf(
  tables: readonly string[],
  ask: (text: string) => Promise<Row[]>,
): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const table of tables) {
    rows[table] = (await ask(`SELECT * FROM ${table}`)).map((row) => JSON.stringify(row)).sort();
  }
  return rows;
}

async function ofPostgres(url: string): Promise<Evidence> {
  const ask = asker("postgres", url);
  const dump = await promisify(execFile)(pgDump(), [
    "--schema-only",
    "--no-owner",
    "--exclude-schema=godwit",
    `--dbname=${url}`,
  ]);
  const tables = await ask(`SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name
    FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'godwit') ORDER BY 1`);
  return {
    // Newer versions print a random key that guards the dump.
    schema: dump.stdout.replaceAll(/^\\(un)?restrict .*$/gm, ""),
    rows: await rowsOf(
      tables.map((row) => String(row["name"])),
      ask,
    ),
    history: await history("postgres", ask),
  };
}

/** The newest that is installed: an older one refuses a newer server. */
function pgDump(): string {
  const folder = "/usr/lib/postgresql";
  try {
    const [newest] = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
    if (newest !== undefined) return `${folder}/${newest}/bin/pg_dump`;
  } catch {
    // Not Debian: then it is where programs are.
  }
  return "pg_dump";
}

async function ofMysql(name: "mariadb" | "mysql", url: string): Promise<Evidence> {
  return administer(
    name,
    async (sql) => {
      const all = await sql("SHOW FULL TABLES");
      const named = all
        .map((row) => Object.values(row).map(String) as [string, string])
        .filter(([table]) => !table.startsWith("godwit_"));
      const parts: string[] = [];
      for (const [table] of named) {
        const [row] = await sql(`SHOW CREATE TABLE \`${table}\``);
        // A view's text names its database, which is another one for each run.
        const text = String(row?.["Create Table"] ?? row?.["Create View"]);
        parts.push(text.replaceAll(`\`${new URL(url).pathname.slice(1)}\`.`, ""));
      }
      const ask = async (text: string) => [...(await sql(text))];
      const tables = named.filter(([, kind]) => kind === "BASE TABLE").map(([table]) => `\`${table}\``);
      return {
        schema: parts.join("\n"),
        rows: await rowsOf(tables, ask),
        history: await history(name, ask),
      };
    },
    url,
  );
}

async function ofSqlite(url: string): Promise<Evidence> {
  const ask = asker("sqlite", url);
  const objects = await ask(
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'godwit%' ORDER BY type, name",
  );
  const tables = objects.filter((row) => row["type"] === "table").map((row) => `"${String(row["name"])}"`);
  return {
    schema: objects.map((row) => JSON.stringify(row)).join("\n"),
    rows: await rowsOf(tables, ask),
    history: await history("sqlite", ask),
  };
}
