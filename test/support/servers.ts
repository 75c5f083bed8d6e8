import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mysql from "mysql2/promise";
import pg from "pg";
import { canary } from "./canary.ts";
import { root } from "./cli.ts";

// The drivers are used here directly, never through the project's engines: a fault of those must not hide itself.

export type ServerName = "postgres" | "mariadb" | "mysql";
export type TargetName = ServerName | "sqlite";

export interface TestTarget {
  readonly name: TargetName;
  /** The id of the project's engine for it. */
  readonly engine: "postgres" | "mysql" | "sqlite";
  /** For node:test's `skip`: the reason, or false. */
  readonly skip: string | false;
}

const variables = { postgres: "POSTGRES_URL", mariadb: "MARIADB_URL", mysql: "MYSQL_URL" } as const;
const known = knownUrls();

/** Everything a test of all engines loops over. With CI set, a missing PostgreSQL or MariaDB throws here. */
export const targets: readonly TestTarget[] = [
  { name: "postgres", engine: "postgres", skip: skipReason("postgres") },
  { name: "mariadb", engine: "mysql", skip: skipReason("mariadb") },
  { name: "mysql", engine: "mysql", skip: skipReason("mysql") },
  { name: "sqlite", engine: "sqlite", skip: false },
];

/** The target of that name, for a test of one engine: `test("…", { skip: target("postgres").skip }, …)`. */
export function target(name: TargetName): TestTarget {
  const found = targets.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no target ${name}`);
  return found;
}

export const postgresUrl = (): string => serverUrl("postgres");
export const mariadbUrl = (): string => serverUrl("mariadb");
export const mysqlUrl = (): string => serverUrl("mysql");

/** PEM file of the authorities of the private servers' certificates, issued for localhost and 127.0.0.1. */
export function certificateAuthority(): string {
  const file = known["DATABASES_CA"];
  if (file === undefined) throw new Error("DATABASES_CA is not set");
  return file;
}

/** Makes a database of its own, gives its URL, and drops it after with whatever is still connected to it. */
export async function withDatabase<T>(name: TargetName, use: (url: string) => Promise<T>): Promise<T> {
  if (name === "sqlite") {
    const folder = await mkdtemp(join(tmpdir(), "godwit-sqlite-"));
    try {
      return await use(`sqlite:${join(folder, "test.db")}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const database = `godwit_test_${randomBytes(6).toString("hex")}`;
  const url = new URL(serverUrl(name));
  await administer(name, (sql) => sql(`CREATE DATABASE ${database}`));
  try {
    url.pathname = `/${database}`;
    return await use(url.href);
  } finally {
    await administer(name, async (sql) => {
      if (name === "postgres") return sql(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await sql("SET SESSION lock_wait_timeout = 20");
      for (const session of await sql("SHOW PROCESSLIST")) {
        // It may have ended since it was listed.
        if (session["db"] === database) await sql(`KILL ${String(session["Id"])}`).catch(ignoreNoSuchThread);
      }
      return sql(`DROP DATABASE IF EXISTS ${database}`);
    });
  }
}

/**
 * Holds apart tests in which a write takes seconds and tests of short lock limits: on MySQL and MariaDB a copy's brief
 * FLUSH TABLES WITH READ LOCK waits for such a write, and every other write of the server behind it.
 */
export async function apartFromLongWrites<T>(name: ServerName, use: () => Promise<T>): Promise<T> {
  if (name === "postgres") return use();
  return administer(name, async (sql) => {
    await sql("SELECT GET_LOCK('godwit_test_long_writes', 250)");
    return use();
  });
}

/**
 * Makes a role with the canary password that may do everything inside the database of `url`, gives the URL with
 * that role, and drops it after.
 */
export async function withCanaryRole<T>(
  name: ServerName,
  url: string,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const role = `godwit_role_${randomBytes(6).toString("hex")}`;
  const own = new URL(url);
  const database = own.pathname.slice(1);
  const account = name === "postgres" ? role : `${role}@'%'`;
  await administer(name, async (sql) => {
    if (name === "postgres") {
      await sql(`CREATE ROLE ${role} LOGIN PASSWORD '${canary}'`);
      return sql(`ALTER DATABASE ${database} OWNER TO ${role}`);
    }
    await sql(`CREATE USER ${account} IDENTIFIED BY '${canary}'`);
    return sql(`GRANT ALL ON ${database}.* TO ${account}`);
  });
  own.username = role;
  own.password = encodeURIComponent(canary);
  try {
    return await use(own.href);
  } finally {
    if (name === "postgres") {
      await administer(
        name,
        async (sql) => {
          await sql(`REASSIGN OWNED BY ${role} TO CURRENT_USER`);
          return sql(`DROP OWNED BY ${role}`);
        },
        url,
      );
    }
    await administer(name, (sql) => sql(`DROP ${name === "postgres" ? "ROLE" : "USER"} ${account}`));
  }
}

type Row = Readonly<Record<string, unknown>>;
type Sql = (text: string) => Promise<readonly Row[]>;

/** One session as the all-powerful user of the tests, on the server or, with `url`, inside a database of it. */
export async function administer<T>(
  name: ServerName,
  use: (sql: Sql) => Promise<T>,
  url: string = serverUrl(name),
): Promise<T> {
  if (name === "postgres") {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined); // the query under way rejects with it
    await client.connect();
    try {
      return await use(async (text) => (await client.query<Row>(text)).rows);
    } finally {
      await client.end();
    }
  }
  const connection = await mysql.createConnection({
    uri: url,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  try {
    return await use(async (text) => {
      const [rows] = await connection.query(text);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    });
  } finally {
    await connection.end();
  }
}

function serverUrl(name: ServerName): string {
  const url = known[variables[name]];
  if (url === undefined) throw new Error(`${variables[name]} is not set; script/databases start`);
  return url;
}

function skipReason(name: ServerName): string | false {
  if (known[variables[name]] !== undefined) return false;
  // MySQL beside MariaDB is optional: its launcher is no part of the project.
  if (process.env["CI"] && name !== "mysql") throw new Error(`CI is set, but ${variables[name]} is not`);
  return `no ${variables[name]}`;
}

/** From the environment that script/test makes, or, when a file is run by itself, from what is running. */
function knownUrls(): Readonly<Record<string, string | undefined>> {
  if (Object.values(variables).some((variable) => process.env[variable])) return process.env;
  const lines = execFileSync(join(root, "script/databases"), ["urls"], { encoding: "utf8" })
    .trim()
    .split("\n");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

function ignoreNoSuchThread(error: unknown): readonly Row[] {
  if ((error as { errno?: number }).errno === 1094) return [];
  throw error;
}
