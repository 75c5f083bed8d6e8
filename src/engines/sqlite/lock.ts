import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { LockHolder } from "../../core/event.ts";
import type { LockRole, Session } from "../engine.ts";
import { isBusy, isSqliteError, openDatabase, sqliteError } from "./driver.ts";
import { memory } from "./location.ts";
import { sessionOf, type SqliteSession } from "./session.ts";
import { userName } from "./user-name.ts";

/**
 * The run lock is an open write transaction on a small database beside the database file. It is a lock of the
 * operating system, so it ends with its process, however that ends, and the run's own transactions are free of
 * it. Readers of that file see the holder's row. The file stays for ever: to delete a lock file is to let
 * two processes each lock a file of that name.
 *
 * The row must be committed to be seen, and the transaction that commits it ends the lock for a moment. So the
 * lock counts only once it is taken again and the row is still ours: whoever came between has replaced it.
 */
export const lock: LockRole = { tryAcquire, verify, release, holder, blockers: async () => [] };

export function lockFile(path: string): string {
  return `${path}-godwit-lock`;
}

interface Held {
  readonly database: DatabaseSync | null;
  readonly token: string;
  readonly inode: bigint;
}

const held = new Map<string, Held>();

/** Covers another process's look at the holder, which takes microseconds; a run holds the lock for far longer. */
const busyTimeoutMs = 100;
/** Each round lost means that another process won the lock in between. */
const rounds = 20;

async function tryAcquire(session: Session): Promise<boolean> {
  const own = sessionOf(session);
  if (held.has(own.id)) return verify(session);
  const database = own.path === memory ? null : openLockFile(own.path);
  const token = randomUUID();
  try {
    if (database !== null && !take(database, token, own)) {
      database.close();
      return false;
    }
  } catch (error) {
    database?.close();
    throw explained(error, own.path);
  }
  held.set(own.id, { database, token, inode: inodeOf(own.path) });
  own.onClose.add(() => letGo(own.id));
  return true;
}

function take(database: DatabaseSync, token: string, session: SqliteSession): boolean {
  for (let round = 0; round < rounds; round++) {
    if (!begin(database)) return false;
    database.exec(
      "CREATE TABLE IF NOT EXISTS holder (token TEXT, session TEXT, tag TEXT, user TEXT, host TEXT, since TEXT)",
    );
    database.exec("DELETE FROM holder");
    database
      .prepare("INSERT INTO holder VALUES (?, ?, ?, ?, ?, ?)")
      .run(token, session.id, session.tag, userName(), hostname(), new Date().toISOString());
    try {
      database.exec("COMMIT");
    } catch (error) {
      // A reader stopped in the middle of its look: as good as held.
      if (!isBusy(error)) throw error;
      database.exec("ROLLBACK");
      return false;
    }
    if (!begin(database)) return false;
    if (database.prepare("SELECT token FROM holder").get()?.token === token) return true;
    database.exec("ROLLBACK");
  }
  return false;
}

/** False where another connection has a write transaction. */
function begin(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

async function verify(session: Session): Promise<boolean> {
  const own = sessionOf(session);
  const mine = held.get(own.id);
  if (mine === undefined) return false;
  if (mine.database === null) return true;
  // A lock file that was deleted or replaced no longer keeps anyone out.
  if (mine.inode !== inodeOf(own.path) || !mine.database.isTransaction) return false;
  return mine.database.prepare("SELECT token FROM holder").get()?.token === mine.token;
}

async function release(session: Session): Promise<void> {
  letGo(session.id);
}

function letGo(id: string): void {
  const mine = held.get(id);
  held.delete(id);
  // The close rolls the transaction back, which held nothing but the lock.
  mine?.database?.close();
}

async function holder(session: Session): Promise<LockHolder | null> {
  const { path } = sessionOf(session);
  if (path === memory || !existsSync(lockFile(path))) return null;
  const database = openLockFile(path);
  try {
    if (begin(database)) {
      database.exec("ROLLBACK");
      return null;
    }
    const row = database.prepare("SELECT session, tag, user, host, since FROM holder").get();
    if (row === undefined) return null;
    return {
      sessionId: String(row.session),
      application: String(row.tag),
      user: String(row.user),
      host: String(row.host),
      since: String(row.since),
    };
  } catch (error) {
    // Held, but by someone who has not written the row yet.
    if (isBusy(error) || (isSqliteError(error) && /no such table/.test(error.message))) return null;
    throw explained(error, path);
  } finally {
    database.close();
  }
}

function openLockFile(path: string): DatabaseSync {
  const file = lockFile(path);
  try {
    const fresh = !existsSync(file);
    const database = openDatabase(file, { busyTimeoutMs });
    if (fresh) shareLikeDatabase(path, file);
    return database;
  } catch (error) {
    throw explained(error, path);
  }
}

/** Whoever may write to the database must be able to lock it. */
function shareLikeDatabase(path: string, file: string): void {
  const database = statSync(path, { throwIfNoEntry: false });
  if (database === undefined) return;
  try {
    chmodSync(file, (database.mode & 0o777) | 0o600);
  } catch {
    // Another user has made it at the same moment, and gives it its mode.
  }
}

function inodeOf(path: string): bigint {
  return statSync(lockFile(path), { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
}

function explained(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  const damaged = [11, 26].includes(error.errcode & 0xff) ? "; delete it while no run is going on" : "";
  const message = `the lock file ${basename(lockFile(path))} cannot be used: ${error.message}${damaged}`;
  return Object.assign(sqliteError(error.errcode, message), { cause: error });
}
