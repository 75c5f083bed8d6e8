import type { LockHolder } from "../../core/event.ts";
import type { Reading, Session, Signals, Unknown } from "../engine.ts";
import { reading } from "../reading.ts";
import { waitersBehind } from "../waiters-behind.ts";
import { errors } from "./errors.ts";
import { holderColumns, toHolder } from "./lock.ts";

type LockWaiters = { readonly waiters: readonly LockHolder[]; readonly longestMs: number };

/** What shows the sessions of other roles, and how to get it. */
export function statsGrant(role: string): string {
  return `GRANT pg_read_all_stats TO ${role};`;
}

/** pg_locks and pg_blocking_pids, which hide nothing. pg_blocking_pids also names those that stand before in the queue. */
export function readLockWaiters(
  session: Session,
  role: string,
  own: readonly string[],
): Promise<Reading<LockWaiters>> {
  return reading(errors, statsGrant(role), async () => {
    const waits = await session.query(
      `SELECT l.pid::text AS pid, pg_blocking_pids(l.pid)::text[] AS blockers
         FROM (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted) l
         JOIN pg_stat_activity a USING (pid)
        WHERE a.usesysid IS NOT NULL -- not the vacuum of the server, which waits for nobody's reply`,
    );
    const behind = waitersBehind(
      own,
      waits.map(({ pid, blockers }) => ({ waiter: String(pid), blockers: textArray(String(blockers)) })),
    );
    if (behind.length === 0) return { value: { waiters: [], longestMs: 0 } };
    // PostgreSQL 13 does not say since when a lock is waited for: the statement's beginning is the nearest.
    const rows = await session.query(
      `SELECT ${holderColumns},
         floor(1000 * extract(epoch FROM clock_timestamp() - coalesce(
           (SELECT min((to_jsonb(l) ->> 'waitstart')::timestamptz) FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted),
           CASE WHEN current_setting('server_version_num')::int < 140000 THEN a.query_start ELSE clock_timestamp() END
         )))::text AS waited
         FROM pg_stat_activity a WHERE a.pid = ANY ($1::int[])
          AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted)`,
      [`{${behind.join(",")}}`],
    );
    if (rows.some(({ waited }) => waited === null)) {
      return {
        unknown: "the role may not see since when sessions of other roles wait",
        remedy: statsGrant(role),
        withheld: true,
      };
    }
    const waited = rows.map((row) => Math.max(0, Number(row.waited)));
    return { value: { waiters: rows.map(toHolder), longestMs: Math.max(0, ...waited) } };
  });
}

/** The server's text of an array of numbers. */
function textArray(text: string): string[] {
  return text.slice(1, -1).split(",").filter(Boolean);
}

const hidden = "a.backend_type IS NULL AND a.usesysid IS NOT NULL AND a.datid IS NOT NULL";
const others = "a.pid <> pg_backend_pid() AND a.pid <> ALL ($1::int[])";

/**
 * Statements of the whole server, and transactions of this database, whose tables they can hold: one that is prepared
 * has no session, and holds its locks all the same.
 */
export async function readActivity(
  session: Session,
  role: string,
  own: readonly string[],
): Promise<Required<Pick<Signals, "activeQueries" | "oldestTransactionMs">>> {
  const found = await reading(errors, statsGrant(role), async () => ({
    value: await session.query(
      `SELECT count(*) FILTER (WHERE a.state = 'active' AND a.backend_type = 'client backend')::int AS active,
         count(*) FILTER (WHERE ${hidden})::int AS hidden,
         count(*) FILTER (WHERE ${hidden} AND a.datname = current_database())::int AS hidden_here,
         coalesce(floor(1000 * extract(epoch FROM clock_timestamp() - least(
           min(a.xact_start) FILTER (WHERE a.backend_type = 'client backend' AND a.datname = current_database()),
           (SELECT min(prepared) FROM pg_prepared_xacts WHERE database = current_database())))), 0)::text AS age
         FROM pg_stat_activity a WHERE ${others}`,
      [`{${own.join(",")}}`],
    ),
  }));
  if ("unknown" in found) return { activeQueries: found, oldestTransactionMs: found };
  const [row] = found.value;
  return {
    activeQueries:
      Number(row?.hidden) > 0
        ? unseen(role, "what sessions of other roles execute")
        : { value: Number(row?.active) },
    oldestTransactionMs:
      Number(row?.hidden_here) > 0
        ? unseen(role, "since when transactions of other roles are open")
        : { value: Math.max(0, Number(row?.age)) },
  };
}

export function unseen(role: string, what: string): Unknown {
  return { unknown: `the role may not see ${what}`, remedy: statsGrant(role), withheld: true };
}
