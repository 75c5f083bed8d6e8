import type { LockHolder } from "../../core/event.ts";
import type { HostLimits, Session } from "../engine.ts";
import { sessionHolder } from "./holder.ts";

/**
 * Named locks belong to the whole server, so each place is one: who gets none of the names finds the server full. Not
 * with the colon of the run locks, whose names hold a database's. Only runs that have a limit take places.
 */
const placeNames = (of: "schema" | "worker", count: number) =>
  Array.from({ length: count }, (_, n) => `godwit ${of} place ${n}`);

/** A run writes with one session until it has workers, and its first worker takes that one's place. */
export async function claim(
  session: Session,
  as: "run" | "worker",
  { workers, schemas }: HostLimits,
): Promise<readonly LockHolder[] | null> {
  if (as === "run" && schemas !== null) {
    const holders = await take(session, placeNames("schema", schemas));
    if (holders !== null) return holders;
  }
  return workers === null ? null : take(session, placeNames("worker", workers));
}

/** The first one that is free; the branches of CASE are tried in their order, and no further than that. */
async function take(session: Session, names: readonly string[]): Promise<readonly LockHolder[] | null> {
  const branches = names.map((_, n) => `WHEN GET_LOCK(?, 0) = 1 THEN ${n}`).join(" ");
  const [row] = await session.query(`SELECT CASE ${branches} END AS place`, [...names]);
  if (row?.place !== null) return null;
  const [held] = await session.query(`SELECT ${names.map((_, n) => `IS_USED_LOCK(?) AS h${n}`).join(", ")}`, [
    ...names,
  ]);
  const ids = new Set(Object.values(held ?? {}).flatMap((id) => (id === null ? [] : [String(id)])));
  return Promise.all([...ids].filter((id) => id !== session.id).map((id) => sessionHolder(session, id)));
}
