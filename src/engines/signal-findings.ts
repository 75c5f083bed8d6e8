import type {
  Finding,
  QueryLatency,
  Reading,
  ReplicaLag,
  Session,
  SignalName,
  SignalsRole,
} from "./engine.ts";

/** The query stands for any: whether the server has statistics of statements. */
const asked = {
  ownSessions: [],
  queries: [{ name: "any", like: "godwit doctor" }],
  heartbeat: null,
  replicas: [],
};

const titles: Readonly<Record<SignalName, string>> = {
  replicas: "lag",
  lockWaiters: "lock waiters",
  activeQueries: "active queries",
  oldestTransactionMs: "oldest transaction",
  latencies: "latency",
  logBytes: "log rate",
  archiveQueue: "archive queue",
  disk: "disk",
  errors: "errors",
};

/** Which signals this server gives to a guard, which this user may not see, and which there are none of. */
export async function signalFindings(session: Session, signals: SignalsRole): Promise<Finding[]> {
  const { absent, ...sample } = await signals.sample(session, asked);
  const known: string[] = [];
  const findings: Finding[] = [];
  for (const name of Object.keys(titles) as SignalName[]) {
    const reading: Reading<unknown> | undefined = sample[name];
    const check = `signal: ${titles[name]}`;
    if (reading === undefined) {
      findings.push({
        check,
        status: "ok",
        message: `not to be had here: ${absent[name] ?? "unknown to this engine"}`,
      });
    } else if ("unknown" in reading) findings.push(unknownFinding(check, reading));
    else if (name === "replicas") {
      const late = (reading.value as readonly ReplicaLag[]).filter(({ lagMs }) => "unknown" in lagMs);
      for (const { name: replica, lagMs } of late) {
        if ("unknown" in lagMs)
          findings.push(unknownFinding(check, { ...lagMs, unknown: `${replica}: ${lagMs.unknown}` }));
      }
      if (late.length === 0) known.push(titles[name]);
    } else if (name === "latencies") {
      const [any] = reading.value as readonly QueryLatency[];
      if (any?.unknown === undefined) known.push(titles[name]);
      else findings.push({ check, status: "ok", message: `of a query with a probe only: ${any.unknown}` });
    } else known.push(titles[name]);
  }
  const message = `a guard can watch: ${known.join(", ")}`;
  return [{ check: "signals", status: "ok", message }, ...findings];
}

function unknownFinding(check: string, { unknown, remedy }: { unknown: string; remedy?: string }): Finding {
  const message = `cannot be watched: ${unknown}`;
  return { check, status: "warning", message, ...(remedy === undefined ? {} : { remedy }) };
}
