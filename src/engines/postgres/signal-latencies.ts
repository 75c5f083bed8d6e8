import { postgresLexicon } from "../../sql/lexicon.ts";
import type { NamedQuery, QueryLatency, Reading, Session } from "../engine.ts";
import { reading } from "../reading.ts";
import { timedQuery } from "../timed-query.ts";
import { errors } from "./errors.ts";
import { statsGrant, unseen } from "./signal-load.ts";

/** From pg_stat_statements where it is installed in this database and the query says how it is known there; or timed. */
export async function readLatencies(
  session: Session,
  role: string,
  queries: readonly NamedQuery[],
): Promise<Reading<readonly QueryLatency[]>> {
  if (queries.length === 0) return { value: [] };
  const [extension] = await session.query(
    `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'pg_stat_statements'`,
  );
  const view = extension === undefined ? null : `${String(extension.schema)}.pg_stat_statements`;
  const value: QueryLatency[] = [];
  for (const query of queries) {
    value.push({ name: query.name, ...(await latencyOf(session, role, view, query)) });
  }
  return { value };
}

type Latency = Omit<QueryLatency, "name">;

async function latencyOf(
  session: Session,
  role: string,
  view: string | null,
  { like, probe }: NamedQuery,
): Promise<Latency> {
  const counted =
    like === undefined
      ? null
      : view === null
        ? notInstalled
        : await reading(errors, statsGrant(role), () => counts(session, role, view, like));
  if (counted !== null && "value" in counted) return counted.value;
  if (probe === undefined) return counted ?? { unknown: "the query has neither `like` nor `probe`" };
  const timed = await timedQuery(session, errors, postgresLexicon, probe);
  return "value" in timed ? { elapsedMs: timed.value } : timed;
}

const notInstalled = {
  unknown: "pg_stat_statements is not installed in this database",
  remedy: "CREATE EXTENSION pg_stat_statements; -- with it in shared_preload_libraries",
};

async function counts(session: Session, role: string, view: string, like: string): Promise<Reading<Latency>> {
  const [row] = await session.query(
    `SELECT coalesce(sum(calls), 0)::text AS calls, coalesce(sum(total_exec_time), 0)::text AS total,
       coalesce(sum(calls * (stddev_exec_time ^ 2 + mean_exec_time ^ 2)), 0)::text AS squares,
       NOT pg_has_role('pg_read_all_stats', 'USAGE') AND EXISTS (SELECT FROM ${view} h
         WHERE h.query IS NULL OR h.query = '<insufficient privilege>') AS hidden
       FROM ${view} s WHERE strpos(s.query, $1) > 0 AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [like],
  );
  if (row?.hidden === true) {
    return unseen(role, "the statements of other roles");
  }
  return {
    value: { calls: Number(row?.calls), totalMs: Number(row?.total), squaresMs2: Number(row?.squares) },
  };
}
