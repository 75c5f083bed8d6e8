import type { Row, Session } from "../engine.ts";
import { dataSession } from "./data-session.ts";
import { errors } from "./errors.ts";
import { atLeast } from "./server-version.ts";

export interface BinlogPosition {
  /** "binlog.000007:1234", with GTIDs where the server has them. */
  readonly text: string;
  /** The same, with what tells that it is the same server and that the log holds all that is written. */
  readonly token: string;
}

/** Where the server's binary log stands; null where it has none, filters it, or does not tell this user. */
export async function binlogPosition(session: Session): Promise<BinlogPosition | null> {
  const { mariaDb, version } = await dataSession(session);
  const status = await quietly(() =>
    session.query(!mariaDb && atLeast(version, 8, 4) ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS"),
  );
  const [row] = status ?? [];
  const file = String(row?.File ?? "");
  if (row === undefined || file === "") return null;
  const [names] = await session.query(
    mariaDb
      ? "SELECT CONCAT_WS('/', @@hostname, @@port, @@server_id) AS server, @@gtid_binlog_pos AS gtid"
      : "SELECT @@server_uuid AS server, @@global.gtid_executed AS gtid",
  );
  const gtid = String(names?.gtid ?? "").replaceAll(/\s/g, "");
  const text = `${file}:${String(row.Position)}${gtid === "" ? "" : ` ${gtid}`}`;
  // What is not written to the log changes these, of all tables together; MariaDB counts them no more.
  const written = await session.query(
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_rows_inserted', 'Innodb_rows_updated', 'Innodb_rows_deleted')",
  );
  const counts = written.map((line) => `${String(line.Variable_name)}=${String(line.Value)}`).sort();
  return { text, token: isFiltered(row) ? "" : JSON.stringify([String(names?.server), text, ...counts]) };
}

function isFiltered(row: Row): boolean {
  return String(row.Binlog_Do_DB ?? "") !== "" || String(row.Binlog_Ignore_DB ?? "") !== "";
}

async function quietly(ask: () => Promise<Row[]>): Promise<Row[] | null> {
  try {
    return await ask();
  } catch (error) {
    const { kind } = errors.classify(error);
    // ER_NO_BINARY_LOGGING is among "other".
    if (kind === "permission" || (error as { errno?: number }).errno === 1381) return null;
    throw error;
  }
}
