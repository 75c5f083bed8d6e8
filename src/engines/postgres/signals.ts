import type { Session, SignalName, SignalQuestions, Signals, SignalsRole } from "../engine.ts";
import { LagHistory } from "../lag-history.ts";
import { readLatencies } from "./signal-latencies.ts";
import { readActiveQueries, readLockWaiters, readOldestTransaction } from "./signal-load.ts";
import { readReplicas } from "./signal-replicas.ts";
import { readArchiveQueue, readDisk, readErrors, readLogBytes } from "./signal-storage.ts";

export const signals: SignalsRole = { sample };

const histories = new WeakMap<Session, LagHistory>();

async function sample(session: Session, questions: SignalQuestions): Promise<Signals> {
  const history = histories.get(session) ?? new LagHistory();
  histories.set(session, history);
  const [row] = await session.query(
    "SELECT quote_ident(current_user) AS role, current_setting('archive_mode') AS archive",
  );
  const role = String(row?.role);
  const disk = await readDisk(session, role);
  const absent: Partial<Record<SignalName, string>> = {
    ...(row?.archive === "off" ? { archiveQueue: "the server archives no log (archive_mode is off)" } : {}),
    ...(disk === null
      ? { disk: "PostgreSQL does not tell how full its disk is, and the server is not seen to run here" }
      : {}),
  };
  return {
    replicas: await readReplicas(session, { ...questions, role, history }),
    lockWaiters: await readLockWaiters(session, role, questions.ownSessions),
    activeQueries: await readActiveQueries(session, role, questions.ownSessions),
    oldestTransactionMs: await readOldestTransaction(session, role, questions.ownSessions),
    latencies: await readLatencies(session, role, questions.queries),
    logBytes: await readLogBytes(session),
    ...(row?.archive === "off" ? {} : { archiveQueue: await readArchiveQueue(session, role) }),
    ...(disk === null ? {} : { disk }),
    errors: await readErrors(session),
    absent,
  };
}
