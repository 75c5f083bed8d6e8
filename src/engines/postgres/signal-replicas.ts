import type { Reading, ReplicaLag, Row, Session } from "../engine.ts";
import type { LagHistory } from "../lag-history.ts";
import { lookedAtAgain } from "../looked-at-again.ts";
import { reading } from "../reading.ts";
import { errors } from "./errors.ts";
import { askReplica, type ReplicaQuestions } from "./signal-replica.ts";
import { statsGrant, unseen } from "./signal-load.ts";
import type { SignalServer } from "./signal-server.ts";

/**
 * The standbys of a primary: as it sees them, as their own sessions say, and those that should be there and are not.
 * Subscribers of logical replication are left out: what they confirm says when they wrote it down, not what they show.
 */
export function readReplicas(
  session: Session,
  questions: ReplicaQuestions,
): Promise<Reading<readonly ReplicaLag[]>> {
  const { server, history, expectedReplicas = [] } = questions;
  const { role, position, nowMs } = server;
  return reading<readonly ReplicaLag[]>(errors, statsGrant(role), async () => {
    history.note(position, nowMs);
    const found = await session.query(`${standbys} ${emptySlots}`);
    const rows = found.filter(({ slot }) => slot === null);
    const slots = found.filter(({ slot }) => slot !== null);
    if (rows.some(({ state }) => state === null)) {
      return unseen(role, "the server's replicas");
    }
    const seen: ReplicaLag[] = [];
    for (const row of rows) {
      // pg_receivewal and its kin keep the log and replay nothing.
      if (row.state === "streaming" && row.replayed === null) continue;
      seen.push({ name: nameOf(row), lagMs: await lagOf(session, row, { position, nowMs, history }) });
    }
    const asked: ReplicaLag[] = [];
    for (const replica of questions.replicas) {
      asked.push(await askReplica(replica, { ...questions, primary: session }));
    }
    const known = [...seen, ...asked];
    const there = new Set([...known.map(({ name }) => name), ...rows.map((row) => String(row.application))]);
    const absent = expectedReplicas
      .filter((name) => !there.has(name))
      .map((name) => gone(name, "it is not connected to the primary any more"));
    return { value: [...known, ...absent, ...demanded(server, slots, there)] };
  });
}

const standbys = `
  SELECT r.pid::text AS pid, r.application_name AS application, coalesce(host(r.client_addr), 'local') AS host, r.state,
    pg_wal_lsn_diff(r.replay_lsn, '0/0')::text AS replayed,
    floor(1000 * extract(epoch FROM r.replay_lag))::text AS lag, NULL AS slot, NULL AS literal
    FROM pg_stat_replication r
   WHERE r.state IS DISTINCT FROM 'backup'
     AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')`;

/** Asked after the standbys: one that ends lets its slot go before it leaves the list, so it is in one of the two. */
const emptySlots = `
  UNION ALL
  SELECT NULL, NULL, NULL, NULL, NULL, NULL, slot_name::text, quote_literal(slot_name) FROM pg_replication_slots
   WHERE slot_type = 'physical' AND NOT active AND NOT temporary AND restart_lsn IS NOT NULL
   ORDER BY application, host, pid, slot`;

function nameOf(row: Row): string {
  return `${String(row.application)} (${String(row.host)})`;
}

async function lagOf(
  session: Session,
  row: Row,
  { position, nowMs, history }: { position: bigint; nowMs: number; history: LagHistory },
): Promise<Reading<number>> {
  if (row.replayed === null) return { unknown: `the standby is in the state ${String(row.state)}` };
  const replayed = BigInt(String(row.replayed));
  if (replayed >= position) return { value: 0 };
  const { atLeastMs, atMostMs } = history.missing(replayed, nowMs);
  // The server's own figure stays as it was when a standby falls silent; and it is NULL on one that is idle.
  if (row.lag !== null) return { value: Math.max(Number(row.lag), Math.round(atLeastMs)) };
  if (atMostMs !== null) return { value: Math.round(atMostMs) };
  return lookedAtAgain(nowMs, atLeastMs, async () => {
    const again = (await session.query(standbys)).find(({ pid }) => pid === row.pid);
    return again !== undefined && again.replayed !== null && BigInt(String(again.replayed)) >= position;
  });
}

function gone(name: string, unknown: string, remedy?: string): ReplicaLag {
  return { name, lagMs: { unknown, ...(remedy === undefined ? {} : { remedy }) } };
}

/** Standbys that a slot keeps log for, or that commits may wait for, and that are not there. */
function demanded(server: SignalServer, slots: readonly Row[], there: ReadonlySet<string>): ReplicaLag[] {
  const present = new Set([...there].map((name) => name.toLowerCase()));
  return [
    ...slots.map(({ slot, literal }) =>
      gone(
        `slot ${String(slot)}`,
        "nobody reads this replication slot: its standby is gone",
        `SELECT pg_drop_replication_slot(${String(literal)}); -- if that standby is not to come back`,
      ),
    ),
    ...synchronousNames(server.synchronousNames)
      .filter((name) => !present.has(name.toLowerCase()))
      .map((name) => gone(name, "synchronous_standby_names has it, and it is not connected")),
  ];
}

/** The names in a list such as `FIRST 2 (a, "b c", *)`; the star is anybody. */
export function synchronousNames(setting: string): string[] {
  const list = /\(([^]*)\)/.exec(setting)?.[1] ?? setting;
  return [...list.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "")
    .filter((name) => name !== "" && name !== "*");
}
