import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import pg from "pg";

export type ServerName = "postgres" | "mariadb" | "mysql" | "sqlite";

/** A database made for one program and one run. */
export interface Database extends AsyncDisposable {
  readonly url: string;
  /** The same place in the form that dbmate takes. */
  readonly dbmateUrl: string;
  /** How many of the migrations' tables it holds. */
  tables(): Promise<number>;
}

export interface Server {
  readonly version: string;
  /** The statement that makes table NUMBER. */
  ddl(number: number): string;
  create(): Promise<Database>;
  close(): Promise<void>;
}

export interface Servers extends AsyncDisposable {
  readonly byName: ReadonlyMap<ServerName, Server>;
}

// Also the mark by which databases that an interrupted run left behind are known.
const prefix = "godwit_bench_";
let made = 0;
const nextName = () => `${prefix}${process.pid}_${++made}`;

/** Connects to the needed servers whose URLs are in the environment, and removes what an interrupted run left there. */
export async function connectServers(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly needed: ReadonlySet<ServerName>;
}): Promise<Servers> {
  const { folder, needed } = options;
  const { POSTGRES_URL, MARIADB_URL, MYSQL_URL } = options.env;
  const byName = new Map<ServerName, Server>();
  if (needed.has("postgres") && POSTGRES_URL) byName.set("postgres", await postgresServer(POSTGRES_URL));
  if (needed.has("mariadb") && MARIADB_URL) byName.set("mariadb", await mysqlServer(MARIADB_URL));
  if (needed.has("mysql") && MYSQL_URL) byName.set("mysql", await mysqlServer(MYSQL_URL));
  if (needed.has("sqlite")) byName.set("sqlite", sqliteServer(folder));
  return {
    byName,
    [Symbol.asyncDispose]: async () => {
      for (const server of byName.values()) await server.close();
    },
  };
}

async function postgresServer(adminUrl: string): Promise<Server> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const { rows: left } = await admin.query<{ datname: string }>(
    "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
    [prefix],
  );
  for (const { datname } of left) await admin.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
  const { rows } = await admin.query<{ server_version: string }>("SHOW server_version");
  return {
    version: `PostgreSQL ${rows[0]?.server_version}`,
    ddl: (number) => `create table t${number}(id integer primary key, name text)`,
    async create() {
      const name = nextName();
      await admin.query(`CREATE DATABASE "${name}"`);
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      // Nobody pays for TLS: the server is local, and dbmate's driver would ask for it.
      url.searchParams.set("sslmode", "disable");
      return {
        url: url.href,
        dbmateUrl: url.href,
        async tables() {
          const client = new pg.Client({ connectionString: url.href });
          await client.connect();
          try {
            const result = await client.query<{ count: number }>(
              "SELECT count(*)::int AS count FROM pg_tables WHERE tablename ~ '^t[0-9]+$'",
            );
            return result.rows[0]?.count ?? 0;
          } finally {
            await client.end();
          }
        },
        // Ends with a checkpoint, so the writes of one program's run do not fall into the next one's.
        [Symbol.asyncDispose]: async () => void (await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`)),
      };
    },
    close: () => admin.end(),
  };
}

async function mysqlServer(adminUrl: string): Promise<Server> {
  // The driver knows one scheme only.
  const base = new URL(adminUrl.replace(/^mariadb:/, "mysql:"));
  const admin = await createConnection(base.href);
  const [left] = await admin.query<RowDataPacket[]>(
    "SELECT schema_name AS name FROM information_schema.schemata WHERE left(schema_name, ?) = ?",
    [prefix.length, prefix],
  );
  for (const { name } of left) await admin.query(`DROP DATABASE \`${String(name)}\``);
  const [rows] = await admin.query<RowDataPacket[]>("SELECT version() AS version");
  const version = String(rows[0]?.version);
  return {
    version: version.includes("MariaDB")
      ? `MariaDB ${version.replace(/-MariaDB.*/, "")}`
      : `MySQL ${version}`,
    ddl: (number) => `create table t${number}(id integer primary key, name varchar(100))`,
    async create() {
      const name = nextName();
      await admin.query(`CREATE DATABASE \`${name}\``);
      const url = new URL(base);
      url.pathname = `/${name}`;
      return {
        url: url.href,
        dbmateUrl: url.href,
        async tables() {
          const [result] = await admin.query<RowDataPacket[]>(
            "SELECT count(*) AS count FROM information_schema.tables WHERE table_schema = ? AND table_name REGEXP '^t[0-9]+$'",
            [name],
          );
          return Number(result[0]?.count);
        },
        [Symbol.asyncDispose]: async () => void (await admin.query(`DROP DATABASE \`${name}\``)),
      };
    },
    close: () => admin.end(),
  };
}

function sqliteServer(folder: string): Server {
  return {
    version: `SQLite ${process.versions.sqlite} (Node's; dbmate has its own)`,
    ddl: (number) => `create table t${number}(id integer primary key, name text)`,
    async create() {
      const path = join(folder, `${nextName()}.db`);
      return {
        url: `sqlite:${path}`,
        dbmateUrl: `sqlite:${path}`,
        async tables() {
          using database = new DatabaseSync(path, { readOnly: true });
          const row = database
            .prepare(
              "SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table' AND name GLOB 't[0-9]*'",
            )
            .get();
          return Number(row?.count);
        },
        async [Symbol.asyncDispose]() {
          for (const ending of ["", "-journal", "-wal", "-shm"]) rmSync(path + ending, { force: true });
        },
      };
    },
    close: async () => undefined,
  };
}
