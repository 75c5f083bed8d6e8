import assert from "node:assert/strict";
import { loadEngine } from "../../src/engines/registry.ts";
import { makeProject, type Project } from "../support/project.ts";
import { administer, targets, type TargetName, type TestTarget } from "../support/servers.ts";
import { DatabaseSync } from "node:sqlite";
import { asker } from "./evidence.ts";
import { withOwnDatabase } from "./own-database.ts";

/** Both ends of a copy, whose engines have the roles of the data path. */
export interface Pairing {
  readonly source: TestTarget;
  readonly target: TestTarget;
  readonly title: string;
  readonly skip: string | false;
}

const wanted: readonly (readonly [TargetName, TargetName])[] = [
  ["sqlite", "postgres"],
  ["postgres", "postgres"],
  ["postgres", "sqlite"],
  ["mariadb", "postgres"],
  ["postgres", "mariadb"],
  ["mysql", "mysql"],
];

export const pairings: readonly Pairing[] = await Promise.all(wanted.map(pairing));

async function pairing([from, to]: readonly [TargetName, TargetName]): Promise<Pairing> {
  const [source, target] = [from, to].map((name) => targets.find((each) => each.name === name)) as [
    TestTarget,
    TestTarget,
  ];
  const [reads, writes] = [await loadEngine(source.engine), await loadEngine(target.engine)];
  const lacks =
    reads.read === undefined
      ? `${from} cannot be copied from yet`
      : writes.write === undefined
        ? `${to} cannot be copied to yet`
        : false;
  return { source, target, title: `${from} → ${to}`, skip: source.skip || target.skip || lacks };
}

/** Rows of each table; at 4 KB a chunk some chunks each. */
const rows = 120;

/** Two tables that refer to one another, one without a key, and an empty one. */
export function statements(name: TargetName): string[] {
  const mysql = name === "mariadb" || name === "mysql";
  const [text, bytes, time] = mysql
    ? ["varchar(200)", "varbinary(100)", "datetime"]
    : name === "postgres"
      ? ["text", "bytea", "timestamp"]
      : ["text", "blob", "timestamp"];
  const binary = (hex: string) => (name === "postgres" ? `'\\x${hex}'` : `x'${hex}'`);
  const list = (make: (n: number) => string) =>
    Array.from({ length: rows }, (_, n) => make(n + 1)).join(", ");
  return [
    `CREATE TABLE customer (id integer NOT NULL PRIMARY KEY, name ${text} NOT NULL, note ${text}, data ${bytes})`,
    `CREATE TABLE purchase (id integer NOT NULL PRIMARY KEY, customer integer NOT NULL REFERENCES customer (id), amount decimal(12,2), placed_at ${time})`,
    `CREATE INDEX purchase_customer ON purchase (customer)`,
    `CREATE TABLE log (message ${text}, level integer)`,
    `CREATE TABLE vacant (id integer NOT NULL PRIMARY KEY)`,
    `INSERT INTO customer VALUES ${list((n) => `(${n}, 'name ${n} ${"é".repeat(n % 40)}', ${n % 3 === 0 ? "NULL" : `'tab\tand ${n}${"x".repeat(60)}'`}, ${binary(n.toString(16).padStart(8, "0").repeat(8))})`)}`,
    `INSERT INTO purchase VALUES ${list((n) => `(${n * 2}, ${(n % rows) + 1}, ${n}.${String(n % 100).padStart(2, "0")}, '2026-01-01 10:${String(n % 60).padStart(2, "0")}:00')`)}`,
    `INSERT INTO log VALUES ${list((n) => `('message ${n % 7} ${"y".repeat(100)}', ${n % 5})`)}`,
    ...(name === "postgres" ? ["ANALYZE"] : mysql ? ["ANALYZE TABLE customer, purchase, log"] : []),
  ];
}

/** Runs statements one after another in the database, without the project's engines. */
export async function runSql(name: TargetName, url: string, sql: readonly string[]): Promise<void> {
  if (name === "sqlite") {
    const database = new DatabaseSync(url.slice("sqlite:".length));
    try {
      for (const each of sql) database.exec(each);
    } finally {
      database.close();
    }
    return;
  }
  await administer(
    name,
    async (run) => {
      for (const each of sql) await run(each);
    },
    url,
  );
}

/** The rows as texts of one spelling, as each server itself writes them: sorted, so doubled rows show. */
export async function contents(name: TargetName, url: string): Promise<Record<string, string[]>> {
  const ask = asker(name, url);
  const hex = (column: string) =>
    name === "postgres"
      ? `encode(${column}, 'hex')`
      : `CASE WHEN ${column} IS NOT NULL THEN lower(hex(${column})) END`;
  const text = (value: string) =>
    name === "postgres" ? `${value}::text` : name === "sqlite" ? value : `CAST(${value} AS char)`;
  // A type that keeps fractions of a second shows them, even where there are none.
  const time = (column: string) =>
    name === "postgres" || name === "sqlite" ? text(column) : `DATE_FORMAT(${column}, '%Y-%m-%d %H:%i:%s')`;
  const amount = name === "sqlite" ? "printf('%.2f', amount)" : text("amount");
  const queries = {
    customer: `SELECT id, name, note, ${hex("data")} AS data FROM customer`,
    purchase: `SELECT id, customer, ${amount} AS amount, ${time("placed_at")} AS placed_at FROM purchase`,
    log: "SELECT message, level FROM log",
    vacant: "SELECT id FROM vacant",
  };
  const found: Record<string, string[]> = {};
  for (const [table, query] of Object.entries(queries)) {
    found[table] = (await ask(query)).map((row) => JSON.stringify(Object.values(row).map(plain))).sort();
  }
  return found;
}

function plain(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** A source with rows, and an empty target; both of their own. */
export async function withBoth<T>(
  { source, target }: Pairing,
  use: (scene: Scene) => Promise<T>,
  prepare: (name: TargetName) => readonly string[] = statements,
): Promise<T> {
  await using project = await makeProject({});
  return await withOwnDatabase(source.name, async (from) => {
    await runSql(source.name, from, prepare(source.name));
    return withOwnDatabase(target.name, (to) => use({ from, to, project, args: copyArgs(from, to) }));
  });
}

export interface Scene {
  readonly from: string;
  readonly to: string;
  readonly project: Project;
  readonly args: readonly string[];
}

export function copyArgs(from: string, to: string, ...more: readonly string[]): string[] {
  return ["copy", from, to, "--json", "--chunk-size", "4KB", ...more];
}

/** Both sides hold the same by an independent reading, and the ledger says that every chunk is done, once. */
export async function assertCopied(
  { source, target }: Pairing,
  { from, to }: Pick<Scene, "from" | "to">,
): Promise<void> {
  assert.deepEqual(await contents(target.name, to), await contents(source.name, from));
  const chunk = target.name === "postgres" ? "godwit.chunk" : "godwit_chunk";
  const open = await asker(target.name, to)(`SELECT * FROM ${chunk} WHERE state <> 'done'`);
  assert.deepEqual(open, [], "a chunk is not done");
}
