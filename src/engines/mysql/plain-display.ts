import type { Row, Session } from "../engine.ts";
import { isMariaDb, versionNumber } from "./server-version.ts";

export interface Surroundings {
  readonly database: string;
  readonly mariaDb: boolean;
  readonly version: readonly number[];
}

/**
 * SHOW CREATE and the catalogue print by the session's settings: quotes by sql_mode, TIMESTAMP defaults by time
 * zone. Two texts that are compared may come from sessions in which a migration set them differently, so they
 * are read under one set of settings, and the migration's are put back.
 */
export async function withPlainDisplay<T>(
  session: Session,
  work: (surroundings: Surroundings) => Promise<T>,
): Promise<T> {
  const known = plainSessions.get(session);
  if (known !== undefined) return quietly(session, () => work(known));
  const [row] = await session.query(
    `SELECT DATABASE() AS \`database\`, VERSION() AS version, @@sql_mode AS sql_mode, @@time_zone AS time_zone,
       @@sql_quote_show_create AS sql_quote_show_create, @@character_set_results AS character_set_results`,
  );
  if (row === undefined) throw new Error("the server gave no settings");
  const surroundings = {
    database: String(row.database ?? ""),
    mariaDb: isMariaDb(String(row.version)),
    version: versionNumber(String(row.version)).parts,
  };
  if (isPlain(row)) {
    plainSessions.set(session, surroundings);
    return quietly(session, () => work(surroundings));
  }
  await session.execute(
    `SET SESSION sql_mode = '', SESSION time_zone = '+00:00', SESSION sql_quote_show_create = 1,
      SESSION character_set_results = utf8mb4`,
  );
  try {
    return await work(surroundings);
  } finally {
    await session.execute(
      `SET SESSION sql_mode = '${text(row.sql_mode)}', SESSION time_zone = '${text(row.time_zone)}',
        SESSION sql_quote_show_create = ${Number(row.sql_quote_show_create)},
        SESSION character_set_results = ${row.character_set_results === null ? "NULL" : text(row.character_set_results)}`,
    );
  }
}

/** Sessions whose settings were found plain, until something runs that could change them. */
const plainSessions = new WeakMap<Session, Surroundings>();

/** Sessions that are being asked by the engine itself, which changes no settings. */
const asking = new WeakSet<Session>();

async function quietly<T>(session: Session, work: () => Promise<T>): Promise<T> {
  asking.add(session);
  try {
    return await work();
  } finally {
    asking.delete(session);
  }
}

/** Statements that leave the session's settings as they are: no code of the user's runs in them. */
const inert =
  /^\s*(create\s+(table|index|unique\s+index)|alter\s+table|drop\s+(table|index)|rename\s+table|start\s+transaction|begin\s+not\s+atomic|commit|rollback)\b/i;

/** To be told of each statement that may be the user's. */
export function noticeStatement(session: Session, sql: string): void {
  if (asking.has(session)) return;
  if (!inert.test(sql) || /\bselect\b/i.test(sql)) plainSessions.delete(session);
}

function isPlain(row: Row): boolean {
  return (
    !/ANSI|ORACLE|MSSQL|DB2|MAXDB|POSTGRESQL|NO_\w+_OPTIONS|NO_BACKSLASH|EMPTY_STRING/.test(
      String(row.sql_mode),
    ) &&
    row.time_zone === "+00:00" &&
    Number(row.sql_quote_show_create) === 1 &&
    row.character_set_results === "utf8mb4"
  );
}

/** Settings come from the server and hold names only; anything else would be a fault. */
function text(value: unknown): string {
  const setting = String(value);
  if (/['\\]/.test(setting)) throw new Error(`unexpected session setting: ${setting}`);
  return setting;
}
