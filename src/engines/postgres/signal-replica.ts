import type { Reading, ReplicaLag, Row, Session, SignalQuestions } from "../engine.ts";
import { heartbeatLag } from "../heartbeat-lag.ts";
import type { LagHistory } from "../lag-history.ts";
import { lookedAtAgain } from "../looked-at-again.ts";
import { errors } from "./errors.ts";
import type { SignalServer } from "./signal-server.ts";
import { traits } from "./traits.ts";

export interface ReplicaQuestions extends Pick<
  SignalQuestions,
  "replicas" | "heartbeat" | "expectedReplicas"
> {
  readonly server: SignalServer;
  readonly history: LagHistory;
}

export interface ReplicaContext extends ReplicaQuestions {
  readonly primary: Session;
}

const names = new WeakMap<Session, string>();

/** What a replica's own session says. It says why, where it cannot: a replica that is lost is no lost primary. */
export async function askReplica(replica: Session, context: ReplicaContext): Promise<ReplicaLag> {
  try {
    const [row] = await replica.query(stateQuery);
    const place =
      row?.host === null ? `local port ${String(row.port)}` : `${String(row?.host)}:${String(row?.port)}`;
    names.set(replica, `replica ${place}`);
    return { name: nameOf(replica), lagMs: await lagOf(replica, row ?? {}, context) };
  } catch (error) {
    return { name: nameOf(replica), lagMs: { unknown: errors.classify(error).message } };
  }
}

function nameOf(replica: Session): string {
  return names.get(replica) ?? "replica";
}

const identity = `CASE WHEN has_function_privilege('pg_control_system()', 'execute')
  THEN (SELECT system_identifier::text FROM pg_control_system()) ELSE '' END AS identity`;

const stateQuery = `
  SELECT host(inet_server_addr()) AS host, current_setting('port') AS port, pg_is_in_recovery() AS standby,
    pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::text AS replayed,
    floor(1000 * extract(epoch FROM pg_last_xact_replay_timestamp()))::text AS replayed_at, ${identity}`;

async function lagOf(replica: Session, row: Row, context: ReplicaContext): Promise<Reading<number>> {
  const { primary, heartbeat, history } = context;
  const { position, nowMs } = context.server;
  if (heartbeat !== null) {
    return heartbeatLag({ primary, replica, heartbeat, traits, query: heartbeatQuery });
  }
  if (row.standby !== true) return { unknown: "it is no standby: it was promoted, or never was one" };
  if (row.replayed === null) return { unknown: "it has replayed nothing yet" };
  const replayed = BigInt(String(row.replayed));
  // Compared with what the primary has, not with what came: a standby that receives nothing has replayed it all.
  const [self] = await primary.query(
    `SELECT floor(1000 * extract(epoch FROM clock_timestamp()))::text AS now, ${identity}`,
  );
  if (self?.identity !== "" && row.identity !== "" && self?.identity !== row.identity) {
    return { unknown: "it is a standby of another server" };
  }
  if (replayed >= position) return { value: 0 };
  const { atLeastMs, atMostMs } = history.missing(replayed, nowMs);
  if (atMostMs !== null) {
    // All that was committed before the newest transaction it has is there; the commit's time is the primary's own.
    const sinceCommitMs = row.replayed_at === null ? Infinity : Number(self?.now) - Number(row.replayed_at);
    return { value: Math.round(Math.max(0, Math.min(atMostMs, sinceCommitMs))) };
  }
  return lookedAtAgain(nowMs, atLeastMs, async () => {
    const [again] = await replica.query(stateQuery);
    return again !== undefined && BigInt(String(again.replayed)) >= position;
  });
}

/** Without a zone it is in UTC, whatever the session's is. */
function heartbeatQuery(column: string, table: string): string {
  return `SELECT floor(1000 * extract(epoch FROM CASE WHEN pg_typeof(beat) = 'timestamptz'::regtype THEN beat::text
      ELSE beat::text || '+00' END::timestamptz))::text AS beat,
    floor(1000 * extract(epoch FROM clock_timestamp()))::text AS now FROM (SELECT max(${column}) AS beat FROM ${table}) b`;
}
