import type { Reading, Row, Session, SignalQuestions, Traits } from "./engine.ts";

type Heartbeat = NonNullable<SignalQuestions["heartbeat"]>;

/** Older than this, or so far ahead, the primary's own beat is none. */
const staleMs = 10_000;

export interface HeartbeatOptions {
  readonly primary: Session;
  readonly replica: Session;
  readonly heartbeat: Heartbeat;
  readonly traits: Traits;
  /** A query for the newest beat and the time now, both in milliseconds since 1970, from a quoted column and table. */
  readonly query: (column: string, table: string) => string;
}

/**
 * How much older a replica's newest beat is than the primary's. Both were written by the same clock, so neither the
 * replica's clock nor its zone matters.
 */
export async function heartbeatLag(options: HeartbeatOptions): Promise<Reading<number>> {
  const { primary, replica, heartbeat, traits, query } = options;
  const table = heartbeat.table.split(".").map(traits.quote).join(".");
  const sql = query(traits.quote(heartbeat.column), table);
  const ours = beatOf(await primary.query(sql));
  if (ours === null) return { unknown: `the heartbeat table ${heartbeat.table} is empty on the primary` };
  const ageMs = ours.nowMs - ours.beatMs;
  if (ageMs > staleMs) {
    return {
      unknown: `nobody writes the heartbeat table ${heartbeat.table}: its newest time is ${Math.round(ageMs / 1000)} s old`,
    };
  }
  if (ageMs < -staleMs) {
    return {
      unknown: `the newest time of the heartbeat table ${heartbeat.table} is ${Math.round(-ageMs / 1000)} s ahead of the server's clock: it has to be UTC`,
    };
  }
  const theirs = beatOf(await replica.query(sql));
  if (theirs === null) return { unknown: `the heartbeat table ${heartbeat.table} is empty on the replica` };
  return { value: Math.max(0, ours.beatMs - theirs.beatMs) };
}

function beatOf([row]: readonly Row[]): { readonly beatMs: number; readonly nowMs: number } | null {
  if (row === undefined || row.beat === null) return null;
  return { beatMs: Number(row.beat), nowMs: Number(row.now) };
}
