import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  apply,
  GodwitError,
  type ErrorCode,
  type ProjectOptions,
  type StampedEvent,
  validate,
} from "../../src/index.ts";
import { crashAt } from "../support/crash.ts";
import { makeProject } from "../support/project.ts";
import { ledgerTables } from "../../src/engines/engine.ts";
import { administer, type TargetName, withDatabase } from "../support/servers.ts";

/** A database and a project of its own, used through the library as a program would. */
export interface Scene {
  readonly name: TargetName;
  readonly url: string;
  /** The project's folder; migrations are in `migrations` below it. */
  readonly folder: string;
  readonly options: ProjectOptions;
  readonly events: StampedEvent[];
  /** Writes migrations: file name to text. */
  write(migrations: Readonly<Record<string, string>>): Promise<void>;
  /** SQL by the driver itself, as somebody else's client. */
  sql(text: string): Promise<readonly Row[]>;
  /** Everything in the database, ledger included, as text: equal texts mean that nothing was changed. */
  dump(): Promise<string>;
}

export type Row = Readonly<Record<string, unknown>>;

/** Makes a scene, and takes it away after. */
export async function scene(
  name: TargetName,
  migrations: Readonly<Record<string, string>>,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using project = await makeProject({ "migrations/.gitkeep": "" });
  await withDatabase(name, async (url) => {
    // The tests' role has the name of the ledger's schema, which "$user" would make the place of new tables.
    if (name === "postgres") {
      const database = new URL(url).pathname.slice(1);
      await administer(name, (sql) => sql(`ALTER DATABASE ${database} SET search_path = public`));
    }
    const events: StampedEvent[] = [];
    const own: Scene = {
      name,
      url,
      folder: project.folder,
      options: { cwd: project.folder, env: {}, url, onEvent: (event) => events.push(event) },
      events,
      write: (files) =>
        project.write(
          Object.fromEntries(Object.entries(files).map(([file, text]) => [`migrations/${file}`, text])),
        ),
      sql: (text) => query(name, url, text),
      dump: () => dump(name, url),
    };
    await own.write(migrations);
    await play(own);
  });
}

/** A pair of files for each version: a table made and dropped. */
export function tables(...numbers: readonly number[]): Record<string, string> {
  return Object.fromEntries(
    numbers.flatMap((number) => [
      [`${stem(number)}.up.sql`, `CREATE TABLE t${number} (id int PRIMARY KEY);\n`],
      [`${stem(number)}.down.sql`, `DROP TABLE t${number};\n`],
    ]),
  );
}

/** Name of the n-th migration, without its ending. */
export const stem = (number: number): string => `${version(number)}_t${number}`;
export const version = (number: number): string => `2026010100${String(number).padStart(4, "0")}`;

/** The work must reject with that code and say what to do; gives the error for a closer look. */
export async function refused(work: Promise<unknown>, code: ErrorCode): Promise<GodwitError> {
  const error = await work.then(
    () => assert.fail(`expected ${code}, but it succeeded`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof GodwitError)) throw error;
  assert.equal(error.code, code, `${error.code} ${error.message}`);
  assert.notEqual(error.message, "");
  assert.notEqual(error.hint, "");
  return error;
}

/** Refused, and the database is as it was, ledger and all. */
export async function refusedUnchanged(
  own: Scene,
  work: () => Promise<unknown>,
  code: ErrorCode,
): Promise<GodwitError> {
  const before = await own.dump();
  const error = await refused(work(), code);
  assert.equal(await own.dump(), before, `${error.message}: and yet the database changed`);
  return error;
}

/** Applies, and the history must be sound after it. */
export async function applied(own: Scene, options: Partial<ProjectOptions> = {}): Promise<void> {
  const result = await apply({ ...own.options, ...options });
  assert.notEqual(result.state, "resumable");
  const report = await validate({ ...own.options, ...options });
  assert.deepEqual(
    report.problems.map(({ code, message }) => `${code} ${message}`),
    [],
  );
}

/** `apply` as a process of its own, killed at that passing of a crash point. */
export async function killedAt(own: Scene, point: string, nth: number): Promise<void> {
  await crashAt({ name: point, nth }, ["apply"], { cwd: own.folder, env: { GODWIT_URL: own.url } });
}

/** The ledger table's name as that server has it. */
export function ledgerTable(name: TargetName, table: string): string {
  return name === "postgres" ? `godwit.${table}` : `godwit_${table}`;
}

/** "apply 1", "rollback 2": what the history says, in its order. */
export async function historyOf(own: Scene): Promise<string[]> {
  const rows = await own.sql(
    `SELECT action, version FROM ${ledgerTable(own.name, "migration")} ORDER BY seq`,
  );
  return rows.map(({ action, version: of }) => `${String(action)} ${String(of)}`);
}

export async function tableNames(own: Scene): Promise<string[]> {
  const ledger = new Set(ledgerTables.map((table) => ledgerTable(own.name, table)));
  return (await listTables(own.name, (text) => own.sql(text)))
    .map((table) => table.replaceAll(/["`]/g, ""))
    .filter((table) => !ledger.has(table))
    .map((table) => table.replace(/^public\./, ""))
    .sort();
}

async function query(name: TargetName, url: string, text: string): Promise<readonly Row[]> {
  if (name !== "sqlite") return administer(name, (sql) => sql(text), url);
  const database = new DatabaseSync(url.slice("sqlite:".length), { timeout: 5_000 });
  try {
    const statement = database.prepare(text);
    statement.setReadBigInts(true);
    return statement.all().map((row) => plain(row));
  } finally {
    database.close();
  }
}

/** Whole numbers as text, which JSON can hold whatever their size. */
function plain(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? String(value) : value]),
  );
}

async function dump(name: TargetName, url: string): Promise<string> {
  const read = async (sql: (text: string) => Promise<readonly Row[]>) => {
    const parts: string[] = [];
    for (const table of await listTables(name, sql)) {
      const rows = (await sql(`SELECT * FROM ${table}`)).map((row) => JSON.stringify(row)).sort();
      parts.push(`${table}\n${rows.join("\n")}`);
    }
    return parts.join("\n\n");
  };
  return name === "sqlite"
    ? read((text) => query(name, url, text))
    : administer(name, (sql) => read(sql), url);
}

async function listTables(
  name: TargetName,
  sql: (text: string) => Promise<readonly Row[]>,
): Promise<string[]> {
  const lists = {
    postgres: `SELECT format('%I.%I', schemaname, tablename) AS t FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    sqlite: `SELECT '"' || name || '"' AS t FROM sqlite_schema WHERE type = 'table' ORDER BY 1`,
    mysql: `SELECT concat('\`', table_name, '\`') AS t FROM information_schema.tables
       WHERE table_schema = database() AND table_type = 'BASE TABLE' ORDER BY 1`,
  };
  const list = name === "postgres" || name === "sqlite" ? lists[name] : lists.mysql;
  return (await sql(list)).map(({ t }) => String(t));
}
