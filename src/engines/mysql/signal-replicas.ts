import type { Reading, ReplicaLag, Session, SignalQuestions } from "../engine.ts";
import { reading } from "../reading.ts";
import { errors } from "./errors.ts";
import { logPosition } from "./signal-log-position.ts";
import { unseen } from "./signal-load.ts";
import { askReplica } from "./signal-replica.ts";
import { saysReplica, type SignalServer } from "./signal-server.ts";

/**
 * The replicas that sessions were given for, and those that are registered at the primary, whose lag only they know:
 * one that nobody asks is unknown.
 */
export async function readReplicas(
  session: Session,
  server: SignalServer,
  questions: SignalQuestions,
): Promise<Reading<readonly ReplicaLag[]>> {
  const nowMs = performance.now();
  const position = await logPosition(session, server);
  if (position !== null) server.history.note(position, nowMs);
  const asked = [];
  for (const replica of questions.replicas) {
    asked.push(await askReplica(replica, { ...questions, primary: session, server, position, nowMs }));
  }
  const registered = server.binlog ? await readRegistered(session, server, asked) : { value: [] };
  if ("unknown" in registered) return registered;
  const known = [...asked.map(({ lag }) => lag), ...registered.value];
  const names = new Set(known.map(({ name }) => name));
  const gone = (questions.expectedReplicas ?? [])
    .filter((name) => !names.has(name))
    .map((name) => ({ name, lagMs: { unknown: "it is not connected to the primary any more" } }));
  return { value: [...known, ...gone] };
}

type Asked = Awaited<ReturnType<typeof askReplica>>;

/** Those registered at the primary that were not asked themselves. */
async function readRegistered(
  session: Session,
  server: SignalServer,
  asked: readonly Asked[],
): Promise<Reading<readonly ReplicaLag[]>> {
  const found = await reading(errors, undefined, async () => ({
    value: await session.query(saysReplica(server) ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS"),
  }));
  if ("unknown" in found) return ofConnections(session, server, asked);
  const ids = new Set(asked.map(({ serverId }) => serverId));
  return {
    value: found.value
      .filter((row) => !ids.has(String(row.Server_id ?? row.Server_Id)))
      .map((row) => {
        const id = String(row.Server_id ?? row.Server_Id);
        const host = String(row.Host ?? "");
        return {
          name: `server ${id}${host === "" ? "" : ` (${host}:${String(row.Port)})`}`,
          lagMs: {
            unknown: "only the replica itself knows its lag, and no session on it was given",
            remedy: "name it under guard.replicas",
            withheld: true as const,
          },
        };
      }),
  };
}

/** Without the right to that list: as many sessions as read the log are replicas, or something like one. */
async function ofConnections(
  session: Session,
  server: SignalServer,
  asked: readonly Asked[],
): Promise<Reading<readonly ReplicaLag[]>> {
  const privilege = server.mariaDb ? "REPLICATION MASTER ADMIN" : "REPLICATION SLAVE";
  if (!server.process) {
    return unseen(server, "whether there are replicas");
  }
  return reading<readonly ReplicaLag[]>(errors, undefined, async () => {
    const [row] = await session.query(
      "SELECT COUNT(*) AS readers FROM information_schema.processlist WHERE COMMAND LIKE 'Binlog Dump%'",
    );
    if (Number(row?.readers) <= asked.length) return { value: [] };
    return {
      unknown: `${String(row?.readers)} sessions read the binary log, of which ${asked.length} are asked for their lag`,
      remedy: server.grant(privilege),
      withheld: true,
    };
  });
}
