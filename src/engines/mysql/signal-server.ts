import type { Session } from "../engine.ts";
import { LagHistory } from "../lag-history.ts";
import { readGrants } from "./grants.ts";
import { account } from "./health-privileges.ts";
import { ignoreRefusal } from "./holder.ts";
import { atLeast, isMariaDb, versionNumber } from "./server-version.ts";

/** What a guard's session knows of its server, and what it remembers from sample to sample. */
export interface SignalServer {
  readonly mariaDb: boolean;
  readonly version: readonly number[];
  readonly performanceSchema: boolean;
  readonly binlog: boolean;
  /** What shows other sessions and their transactions. */
  readonly process: boolean;
  readonly serverId: string;
  readonly folder: string;
  /** The thread of the session, by the operating system's number; null where the server does not tell this user. */
  readonly threadId: number | null;
  readonly history: LagHistory;
  /** Sizes of the binary logs as they were, and all bytes until then. */
  readonly logs: { sizes: ReadonlyMap<string, number>; total: number };
  readonly grant: (privilege: string, on?: string) => string;
}

const known = new WeakMap<Session, SignalServer>();

export async function signalServer(session: Session): Promise<SignalServer> {
  const before = known.get(session);
  if (before !== undefined) return before;
  const [row] = await session.query(
    `SELECT VERSION() AS version, CURRENT_USER() AS \`user\`, @@performance_schema AS ps, @@log_bin AS log,
       @@server_id AS id, @@datadir AS folder`,
  );
  // Privileges on the whole server are those that the session had when it began.
  const grants = readGrants(
    (await session.query("SHOW GRANTS")).map((line) => String(Object.values(line)[0])),
    "",
  );
  const version = String(row?.version);
  const [thread] = await session
    .query(
      isMariaDb(version)
        ? "SELECT TID AS id FROM information_schema.processlist WHERE ID = CONNECTION_ID()"
        : "SELECT THREAD_OS_ID AS id FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID()",
    )
    .catch(ignoreRefusal);
  const server: SignalServer = {
    mariaDb: isMariaDb(version),
    version: versionNumber(version).parts,
    performanceSchema: Number(row?.ps) === 1,
    binlog: Number(row?.log) === 1,
    process: grants.onServer("PROCESS"),
    serverId: String(row?.id),
    folder: String(row?.folder),
    threadId: thread === undefined ? null : Number(thread.id),
    history: new LagHistory(),
    logs: { sizes: new Map(), total: 0 },
    grant: (privilege, on = "*.*") => `GRANT ${privilege} ON ${on} TO ${account(String(row?.user))};`,
  };
  known.set(session, server);
  return server;
}

export const performanceTables = "performance_schema.*";

/** MySQL renamed its statements about replication in 8.0.22. */
export function saysReplica({ mariaDb, version }: SignalServer): boolean {
  const [, , patch = 0] = version;
  return !mariaDb && (atLeast(version, 8, 1) || (atLeast(version, 8, 0) && patch >= 22));
}
