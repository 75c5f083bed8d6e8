import type { Session } from "../engine.ts";
import { isMariaDb, versionNumber } from "./server-version.ts";
import { MysqlSession } from "./session.ts";

export interface DataSession {
  readonly session: MysqlSession;
  readonly mariaDb: boolean;
  readonly version: readonly number[];
  /** No text that a function makes may be longer: it becomes NULL, with a warning at most. */
  readonly maxAllowedPacket: number;
  /** Whether the server takes LOAD DATA LOCAL. */
  readonly localInfile: boolean;
}

/**
 * What decides how values are written and read, whatever the server's configuration says. A limit such as
 * sql_select_limit can be set for all sessions of a server, and would cut a table off without a word; the network
 * timeouts are 60 s and 30 s, too short where the other side of a copy builds an index meanwhile.
 */
const settings: readonly string[] = [
  // Invalid dates that the source has must reach a target that can hold them; anything else is refused.
  "sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES'",
  "time_zone = '+00:00'",
  "character_set_client = utf8mb4",
  "character_set_connection = utf8mb4",
  "character_set_results = utf8mb4",
  "sql_select_limit = 18446744073709551615",
  "sql_big_selects = 1",
  "sql_auto_is_null = 0",
  "sql_safe_updates = 0",
  "sql_notes = 1",
  "net_write_timeout = 31536000",
  "net_read_timeout = 31536000",
  "wait_timeout = 86400",
];

const known = new WeakMap<Session, Omit<DataSession, "session">>();

/** Sets a session up for moving rows; again at each call, because `reset` and the user's statements undo it. */
export async function dataSession(session: Session): Promise<DataSession> {
  if (!(session instanceof MysqlSession)) throw new TypeError("not a session of this engine");
  // As a query, because MySQL warns of a strict mode that lets zero dates in, each time.
  await session.query(`SET ${settings.map((one) => `SESSION ${one}`).join(", ")}`);
  let facts = known.get(session);
  if (facts === undefined) {
    const [row] = await session.query(
      "SELECT VERSION() AS version, @@max_allowed_packet AS maxPacket, @@local_infile AS localLoad",
    );
    const version = String(row?.version);
    facts = {
      mariaDb: isMariaDb(version),
      version: versionNumber(version).parts,
      maxAllowedPacket: Number(row?.maxPacket),
      localInfile: Number(row?.localLoad) === 1,
    };
    known.set(session, facts);
  }
  return { session, ...facts };
}
