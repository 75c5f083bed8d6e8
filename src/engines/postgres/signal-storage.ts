import type { Reading, Session, Signals } from "../engine.ts";
import { localDisk } from "../local-disk.ts";
import { reading } from "../reading.ts";
import { errors } from "./errors.ts";
import type { SignalServer } from "./signal-server.ts";

/** Counted in the folder of marks where the role may look there; else told from what was archived last. */
export function readArchiveQueue(session: Session, role: string): Promise<Reading<number>> {
  const remedy = `GRANT pg_monitor TO ${role};`;
  return reading(errors, remedy, async () => {
    const [may] = await session.query(
      "SELECT has_function_privilege('pg_ls_archive_statusdir()', 'execute') AS may, pg_is_in_recovery() AS standby",
    );
    if (may?.may === true) {
      const [row] = await session.query(
        "SELECT count(*)::int AS ready FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'",
      );
      return { value: Number(row?.ready) };
    }
    if (may?.standby === true)
      return { unknown: "the role may not see what a standby archives", remedy, withheld: true };
    // At the end of a segment the current one has no file yet, so it is told from the position and not by its name.
    const [row] = await session.query(
      `SELECT last_archived_wal AS archived, left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline,
         div(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), pg_size_bytes(current_setting('wal_segment_size')))::text AS current,
         pg_size_bytes(current_setting('wal_segment_size'))::text AS size FROM pg_stat_archiver`,
    );
    const archived = segment(String(row?.archived ?? ""), Number(row?.size));
    if (archived === null || archived.timeline !== row?.timeline) {
      return { unknown: "nothing was archived yet that the role may see", remedy, withheld: true };
    }
    return { value: Math.max(0, Number(row?.current) - archived.number - 1) };
  });
}

/** A segment's name is its timeline and its number in two parts, each of eight hexadecimal digits. */
function segment(name: string, bytes: number): { readonly timeline: string; readonly number: number } | null {
  const match = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})/.exec(name);
  if (match === null) return null;
  const [, timeline = "", log = "", part = ""] = match;
  return { timeline, number: Number.parseInt(log, 16) * (2 ** 32 / bytes) + Number.parseInt(part, 16) };
}

/** Null where the server is not seen to run on this machine: from its tables nobody learns it. */
export async function readDisk({
  role,
  backendPid,
  folder,
}: SignalServer): Promise<NonNullable<Signals["disk"]> | null> {
  const server = { id: backendPid, isServer: (line: string) => line.startsWith("postgres: ") };
  if (folder !== null) {
    const value = await localDisk(server, folder);
    return value === null ? null : { value };
  }
  // Whether it runs here can be told all the same.
  if ((await localDisk(server, "/")) === null) return null;
  return {
    unknown: "the role may not see where the server's data is",
    remedy: `GRANT pg_read_all_settings TO ${role};`,
    withheld: true,
  };
}
