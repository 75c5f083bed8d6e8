import { execFileSync } from "node:child_process";
import { createReadStream, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import pg from "pg";
import { copiedColumns, copiedData, copiedTable } from "./copy-data.ts";
import { copiedTables, loadDataColumns } from "./copy-tables.ts";
import { cpuOfProcessMs, cpuOfTreeMs } from "./processor-time.ts";

export type ServerName = "postgres" | "mariadb" | "mysql" | "sqlite";

/** A database made for one program and one run. */
export interface Database extends AsyncDisposable {
  readonly url: string;
  /** The same place in the form that dbmate takes. */
  readonly dbmateUrl: string;
  /** How many of the migrations' tables it holds. */
  tables(): Promise<number>;
  /** What it has of the table that is copied. */
  copied(): Promise<{ readonly rows: number; readonly indexes: number }>;
}

export interface Server {
  readonly version: string;
  /** The statement that makes table NUMBER. */
  ddl(number: number): string;
  create(): Promise<Database>;
  /** A new database with the table that is copied, whose rows are in the file. */
  filled(rows: string): Promise<Database>;
  /** What the server's processes have used of the processors until now; null where that can't be seen from here. */
  cpuMs(): number | null;
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
  const { rows: own } = await admin.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const server: Server = {
    version: `PostgreSQL ${rows[0]?.server_version}`,
    ddl: (number) => `create table t${number}(id integer primary key, name text)`,
    async filled(rows) {
      const database = await server.create();
      const { create, indexes } = copiedTables.postgres;
      const load = `\\copy ${copiedTable} (${copiedColumns.join(", ")}) from '${rows}'`;
      const commands = [create, load, ...indexes, `VACUUM ANALYZE ${copiedTable}`, "CHECKPOINT"];
      const args = ["-qX", "-v", "ON_ERROR_STOP=1", ...commands.flatMap((command) => ["-c", command])];
      execFileSync("psql", [...args, database.url], { stdio: ["ignore", "ignore", "inherit"] });
      return database;
    },
    cpuMs: () => cpuOfTreeMs(own[0]?.pid ?? 0),
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
        async copied() {
          const client = new pg.Client({ connectionString: url.href });
          await client.connect();
          try {
            // Some make a schema of the source's name.
            const { rows: tables } = await client.query<{ name: string; indexes: number }>(
              `SELECT c.oid::regclass::text AS name, (SELECT count(*)::int FROM pg_index WHERE indrelid = c.oid) AS indexes
                 FROM pg_class c WHERE c.relkind = 'r' AND c.relname = $1`,
              [copiedTable],
            );
            const [table] = tables;
            if (table === undefined) return { rows: 0, indexes: 0 };
            const { rows: counted } = await client.query<{ n: number }>(
              `SELECT count(*)::int AS n FROM ${table.name}`,
            );
            return { rows: counted[0]?.n ?? 0, indexes: table.indexes };
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
  return server;
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
  const [files] = await admin.query<RowDataPacket[]>("SELECT @@pid_file AS file");
  const pid = pidIn(String(files[0]?.file));
  const server: Server = {
    version: version.includes("MariaDB")
      ? `MariaDB ${version.replace(/-MariaDB.*/, "")}`
      : `MySQL ${version}`,
    ddl: (number) => `create table t${number}(id integer primary key, name varchar(100))`,
    async filled(rows) {
      const database = await server.create();
      const client = await createConnection({
        uri: database.url,
        infileStreamFactory: () => createReadStream(rows),
      });
      try {
        const { create, indexes } = copiedTables.mariadb;
        await client.query(create);
        await client.query(
          `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${copiedTable} CHARACTER SET utf8mb4 ${loadDataColumns}`,
        );
        for (const index of indexes) await client.query(index);
        await client.query(`ANALYZE TABLE ${copiedTable}`);
      } finally {
        await client.end();
      }
      return database;
    },
    cpuMs: () => cpuOfProcessMs(pid),
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
        async copied() {
          const [found] = await admin.query<RowDataPacket[]>(
            "SELECT count(DISTINCT index_name) AS n FROM information_schema.statistics WHERE table_schema = ? AND table_name = ?",
            [name, copiedTable],
          );
          const indexes = Number(found[0]?.n);
          if (indexes === 0) return { rows: 0, indexes };
          const [counted] = await admin.query<RowDataPacket[]>(
            `SELECT count(*) AS n FROM \`${name}\`.${copiedTable}`,
          );
          return { rows: Number(counted[0]?.n), indexes };
        },
        [Symbol.asyncDispose]: async () => void (await admin.query(`DROP DATABASE \`${name}\``)),
      };
    },
    close: () => admin.end(),
  };
  return server;
}

/** A server that runs elsewhere has its file elsewhere. */
function pidIn(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

function sqliteServer(folder: string): Server {
  const server: Server = {
    version: `SQLite ${process.versions.sqlite} (Node's; dbmate has its own)`,
    ddl: (number) => `create table t${number}(id integer primary key, name text)`,
    async filled() {
      const database = await server.create();
      using file = new DatabaseSync(database.url.replace(/^sqlite:/, ""));
      const { create, indexes } = copiedTables.sqlite;
      file.exec(`PRAGMA synchronous = OFF; ${create}; BEGIN`);
      const values = copiedColumns.map(() => "?").join(", ");
      const insert = file.prepare(`INSERT INTO ${copiedTable} VALUES (${values})`);
      for (const row of copiedData()) {
        const [token, ...others] = [row.at(-1)!, ...row.slice(0, -1)];
        insert.run(...others.map((value) => (value === "\\N" ? null : value)), Buffer.from(token, "hex"));
      }
      file.exec(`COMMIT; ${indexes.join("; ")}; ANALYZE`);
      return database;
    },
    // It has no process of its own: what it does is the program's.
    cpuMs: () => 0,
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
        async copied() {
          using database = new DatabaseSync(path, { readOnly: true });
          const count = (sql: string) => Number(database.prepare(sql).get(copiedTable)?.n);
          const indexes = count(
            "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?",
          );
          return {
            rows: count(`SELECT count(*) AS n FROM ${copiedTable} WHERE ? IS NOT NULL`),
            indexes: indexes + 1,
          };
        },
        async [Symbol.asyncDispose]() {
          for (const ending of ["", "-journal", "-wal", "-shm"]) rmSync(path + ending, { force: true });
        },
      };
    },
    close: async () => undefined,
  };
  return server;
}
