import { sha256 } from "../../core/canonical.ts";
import type { LockHolder } from "../../core/event.ts";
import { ignoreRefusal, sessionHolder } from "./holder.ts";
import type { LockRole, Session } from "../engine.ts";
import { blockers } from "./blockers.ts";
import { claim } from "./host-places.ts";

/**
 * A named lock of the server (GET_LOCK), which dies with its session. Locks belong to the whole server, so the
 * name holds the database's.
 */
export const lock: LockRole = { tryAcquire, verify, release, holder, enlist, enlisted, claim, end, blockers };

const longestName = 64;

/**
 * In lower case: lock names and, on some systems, database names ignore case. Two databases that differ in case
 * only then share a lock, which costs no more than waiting.
 */
export function lockName(database: string): string {
  const name = `godwit:${database.toLowerCase()}`;
  const plain = /^[\x20-\x7e]*$/.test(name) && name.length <= longestName;
  return plain ? name : `godwit:${sha256(database.toLowerCase()).slice(0, 40)}`;
}

const names = new WeakMap<Session, string>();

async function nameOf(session: Session): Promise<string> {
  const known = names.get(session);
  if (known !== undefined) return known;
  const [row] = await session.query("SELECT DATABASE() AS name");
  const name = lockName(String(row?.name ?? ""));
  names.set(session, name);
  return name;
}

async function tryAcquire(session: Session): Promise<boolean> {
  const name = await nameOf(session);
  // GET_LOCK counts: taken twice, it would have to be released twice.
  const [row] = await session.query(
    "SELECT IF(COALESCE(IS_USED_LOCK(?) = CONNECTION_ID(), 0), 1, GET_LOCK(?, 0)) AS got",
    [name, name],
  );
  if (row?.got === null || row?.got === undefined) throw new Error("the server could not take the run lock");
  return Number(row.got) === 1;
}

async function verify(session: Session): Promise<boolean> {
  // Compared with the id of the login: a proxy that lends its connections answers with another one.
  const [row] = await session.query("SELECT IS_USED_LOCK(?) AS holder, CONNECTION_ID() AS self", [
    await nameOf(session),
  ]);
  return String(row?.holder) === session.id && String(row?.self) === session.id;
}

async function release(session: Session): Promise<void> {
  // With its places on the server.
  await session.query("SELECT RELEASE_ALL_LOCKS() AS released");
}

async function holder(session: Session): Promise<LockHolder | null> {
  const [row] = await session.query("SELECT IS_USED_LOCK(?) AS id", [await nameOf(session)]);
  if (row?.id === null || row?.id === undefined) return null;
  return sessionHolder(session, String(row.id));
}

/** The server's named locks are exclusive, so each marked session takes one of these. */
const mostEnlisted = 64;

async function crewNames(session: Session): Promise<string[]> {
  const [row] = await session.query("SELECT DATABASE() AS name");
  const base = sha256(String(row?.name ?? "").toLowerCase()).slice(0, 40);
  return Array.from({ length: mostEnlisted }, (_, n) => `godwit:${base}:${n}`);
}

async function enlist(session: Session): Promise<void> {
  for (const name of await crewNames(session)) {
    const [row] = await session.query("SELECT GET_LOCK(?, 0) AS got", [name]);
    if (Number(row?.got) === 1) return;
  }
  throw new Error(`more than ${mostEnlisted} sessions of runs are at work in this database`);
}

async function enlisted(session: Session): Promise<LockHolder | null> {
  const all = await crewNames(session);
  const asked = all.map(() => "IS_USED_LOCK(?)").join(", ");
  const [row] = await session.query(`SELECT COALESCE(${asked}) AS id`, all);
  return row?.id === null || row?.id === undefined ? null : sessionHolder(session, String(row.id));
}

/** Connections are numbered, and no number is used twice. */
async function end(session: Session, sessionId: string): Promise<void> {
  await session.query(`KILL ${Number(sessionId)}`).catch(ignoreRefusal);
}
