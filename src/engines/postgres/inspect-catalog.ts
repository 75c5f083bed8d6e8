import type { Session } from "../engine.ts";
import type { PostgresSession } from "./connect.ts";

/**
 * Runs `read` in one read-only snapshot whose settings make the server print every name and constant in one way
 * only: names qualified, times in UTC, floats exact. The settings are local to the transaction, so the caller's
 * are as before. Inside a transaction of the caller's, such as the snapshot of a copy, that is the one that is read, and
 * it stays open.
 *
 * The `pg_get_…` functions look at the newest catalogue, not at the snapshot: a concurrent DROP can make them fail.
 */
export async function readCatalog<T>(session: Session, read: () => Promise<T>): Promise<T> {
  const [begin, end] = (session as Partial<PostgresSession>).isInTransaction === true ? inside : alone;
  await begin(session);
  let result: T;
  try {
    await session.query(`SELECT ${settings.map(([k, v]) => `set_config('${k}', '${v}', true)`).join(", ")}`);
    result = await read();
  } catch (error) {
    // The first failure is the cause; after a lost connection the rollback fails as well and says less.
    await end(session).catch(() => undefined);
    throw error;
  }
  await end(session);
  return result;
}

type Bracket = readonly [
  begin: (session: Session) => Promise<unknown>,
  end: (session: Session) => Promise<unknown>,
];

const alone: Bracket = [
  async (session) => {
    await session.begin();
    await session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  },
  (session) => session.rollback(),
];

/** The settings go with the savepoint; the locks that were taken before it stay. */
const inside: Bracket = [
  (session) => session.execute("SAVEPOINT godwit_catalog"),
  (session) => session.execute("ROLLBACK TO SAVEPOINT godwit_catalog; RELEASE SAVEPOINT godwit_catalog"),
];

const settings = [
  // pg_temp last, or a temporary table could stand in for a catalogue.
  ["search_path", "pg_catalog, pg_temp"],
  ["quote_all_identifiers", "off"],
  ["DateStyle", "ISO, YMD"],
  ["IntervalStyle", "postgres"],
  ["TimeZone", "UTC"],
  ["extra_float_digits", "1"],
  ["bytea_output", "hex"],
  ["lc_monetary", "C"],
  // Catalogue joins look expensive to the planner; compiling them takes longer than running them.
  ["jit", "off"],
] as const;

/**
 * The rows of a catalogue query. They travel as JSON text, so that arrays, booleans and names are the same whatever
 * type parsers the driver has. Columns of 64 bits must be cast to text by the query; `T` is what the query names.
 */
export async function rows<T>(session: Session, sql: string): Promise<T[]> {
  const found = await session.query(`SELECT to_json(q)::text AS json FROM (${sql}) AS q`);
  return found.map((row) => JSON.parse(String(row["json"])) as T);
}

/** 150018, 180004, … */
export async function serverVersion(session: Session): Promise<number> {
  const [row] = await rows<{ version: string }>(
    session,
    "SELECT current_setting('server_version_num') AS version",
  );
  return Number(row?.version ?? 0);
}

/** Condition: the schema is a user's; the ledger's own is not. */
export const userSchema = (alias: string): string =>
  `(${alias}.nspname !~ '^pg_' AND ${alias}.nspname NOT IN ('information_schema', 'godwit'))`;

/** Condition: the object was not made by an extension. */
export const notOfExtension = (catalogue: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend e
     WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** Groups rows by one of their columns, keeping their order. */
export function groupBy<T>(list: readonly T[], key: (row: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of list) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}
