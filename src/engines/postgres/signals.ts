import type { Session, SignalName, SignalQuestions, Signals, SignalsRole } from "../engine.ts";
import { LagHistory } from "../lag-history.ts";
import { readLatencies } from "./signal-latencies.ts";
import { readActivity, readLockWaiters } from "./signal-load.ts";
import { readReplicas } from "./signal-replicas.ts";
import { signalServer } from "./signal-server.ts";
import { readArchiveQueue, readDisk } from "./signal-storage.ts";

export const signals: SignalsRole = { sample };

const histories = new WeakMap<Session, LagHistory>();

async function sample(session: Session, questions: SignalQuestions): Promise<Signals> {
  const history = histories.get(session) ?? new LagHistory();
  histories.set(session, history);
  const server = await signalServer(session);
  const { role } = server;
  const disk = await readDisk(server);
  const absent: Partial<Record<SignalName, string>> = {
    ...(server.archives ? {} : { archiveQueue: "the server archives no log (archive_mode is off)" }),
    ...(disk === null
      ? { disk: "PostgreSQL does not tell how full its disk is, and the server is not seen to run here" }
      : {}),
  };
  return {
    replicas: await readReplicas(session, { ...questions, server, history }),
    lockWaiters: await readLockWaiters(session, role, questions.ownSessions),
    ...(await readActivity(session, role, questions.ownSessions)),
    latencies: await readLatencies(session, role, questions.queries),
    logBytes: { value: Number(server.position) },
    ...(server.archives ? { archiveQueue: await readArchiveQueue(session, role) } : {}),
    ...(disk === null ? {} : { disk }),
    // Transactions of this database that were rolled back, whoever wanted that, and all.
    errors: { value: { failed: server.rolledBack, total: server.transactions } },
    absent,
  };
}
