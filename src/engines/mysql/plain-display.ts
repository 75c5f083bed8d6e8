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
  if (isPlain(row)) return work(surroundings);
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
