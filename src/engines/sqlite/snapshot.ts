import type { DatabaseSync } from "node:sqlite";
import type { Snapshot, SnapshotRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { openDatabase, sqliteError } from "./driver.ts";
import { fileState } from "./file-state.ts";
import { memory } from "./location.ts";
import { sessionOf } from "./session.ts";

/** A writer that commits several times a millisecond is not waited for. */
const attempts = 50;
const firstPauseMs = 2;

/**
 * A read transaction on each session. Without a write-ahead log the first one keeps every writer from committing;
 * with one a writer may commit between two of them, which an onlooker's data_version tells: then all begin anew.
 */
export const snapshot: SnapshotRole = { align, unchangedSince };

async function align(sessions: readonly Session[]): Promise<Snapshot> {
  const paths = new Set(sessions.map((session) => sessionOf(session).path));
  const [path] = paths;
  if (path === undefined) return { position: "", token: "", weakness: null };
  if (path === memory || paths.size > 1) {
    for (const session of sessions) await beginRead(session);
    const weakness =
      sessions.length === 1
        ? null
        : path === memory
          ? "each session on :memory: has a database of its own; use one session"
          : "the sessions are on different files";
    return { position: "", token: "", weakness };
  }
  // One alone is consistent in itself, but its token has to belong to it.
  for (let attempt = 0; attempt < attempts; attempt++) {
    const onlooker = openOnlooker(path);
    try {
      const before = onlooker === null ? null : await version(sessions[0]!, onlooker);
      for (const session of sessions) await beginRead(session);
      const state = fileState(path);
      if (onlooker === null || (await version(sessions[0]!, onlooker)) === before) {
        return { ...state, weakness: null };
      }
    } finally {
      onlooker?.close();
    }
    for (const session of sessions) await session.rollback();
    await new Promise((resolve) => setTimeout(resolve, firstPauseMs + attempt));
  }
  throw sqliteError(5, "other processes commit so often that the sessions never see the same state");
}

async function unchangedSince(session: Session, token: string): Promise<boolean> {
  const { path } = sessionOf(session);
  if (token === "" || path === memory) return false;
  const onlooker = openOnlooker(path);
  if (onlooker === null) return false;
  try {
    const before = await version(session, onlooker);
    const same = fileState(path).token === token;
    return same && (await version(session, onlooker)) === before;
  } catch {
    // In doubt it has changed.
    return false;
  } finally {
    onlooker.close();
  }
}

/** SQLite has no read-only transactions; this one becomes a writing one only if somebody writes in it. */
async function beginRead(session: Session): Promise<void> {
  await session.execute("BEGIN");
  // A transaction sees the state at its first read.
  await session.query("SELECT 1 FROM main.sqlite_schema LIMIT 1");
}

/** Null where there is no file yet, so nothing that could change between two reads. */
function openOnlooker(path: string): DatabaseSync | null {
  return fileState(path).token === "" ? null : openDatabase(path, { readOnly: true, busyTimeoutMs: 0 });
}

/** Changes with each commit of any other connection; it also settles what a killed writer has left behind. */
async function version(session: Session, onlooker: DatabaseSync): Promise<unknown> {
  return sessionOf(session).patiently(() => {
    onlooker.prepare("SELECT 1 FROM main.sqlite_schema LIMIT 1").get();
    return onlooker.prepare("PRAGMA main.data_version").get()!.data_version;
  });
}
