import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "./servers.ts";

export type Program = "godwit" | "dbmate" | "dbmate-npm" | "node-pg-migrate" | "node";

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
  /** Names and texts of the files that make table NUMBER with `sql` and drop it. */
  readonly migration?: (number: number, sql: string) => Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const node = process.execPath;

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
    saysAll: (count) => new RegExp(`\\b${count.toLocaleString("en")} applied\\b|\\b${count} applied\\b`),
    start: () => ({ file: node, args: [join(root, "bin/godwit"), "--version"], env: { GODWIT_DIST: "1" } }),
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
};

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
    env: { GODWIT_DIST: "1", GODWIT_URL: database.url },
  };
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

/** 14 digits that grow with the number: one second further each. */
function timestamp(number: number): string {
  const date = new Date(Date.UTC(2026, 0, 1) + number * 1000);
  return date.toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

function versionOf(packageName: string): string {
  const manifest = readFileSync(join(root, "node_modules", packageName, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
