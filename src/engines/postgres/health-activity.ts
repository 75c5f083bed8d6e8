import type { Check } from "./health.ts";
import { rows, userSchema } from "./inspect-catalog.ts";

/** What goes on at the server that a run would run into. */
export const activityChecks: readonly Check[] = [
  { name: "open transactions", run: transactions },
  { name: "prepared transactions", run: prepared },
  { name: "invalid indexes", run: invalidIndexes },
  { name: "replication slots", run: slots },
  { name: "connections", run: connections },
];

type Answer = ReturnType<Check["run"]>;
type Session = Parameters<Check["run"]>[0];

async function transactions(session: Session): Answer {
  const found = await rows<{ pid: string; user: string; program: string; seconds: number; hidden: boolean }>(
    session,
    `SELECT a.pid::text AS pid, coalesce(a.usename, '') AS user, coalesce(a.application_name, '') AS program,
       floor(extract(epoch FROM clock_timestamp() - a.xact_start))::integer AS seconds,
       a.backend_type IS NULL AS hidden
     FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
       AND ((a.backend_type = 'client backend' AND a.xact_start < clock_timestamp() - interval '60 seconds')
         OR a.backend_type IS NULL)
     ORDER BY a.xact_start LIMIT 5`,
  );
  const hidden = found.filter((row) => row.hidden).length;
  const old = found.filter((row) => !row.hidden);
  return [
    ...old.map((row) => ({
      status: "warning" as const,
      message: `Session ${row.pid} (${[row.user, row.program].filter((part) => part !== "").join(", ")}) has had a transaction open for ${row.seconds} s; schema changes wait for the tables it used.`,
      remedy: `SELECT pg_terminate_backend(${row.pid});`,
    })),
    ...(hidden === 0
      ? []
      : [
          {
            status: "warning" as const,
            message: "The role may not see the transactions of other roles.",
            remedy: `GRANT pg_read_all_stats TO ${await userName(session)};`,
          },
        ]),
    ...(found.length === 0 ? [{ status: "ok" as const, message: "No transaction is older than 60 s." }] : []),
  ];
}

async function userName(session: Session): Promise<string> {
  const [row] = await rows<{ user: string }>(session, "SELECT quote_ident(current_user) AS user");
  return row?.user ?? "";
}

async function prepared(session: Session): Answer {
  const found = await rows<{ gid: string; owner: string; since: string }>(
    session,
    `SELECT quote_literal(gid) AS gid, owner,
       to_char(prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"') AS since
     FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared`,
  );
  if (found.length === 0) return [{ status: "ok", message: "No prepared transaction holds locks." }];
  return found.map((row) => ({
    status: "warning",
    message: `The prepared transaction ${row.gid} of ${row.owner} holds its locks since ${row.since}, without a session.`,
    remedy: `ROLLBACK PREPARED ${row.gid};`,
  }));
}

async function invalidIndexes(session: Session): Answer {
  const found = await rows<{ name: string; building: boolean }>(
    session,
    `SELECT format('%I.%I', n.nspname, c.relname) AS name,
       EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid) AS building
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready) AND ${userSchema("n")} ORDER BY 1`,
  );
  if (found.length === 0) return [{ status: "ok", message: "No index is invalid." }];
  return found.map(({ name, building }) =>
    building
      ? { status: "ok", message: `The index ${name} is being built.` }
      : {
          status: "warning",
          message: `The index ${name} is invalid: a concurrent build failed. Writes keep it up, reads do not use it.`,
          remedy: `DROP INDEX CONCURRENTLY ${name};`,
        },
  );
}

async function slots(session: Session): Answer {
  const found = await rows<{ name: string; literal: string; retained: string | null }>(
    session,
    `SELECT slot_name AS name, quote_literal(slot_name) AS literal, pg_size_pretty(pg_wal_lsn_diff(
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn))
       AS retained
     FROM pg_replication_slots WHERE NOT active AND NOT temporary AND restart_lsn IS NOT NULL ORDER BY slot_name`,
  );
  if (found.length === 0) return [{ status: "ok", message: "No unused replication slot keeps log files." }];
  return found.map((row) => ({
    status: "warning",
    message: `Nobody reads the replication slot ${row.name}, which keeps ${row.retained ?? "an unknown amount"} of log; it can fill the disk.`,
    remedy: `SELECT pg_drop_replication_slot(${row.literal});`,
  }));
}

async function connections(session: Session): Answer {
  const [row] = await rows<{ used: number; usable: number }>(
    session,
    `SELECT (SELECT count(*)::integer FROM pg_stat_get_activity(NULL) a WHERE a.usesysid IS NOT NULL
         AND a.datid <> 0) AS used,
       current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
         - coalesce(current_setting('reserved_connections', true), '0')::integer AS usable`,
  );
  if (row === undefined) return [];
  const message = `${row.used} of ${row.usable} connections are in use.`;
  // A run takes up to three: its own, one to watch, one to cancel.
  if (row.usable - row.used < 3) {
    return [{ status: "warning", message, remedy: "Close idle sessions or raise max_connections." }];
  }
  return [{ status: "ok", message }];
}
