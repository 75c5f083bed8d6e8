import type { Session, SignalName, SignalQuestions, Signals, SignalsRole } from "../engine.ts";
import { readLatencies } from "./signal-latencies.ts";
import { readActiveQueries, readOldestTransaction } from "./signal-load.ts";
import { readLockWaiters } from "./signal-lock-waiters.ts";
import { readReplicas } from "./signal-replicas.ts";
import { signalServer } from "./signal-server.ts";
import { readDisk, readErrors, readLogBytes } from "./signal-storage.ts";

export const signals: SignalsRole = { sample };

async function sample(session: Session, questions: SignalQuestions): Promise<Signals> {
  const server = await signalServer(session);
  const disk = await readDisk(session, server);
  const product = server.mariaDb ? "MariaDB" : "MySQL";
  const absent: Partial<Record<SignalName, string>> = {
    archiveQueue: `${product} archives no log`,
    ...(server.binlog ? {} : { logBytes: "the binary log is off" }),
    ...(disk === null
      ? {
          disk: server.mariaDb
            ? "the server is not seen to run here, and the plugin disks is not installed, or needs the privilege FILE"
            : "MySQL does not tell how full its disk is, and the server is not seen to run here",
        }
      : {}),
  };
  return {
    replicas: await readReplicas(session, server, questions),
    lockWaiters: await readLockWaiters(session, server, questions.ownSessions),
    activeQueries: await readActiveQueries(session, server, questions.ownSessions),
    oldestTransactionMs: await readOldestTransaction(session, server, questions.ownSessions),
    latencies: await readLatencies(session, server, questions.queries),
    ...(server.binlog ? { logBytes: await readLogBytes(session, server) } : {}),
    ...(disk === null ? {} : { disk: { value: disk } }),
    errors: await readErrors(session, server),
    absent,
  };
}
