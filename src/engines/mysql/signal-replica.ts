import type { Reading, ReplicaLag, Row, Session, SignalQuestions } from "../engine.ts";
import { heartbeatLag } from "../heartbeat-lag.ts";
import { lookedAtAgain } from "../looked-at-again.ts";
import { errors } from "./errors.ts";
import { positionOf } from "./signal-log-position.ts";
import { saysReplica, type SignalServer, signalServer } from "./signal-server.ts";
import { traits } from "./traits.ts";

export interface ReplicaContext extends Pick<SignalQuestions, "heartbeat"> {
  readonly primary: Session;
  /** What is known of the primary. */
  readonly server: SignalServer;
  /** Where the primary's log stood, and when that was; null where it does not tell. */
  readonly position: bigint | null;
  readonly nowMs: number;
}

interface Place {
  readonly serverId: string;
  readonly name: string;
}

const places = new WeakMap<Session, Place>();

/** What a replica's own session says. It says why, where it cannot: a replica that is lost is no lost primary. */
export async function askReplica(
  replica: Session,
  context: ReplicaContext,
): Promise<{ readonly serverId: string; readonly lag: ReplicaLag }> {
  try {
    if (!places.has(replica)) {
      const [row] = await replica.query("SELECT @@server_id AS id, @@hostname AS host, @@port AS port");
      const serverId = String(row?.id);
      places.set(replica, {
        serverId,
        name: `replica ${String(row?.host)}:${String(row?.port)} (server ${serverId})`,
      });
    }
    return {
      ...placeOf(replica),
      lag: { name: placeOf(replica).name, lagMs: await lagOf(replica, context) },
    };
  } catch (error) {
    const { serverId, name } = placeOf(replica);
    return { serverId, lag: { name, lagMs: { unknown: errors.classify(error).message } } };
  }
}

function placeOf(replica: Session): Place {
  return places.get(replica) ?? { serverId: "", name: "replica" };
}

async function lagOf(replica: Session, context: ReplicaContext): Promise<Reading<number>> {
  const { primary, heartbeat } = context;
  if (heartbeat !== null) {
    return heartbeatLag({ primary, replica, heartbeat, traits, query: heartbeatQuery });
  }
  const self = await signalServer(replica);
  const ask = async () => {
    const found = await replica.query(
      self.mariaDb
        ? "SHOW ALL SLAVES STATUS"
        : saysReplica(self)
          ? "SHOW REPLICA STATUS"
          : "SHOW SLAVE STATUS",
    );
    const rows = found.map(inOldWords);
    // A server can replicate from several: that from this primary counts, or all where it is a step in between.
    const direct = rows.filter((row) => String(row.Master_Server_Id) === context.server.serverId);
    return { rows: direct.length > 0 ? direct : rows, isDirect: direct.length > 0 };
  };
  let answer: Awaited<ReturnType<typeof ask>>;
  try {
    answer = await ask();
  } catch (error) {
    const { kind, message } = errors.classify(error);
    if (kind !== "permission") throw error;
    return { unknown: message, remedy: self.grant(self.mariaDb ? "SLAVE MONITOR" : "REPLICATION CLIENT") };
  }
  const { rows, isDirect } = answer;
  if (rows.length === 0)
    return { unknown: "it replicates from nobody: it was promoted, or never was a replica" };
  let worst = 0;
  for (const row of rows) {
    const stopped = whyStopped(row);
    if (stopped !== null) return { unknown: stopped };
    const seconds = row.Seconds_Behind_Master;
    if (seconds === null || seconds === undefined) return { unknown: "it does not know how late it is" };
    const lag = isDirect
      ? await boundedLag(row, Number(seconds), context, async () => (await ask()).rows)
      : { value: 1_000 * Number(seconds) };
    if ("unknown" in lag) return lag;
    worst = Math.max(worst, lag.value);
  }
  return { value: worst };
}

/** MySQL 8.0.22 and later say source and replica. */
function inOldWords(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replaceAll("Source", "Master").replace("Replica_", "Slave_"),
      value,
    ]),
  );
}

function whyStopped(row: Row): string | null {
  for (const [thread, running, problem] of [
    ["receives the log", row.Slave_IO_Running, row.Last_IO_Error],
    ["applies it", row.Slave_SQL_Running, row.Last_SQL_Error],
  ]) {
    if (running === "Yes") continue;
    const state = running === "Connecting" ? "is trying to connect" : "is stopped";
    return `the thread that ${String(thread)} ${state}${problem ? `: ${String(problem)}` : ""}`;
  }
  return null;
}

/**
 * What the replica says is in whole seconds, and counts what has reached it only: where it stands in the primary's
 * log tells how late it is at least and at most.
 */
async function boundedLag(
  row: Row,
  seconds: number,
  { server, position, nowMs }: ReplicaContext,
  again: () => Promise<readonly Row[]>,
): Promise<Reading<number>> {
  const saidMs = 1_000 * seconds;
  const applied = appliedOf(row);
  if (position === null || applied === null) return { value: saidMs };
  if (applied >= position) return { value: 0 };
  const { atLeastMs, atMostMs } = server.history.missing(applied, nowMs);
  if (atMostMs !== null)
    return { value: Math.round(Math.min(Math.max(saidMs, atLeastMs), Math.max(atLeastMs, atMostMs))) };
  if (saidMs > 0) return { value: Math.round(Math.max(saidMs, atLeastMs)) };
  return lookedAtAgain(nowMs, atLeastMs, async () =>
    (await again()).some((each) => (appliedOf(each) ?? -1n) >= position),
  );
}

function appliedOf(row: Row): bigint | null {
  return positionOf(String(row.Relay_Master_Log_File), String(row.Exec_Master_Log_Pos));
}

/** The sessions' zone is UTC. */
function heartbeatQuery(column: string, table: string): string {
  return `SELECT ROUND(1000 * UNIX_TIMESTAMP(MAX(${column}))) AS beat, ROUND(1000 * UNIX_TIMESTAMP(NOW(3))) AS now FROM ${table}`;
}
