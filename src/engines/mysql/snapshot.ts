import type { Snapshot, SnapshotRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { binlogPosition, type BinlogPosition } from "./binlog-position.ts";
import { dataSession } from "./data-session.ts";
import { errors } from "./errors.ts";

export const snapshot: SnapshotRole = { align, unchangedSince };

/** How often sessions without a lock are begun anew, until nothing was written between the first and the last. */
const attempts = 10;
const tablesNamed = 10;

/**
 * All sessions begin their transaction while FLUSH TABLES WITH READ LOCK keeps every writer waiting, for some
 * milliseconds. Without the privilege, or where the lock is not granted in time, they are begun without it, and the
 * binary log tells whether something was written between the first and the last.
 */
async function align(sessions: readonly Session[]): Promise<Snapshot> {
  const [first] = sessions;
  if (first === undefined) throw new TypeError("a snapshot of no session");
  for (const session of sessions) {
    await dataSession(session);
    await session.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  }
  const refused = sessions.length === 1 ? null : await lockOut(first);
  const weaknesses: string[] = [];
  let position: BinlogPosition | null;
  if (sessions.length > 1 && refused === null) {
    try {
      for (const session of sessions) await beginOn(session);
      position = await binlogPosition(first);
    } finally {
      await first.execute("UNLOCK TABLES");
    }
  } else {
    const optimistic = await beginWithoutLock(sessions);
    position = optimistic.position;
    if (!optimistic.aligned && sessions.length > 1) {
      weaknesses.push(
        `the sessions may see different states: ${refused ?? "no lock"}, and the binary log does not tell whether something was written meanwhile`,
      );
    }
  }
  const others = await tablesWithoutSnapshot(first);
  if (others.length > 0)
    weaknesses.push(`tables without transactions are read as they are at the time: ${others.join(", ")}`);
  return {
    position: position?.text ?? "",
    token: position?.token ?? "",
    weakness: weaknesses.length === 0 ? null : weaknesses.join("; "),
  };
}

async function beginOn(session: Session): Promise<void> {
  await session.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

/** Null when the lock is held, or why not. */
async function lockOut(session: Session): Promise<string | null> {
  try {
    await session.execute("FLUSH TABLES WITH READ LOCK");
    return null;
  } catch (error) {
    const { kind, message } = errors.classify(error);
    if (kind === "permission" || kind === "lock-timeout" || kind === "statement-timeout") return message;
    throw error;
  }
}

async function beginWithoutLock(
  sessions: readonly Session[],
): Promise<{ aligned: boolean; position: BinlogPosition | null }> {
  const [first] = sessions as readonly [Session];
  for (let attempt = 1; ; attempt += 1) {
    const before = await binlogPosition(first);
    for (const session of sessions) await beginOn(session);
    const after = await binlogPosition(first);
    const aligned = before !== null && before.token !== "" && before.token === after?.token;
    // Of two positions the earlier: what was written meanwhile then counts as a change.
    if (aligned || before === null || attempt === attempts) return { aligned, position: before };
    for (const session of sessions) await session.rollback();
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
