import type { Reading, Session, Signals } from "../engine.ts";
import { type DiskUse, localDisk } from "../local-disk.ts";
import { reading } from "../reading.ts";
import { errors } from "./errors.ts";
import { ignoreRefusal } from "./holder.ts";
import type { SignalServer } from "./signal-server.ts";

/** MariaDB counts the bytes. MySQL tells how long its logs are: what they grew by is added up, whatever is purged. */
export function readLogBytes(session: Session, server: SignalServer): Promise<Reading<number>> {
  const { mariaDb, grant, logs } = server;
  return reading(errors, grant("REPLICATION CLIENT"), async () => {
    if (mariaDb) {
      const [row] = await session.query("SHOW GLOBAL STATUS LIKE 'Binlog_bytes_written'");
      return { value: Number(row?.Value) };
    }
    const sizes = new Map<string, number>();
    for (const row of await session.query("SHOW BINARY LOGS")) {
      const [name, size] = [String(row.Log_name), Number(row.File_size)];
      sizes.set(name, size);
      logs.total += Math.max(0, size - (logs.sizes.get(name) ?? 0));
    }
    logs.sizes = sizes;
    return { value: logs.total };
  });
}

/** Null where the server is not seen to run on this machine and does not tell. */
export async function readDisk(session: Session, server: SignalServer): Promise<DiskUse | null> {
  const { folder, threadId } = server;
  const isServer = (line: string) => /mysqld|mariadbd/.test(line);
  const here = threadId === null ? null : await localDisk({ id: threadId, isServer }, folder);
  if (here !== null || !server.mariaDb) return here;
  // The plugin disks, in KiB. Without it the table is unknown; without the privilege FILE it is empty.
  const disks = await session
    .query("SELECT Path AS path, Used AS used, Available AS available FROM information_schema.DISKS")
    .catch(ignoreRefusal);
  const [disk] = disks
    .filter(({ path }) => folder.startsWith(String(path)))
    .toSorted((a, b) => String(b.path).length - String(a.path).length);
  if (disk === undefined) return null;
  const usedBytes = 1024 * Number(disk.used);
  return { usedBytes, totalBytes: usedBytes + 1024 * Number(disk.available) };
}

/**
 * Statements that ended with an error, where the server keeps statistics of statements that the user may see. Without them, what its
 * counters show: transactions rolled back, deadlocks, statements ended at their time limit and clients that went away.
 */
export async function readErrors(
  session: Session,
  server: SignalServer,
): Promise<NonNullable<Signals["errors"]>> {
  if (server.performanceSchema) {
    const found = await reading(errors, undefined, () => ofStatements(session));
    if ("value" in found) return found;
  }
  return reading(errors, undefined, async () => {
    const rows = await session.query(
      `SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', ${failures.map((name) => `'${name}'`).join(", ")})`,
    );
    const count = new Map(rows.map((row) => [String(row.Variable_name), Number(row.Value)]));
    const failed = failures.reduce((sum, name) => sum + (count.get(name) ?? 0), 0);
    return { value: { failed, total: count.get("Questions") ?? 0 } };
  });
}

async function ofStatements(session: Session): Promise<NonNullable<Signals["errors"]>> {
  const [row] = await session.query(
    `SELECT SUM(SUM_ERRORS) AS failed, SUM(COUNT_STAR) AS total
       FROM performance_schema.events_statements_summary_global_by_event_name`,
  );
  return { value: { failed: Number(row?.failed ?? 0), total: Number(row?.total ?? 0) } };
}

const failures = ["Com_rollback", "Innodb_deadlocks", "Max_statement_time_exceeded", "Aborted_clients"];
