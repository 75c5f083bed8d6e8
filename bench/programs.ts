import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copiedColumns, copiedTable } from "./copy-data.ts";
import { copiedTables, digestStatement, loadDataColumns } from "./copy-tables.ts";
import type { Database } from "./servers.ts";

export type Program =
  | "godwit"
  | "dbmate"
  | "dbmate-npm"
  | "node-pg-migrate"
  | "node"
  | "pgloader"
  | "pgcopydb"
  | "pipe"
  | "pg_dump"
  | "plain"
  | "plain-mappings"
  | "digest-postgres"
  | "digest-mariadb";

/** What has to be run: executable, arguments, and the variables it needs beyond a small, clean environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How one program is told to do each thing. */
export interface ProgramSpec {
  /** As it stands in the report. */
  readonly title: string;
  readonly version: string;
  readonly apply?: (database: Database, folder: string) => Command;
  readonly status?: (database: Database, folder: string) => Command;
  /** Matches the output of `status` when all COUNT migrations are applied. */
  readonly saysAll?: (count: number) => RegExp;
  readonly start?: () => Command;
  /** Copies the source into the target, which is empty; the folder is for what it keeps beside. */
  readonly copy?: (source: Database, target: Database, folder: string) => Command;
  readonly verify?: (source: Database, target: Database) => Command;
  /** Runs the batches of batches.ts; the folder has them as migrations. */
  readonly batches?: (database: Database, folder: string) => Command;
  /** A mapping database into the other format. */
  readonly mappings?: (input: string, output: string) => Command;
  /** Into a file that is not there yet. */
  readonly backup?: (source: Database, file: string) => Command;
  /** Of that file, into an empty database. */
  readonly restore?: (target: Database, file: string) => Command;
  /** Names and texts of the files that make table NUMBER with `sql` and drop it. */
  readonly migration?: (number: number, sql: string) => Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const node = process.execPath;
const missing = "not installed";

// The npm package's own way to its binary is a Node process that starts it; measured apart, as dbmate-npm.
const dbmateBinary = globSync("node_modules/@dbmate/*/bin/dbmate*", { cwd: root })[0] ?? "missing";
const dbmateWrapper = join(root, "node_modules/dbmate/dist/cli.js");
const dbmateNative: ProgramSpec = {
  title: "dbmate, native binary",
  version: versionOf("dbmate"),
  apply: (database, folder) => dbmate(join(root, dbmateBinary), [], database, folder, "migrate"),
  status: (database, folder) => dbmate(join(root, dbmateBinary), [], database, folder, "status"),
  saysAll: (count) => new RegExp(`^Applied: ${count}\\nPending: 0$`, "m"),
  migration: (number, sql) => ({
    // dbmate refuses files without the way back, so all programs are given one.
    [`${timestamp(number)}_t${number}.sql`]: `-- migrate:up\n${sql};\n\n-- migrate:down\ndrop table t${number};\n`,
  }),
};

export const programs: Readonly<Record<Program, ProgramSpec>> = {
  godwit: {
    title: "godwit",
    version: (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version,
    apply: (database, folder) => godwit(["apply"], database, folder),
    status: (database, folder) => godwit(["status"], database, folder),
    batches: (database, folder) => godwit(["apply"], database, folder),
    saysAll: (count) => new RegExp(`\\b${count.toLocaleString("en")} applied\\b|\\b${count} applied\\b`),
    start: () => ({
      file: node,
      args: [join(root, "bin/godwit"), "--version"],
      env: { GODWIT_DIST: "dist" },
    }),
    copy: (source, target) => godwitBetween("copy", source, target),
    verify: (source, target) => godwitBetween("verify", source, target),
    mappings: (input, output) => script("bench/convert-mappings.ts", input, output),
    backup: ({ url }, file) => ({
      file: node,
      args: [join(root, "bin/godwit"), "backup", "create", "--output", file],
      env: { GODWIT_DIST: "dist", GODWIT_URL: url },
    }),
    restore: ({ url }, file) => ({
      file: node,
      args: [
        join(root, "bin/godwit"),
        "backup",
        "restore",
        file,
        "--confirm",
        new URL(url).pathname.slice(1),
      ],
      env: { GODWIT_DIST: "dist", GODWIT_URL: url },
    }),
    migration: (number, sql) => ({
      [`${timestamp(number)}_t${number}.up.sql`]: `${sql};\n`,
      [`${timestamp(number)}_t${number}.down.sql`]: `drop table t${number};\n`,
    }),
  },
  dbmate: dbmateNative,
  "dbmate-npm": {
    ...dbmateNative,
    title: "dbmate, through its npm wrapper",
    apply: (database, folder) => dbmate(node, [dbmateWrapper], database, folder, "migrate"),
    status: (database, folder) => dbmate(node, [dbmateWrapper], database, folder, "status"),
  },
  "node-pg-migrate": {
    title: "node-pg-migrate",
    version: versionOf("node-pg-migrate"),
    apply: (database, folder) => ({
      file: node,
      args: [
        join(root, "node_modules/node-pg-migrate/bin/node-pg-migrate.js"),
        "up",
        "--no-single-transaction",
        "--migrations-dir",
        folder,
      ],
      env: { DATABASE_URL: database.url },
    }),
    // It knows an order by milliseconds in 13 digits, and only warns about other forms.
    migration: (number, sql) => ({
      [`${1_767_225_600_000 + number}_t${number}.sql`]: `-- Up Migration\n${sql};\n\n-- Down Migration\ndrop table t${number};\n`,
    }),
  },
  node: {
    title: "node -e 0",
    version: process.version,
    start: () => ({ file: node, args: ["-e", "0"], env: {} }),
  },
  plain: {
    title: "the same statements by node-postgres",
    version: versionOf("pg"),
    batches: ({ url }) => ({
      file: node,
      args: [join(root, "bench/plain-batches.ts")],
      env: { DATABASE_URL: url },
    }),
  },
  "plain-mappings": {
    title: "JSON and @msgpack/msgpack, the whole file at once",
    version: versionOf("@msgpack/msgpack"),
    mappings: (input, output) => script("bench/plain-mappings.ts", input, output),
  },
  pgloader: {
    title: "pgloader",
    version: installedVersion("pgloader", ["--version"]),
    copy: (source, target) => ({
      file: "pgloader",
      args: [source.url.replace(/^sqlite:/, "sqlite://"), target.url],
      env: {},
    }),
  },
  pgcopydb: {
    title: "pgcopydb clone",
    version: installedVersion("pgcopydb", ["--version"]),
    copy: (source, target, folder) => ({
      file: "pgcopydb",
      args: [
        "clone",
        "--source",
        source.url,
        "--target",
        target.url,
        "--dir",
        mkdtempSync(join(folder, "pgcopydb-")),
      ],
      env: {},
    }),
  },
  pipe: {
    title: "psql COPY TO STDOUT into mariadb LOAD DATA",
    version: installedVersion("mariadb", ["--version"]),
    copy: (source, target) => {
      const { create, indexes } = copiedTables.mariadb;
      const load = `LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE ${copiedTable} CHARACTER SET utf8mb4 ${loadDataColumns}`;
      const mariadb = (sql: string) =>
        `mariadb ${mariadbArgs(target).map(quoted).join(" ")} -e ${quoted(sql)}`;
      const read = `psql -qX ${quoted(source.url)} -c ${quoted(`COPY ${copiedTable} (${copiedColumns.join(", ")}) TO STDOUT`)}`;
      const script = [mariadb(create), `${read} | ${mariadb(load)}`, ...indexes.map(mariadb)].join(" && ");
      return { file: "bash", args: ["-o", "pipefail", "-c", script], env: mariadbEnv(target) };
    },
  },
  pg_dump: {
    title: `pg_dump -Fc -Z ${dumpCompression()}, pg_restore`,
    version: installedVersion("pg_dump", ["--version"]),
    backup: ({ url }, file) => ({
      file: "pg_dump",
      args: ["-Fc", "-Z", dumpCompression(), "-f", file, "--exclude-schema=godwit", url],
      env: {},
    }),
    restore: ({ url }, file) => ({ file: "pg_restore", args: ["-d", url, file], env: {} }),
  },
  "digest-postgres": {
    title: "one statement on PostgreSQL",
    version: installedVersion("psql", ["--version"]),
    verify: (...databases) => {
      const database = databases.find(({ url }) => url.startsWith("postgres"))!;
      return {
        file: "psql",
        args: ["-qXAt", "-F", " ", database.url, "-c", digestStatement("postgres")],
        env: {},
      };
    },
  },
  "digest-mariadb": {
    title: "one statement on MariaDB",
    version: installedVersion("mariadb", ["--version"]),
    verify: (...databases) => {
      const database = databases.find(({ url }) => url.startsWith("mysql"))!;
      return {
        file: "mariadb",
        args: [...mariadbArgs(database), "-N", "-e", digestStatement("mariadb")],
        env: mariadbEnv(database),
      };
    },
  },
};

/** Whether a program can be run at all; those of Debian's packages need not be there. */
export function isInstalled(program: Program): boolean {
  return programs[program].version !== missing;
}

/** Writes COUNT one-table migrations in the program's own format; the folder. */
export function writeMigrations(
  program: Program,
  parent: string,
  sql: (number: number) => string,
  count: number,
): string {
  const folder = join(parent, program);
  const { migration } = programs[program];
  if (migration === undefined) throw new Error(`${program} has no migrations`);
  mkdirSync(folder, { recursive: true });
  for (let number = 1; number <= count; number++) {
    for (const [name, text] of Object.entries(migration(number, sql(number)))) {
      writeFileSync(join(folder, name), text);
    }
  }
  return folder;
}

function godwit(args: readonly string[], database: Database, folder: string): Command {
  return {
    file: node,
    args: [join(root, "bin/godwit"), ...args, "--migrations", folder],
    env: { GODWIT_DIST: "dist", GODWIT_URL: database.url },
  };
}

function script(path: string, ...args: readonly string[]): Command {
  return { file: node, args: [join(root, path), ...args], env: {} };
}

function dbmate(
  file: string,
  before: readonly string[],
  database: Database,
  folder: string,
  verb: "migrate" | "status",
): Command {
  return {
    file,
    args: [...before, "--no-dump-schema", "--migrations-dir", folder, verb],
    env: { DATABASE_URL: database.dbmateUrl },
  };
}

function godwitBetween(verb: "copy" | "verify", source: Database, target: Database): Command {
  return {
    file: node,
    args: [join(root, "bin/godwit"), verb, source.url, target.url],
    env: { GODWIT_DIST: "dist" },
  };
}

function mariadbArgs({ url }: Database): string[] {
  const { hostname, port, username, pathname } = new URL(url);
  const address = ["-h", hostname, "-P", port || "3306", "-u", decodeURIComponent(username)];
  return [
    "--no-defaults",
    "--local-infile",
    "--default-character-set=utf8mb4",
    ...address,
    pathname.slice(1),
  ];
}

function mariadbEnv({ url }: Database): Record<string, string> {
  return { MYSQL_PWD: decodeURIComponent(new URL(url).password) };
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The first thing in what a program says of itself that looks like a version. */
function installedVersion(file: string, args: readonly string[]): string {
  const { error, stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
  if (error !== undefined) return missing;
  return (
    /\d+\.\d+(?:[.-]\d+)*/.exec(`${stdout}${stderr}`.replace(/^.*?(?=version|Ver)/s, ""))?.[0] ?? "unknown"
  );
}

/** The fastest compression that is built in: zstd from version 16 on, where the package has it. */
function dumpCompression(): string {
  const { stdout = "" } = spawnSync("pg_dump", ["--version"], { encoding: "utf8" });
  return Number(/\) (\d+)/.exec(stdout ?? "")?.[1] ?? 0) >= 16 ? "zstd:1" : "1";
}

/** 14 digits that grow with the number: one second further each. */
function timestamp(number: number): string {
  const date = new Date(Date.UTC(2026, 0, 1) + number * 1000);
  return date.toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

function versionOf(packageName: string): string {
  const manifest = readFileSync(join(root, "node_modules", packageName, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
