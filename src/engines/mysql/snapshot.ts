import type { Snapshot, SnapshotRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { binlogPosition, type BinlogPosition } from "./binlog-position.ts";
import { dataSession } from "./data-session.ts";
import { errors } from "./errors.ts";

export const snapshot: SnapshotRole = { align, unchangedSince };

/** How often sessions without a lock are begun anew, until all report one place in the binary log. */
const attempts = 5;
/** While the lock is waited for behind a long statement, all writers of the server wait too. */
const [lockAttempts, lockWaitSeconds] = [3, 2];
const tablesNamed = 10;

/**
 * All sessions begin their transaction at one place of the binary log. MariaDB tells each its own place exactly, so
 * that on a quiet server no lock is needed. MySQL does not, and writes to the log before it commits: there, and on a
 * busy server, FLUSH TABLES WITH READ LOCK keeps every writer waiting for some milliseconds. `weakness` tells where
 * the privilege is missing, or the lock was not granted soon.
 */
async function align(sessions: readonly Session[]): Promise<Snapshot> {
  const [first] = sessions;
  if (first === undefined) throw new TypeError("a snapshot of no session");
  for (const session of sessions) {
    await dataSession(session);
    await session.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  }
  const { position, weakness } = await begun(first, sessions);
  const others = await tablesWithoutSnapshot(first);
  const weaknesses = [
    ...(weakness === null ? [] : [weakness]),
    ...(others.length === 0
      ? []
      : [`tables without transactions are read as they are at the time: ${others.join(", ")}`]),
  ];
  return {
    position: position?.text ?? "",
    token: position?.token ?? "",
    weakness: weaknesses.length === 0 ? null : weaknesses.join("; "),
  };
}

interface Begun {
  readonly position: BinlogPosition | null;
  readonly weakness: string | null;
}

async function begun(first: Session, sessions: readonly Session[]): Promise<Begun> {
  const { mariaDb } = await dataSession(first);
  if (mariaDb) {
    const quiet = await beginAtOnePlace(sessions);
    if (quiet !== null) return { position: quiet, weakness: null };
  }
  const refused = await lockOut(first);
  try {
    for (const session of sessions) await beginOn(session);
    const position = await binlogPosition(first);
    if (refused === null) return { position, weakness: null };
    // Without the lock, what is in the log may not be in the snapshot yet: the place is no proof of what is.
    return {
      position: position === null ? null : { ...position, token: "" },
      weakness: sessions.length === 1 ? null : `the sessions may see different states: ${refused}`,
    };
  } finally {
    if (refused === null) await first.execute("UNLOCK TABLES");
  }
}

/** On MariaDB; null where the sessions did not come to one place, or there is no binary log. */
async function beginAtOnePlace(sessions: readonly Session[]): Promise<BinlogPosition | null> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = await binlogPosition(sessions[0]!);
    const places = new Set<string>();
    for (const session of sessions) {
      await beginOn(session);
      places.add(await ownPlace(session));
    }
    // With a place of its own, nothing that is in the log until there is missing.
    const [place] = places;
    if (before !== null && places.size === 1 && place !== "" && before.text.split(" ")[0] === place)
      return before;
    await endAll(sessions);
    if (before === null) return null;
  }
  return null;
}

/** Where the session's snapshot stands in the binary log, as MariaDB tells it. */
async function ownPlace(session: Session): Promise<string> {
  const rows = await session.query("SHOW STATUS LIKE 'binlog_snapshot_%'");
  const value = (name: string) =>
    String(rows.find((row) => String(row.Variable_name).toLowerCase() === name)?.Value ?? "");
  const file = value("binlog_snapshot_file");
  return file === "" ? "" : `${file}:${value("binlog_snapshot_position")}`;
}

async function endAll(sessions: readonly Session[]): Promise<void> {
  for (const session of sessions) await session.rollback();
}

export async function beginOn(session: Session): Promise<void> {
  await session.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

/** Null when the lock is held, or why not. */
async function lockOut(session: Session): Promise<string | null> {
  const [before] = await session.query("SELECT @@lock_wait_timeout AS seconds");
  await session.execute(`SET SESSION lock_wait_timeout = ${lockWaitSeconds}`);
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await session.execute("FLUSH TABLES WITH READ LOCK");
        return null;
      } catch (error) {
        const { kind, message } = errors.classify(error);
        const isLate = kind === "lock-timeout" || kind === "statement-timeout";
        if (kind !== "permission" && !isLate) throw error;
        if (!isLate || attempt === lockAttempts) return message;
      }
    }
  } finally {
    await session.execute(`SET SESSION lock_wait_timeout = ${String(before?.seconds)}`).catch(() => {});
  }
}

async function tablesWithoutSnapshot(session: Session): Promise<string[]> {
  const rows = await session.query(
    `SELECT TABLE_NAME AS name, ENGINE AS engine FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
        AND ENGINE NOT IN ('InnoDB', 'ROCKSDB') ORDER BY TABLE_NAME LIMIT ${tablesNamed}`,
  );
  return rows.map((row) => `${String(row.name)} (${String(row.engine)})`);
}

async function unchangedSince(session: Session, token: string): Promise<boolean> {
  if (token === "") return false;
  const now = await binlogPosition(session);
  return now !== null && now.token === token;
}
