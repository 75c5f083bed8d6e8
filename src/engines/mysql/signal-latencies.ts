import { mysqlLexicon } from "../../sql/lexicon.ts";
import type { NamedQuery, QueryLatency, Reading, Session } from "../engine.ts";
import { reading } from "../reading.ts";
import { timedQuery } from "../timed-query.ts";
import { errors } from "./errors.ts";
import { performanceTables, type SignalServer } from "./signal-server.ts";

/** From the statistics of statements where the query says how it is known there and the server keeps them; or timed. */
export async function readLatencies(
  session: Session,
  server: SignalServer,
  queries: readonly NamedQuery[],
): Promise<Reading<readonly QueryLatency[]>> {
  const value: QueryLatency[] = [];
  for (const query of queries) value.push({ name: query.name, ...(await latencyOf(session, server, query)) });
  return { value };
}

type Latency = Omit<QueryLatency, "name">;

async function latencyOf(
  session: Session,
  server: SignalServer,
  { like, probe }: NamedQuery,
): Promise<Latency> {
  const counted =
    like === undefined
      ? null
      : server.performanceSchema
        ? await reading(errors, server.grant("SELECT", performanceTables), () =>
            counts(session, server, like),
          )
        : isOff;
  if (counted !== null && "value" in counted) return counted.value;
  if (probe === undefined) return counted ?? { unknown: "the query has neither `like` nor `probe`" };
  const timed = await timedQuery(session, errors, mysqlLexicon, probe);
  return "value" in timed ? { elapsedMs: timed.value } : timed;
}

const isOff = {
  unknown: "the performance schema is off, and with it the statistics of statements",
  remedy: "performance_schema = ON in the server's configuration, and a restart",
};

const full = {
  unknown: "the query is not among the server's statistics of statements, which are full",
  remedy: "TRUNCATE TABLE performance_schema.events_statements_summary_by_digest;",
};

const digests = `performance_schema.events_statements_summary_by_digest d
  WHERE d.SCHEMA_NAME = DATABASE() AND INSTR(d.DIGEST_TEXT, ?) > 0`;

/** The server counts in picoseconds. Only MySQL keeps histograms. */
async function counts(session: Session, server: SignalServer, like: string): Promise<Reading<Latency>> {
  const [row] = await session.query(
    `SELECT COALESCE(SUM(d.COUNT_STAR), 0) AS calls, COALESCE(SUM(d.SUM_TIMER_WAIT), 0) / 1000000000 AS total,
       EXISTS (SELECT 1 FROM performance_schema.events_statements_summary_by_digest o WHERE o.DIGEST IS NULL) AS isFull
       FROM ${digests}`,
    [like],
  );
  const value = { calls: Number(row?.calls), totalMs: Number(row?.total) };
  // What finds the table full is counted in one row without a digest: the query may be among it.
  if (value.calls === 0 && Number(row?.isFull) === 1) return full;
  if (server.mariaDb) return { value };
  const buckets = await session.query(
    `SELECT h.BUCKET_TIMER_HIGH / 1000000000 AS upTo, SUM(h.COUNT_BUCKET) AS calls
       FROM performance_schema.events_statements_histogram_by_digest h
      WHERE h.COUNT_BUCKET > 0 AND (h.SCHEMA_NAME, h.DIGEST) IN (SELECT d.SCHEMA_NAME, d.DIGEST FROM ${digests})
      GROUP BY h.BUCKET_TIMER_HIGH ORDER BY h.BUCKET_TIMER_HIGH`,
    [like],
  );
  const histogram = buckets.map(({ upTo, calls }) => ({ upToMs: Number(upTo), calls: Number(calls) }));
  return { value: { ...value, histogram } };
}
