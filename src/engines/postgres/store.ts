import type { LedgerTable, Session, StoreRole } from "../engine.ts";

export const ledgerSchema = "godwit";

/** The ledger lives in a schema of its own. Texts that are times are ISO 8601 in UTC with milliseconds. */
export const store: StoreRole = {
  table: (name: LedgerTable) => `godwit.${name}`,
  shareLock: "FOR SHARE",
  version,
  jsonRows: ({ columns, table, order }) =>
    `SELECT coalesce(json_agg(json_build_array(${columns}) ORDER BY ${order})::text, '[]') AS rows FROM ${table}`,
  scripts: [
    [
      `CREATE SCHEMA IF NOT EXISTS godwit`,
      `CREATE TABLE IF NOT EXISTS godwit.ledger (
         version integer PRIMARY KEY, applied_at text NOT NULL, tool text NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS godwit.run (
         id text PRIMARY KEY, kind text NOT NULL, state text NOT NULL, epoch integer NOT NULL,
         plan_hash text NOT NULL, intent text NOT NULL, host text NOT NULL, pid integer NOT NULL,
         actor text NOT NULL, session_id text NOT NULL, tool text NOT NULL, started_at text NOT NULL,
         heartbeat_at text NOT NULL, finished_at text, error text)`,
      `CREATE TABLE IF NOT EXISTS godwit.step (
         run_id text NOT NULL, step_key text NOT NULL, epoch integer NOT NULL, unit text NOT NULL,
         ordinal integer NOT NULL, title text NOT NULL, hash text NOT NULL, state text NOT NULL,
         captured text, started_at text NOT NULL, finished_at text, duration_ms bigint, history_seq bigint,
         PRIMARY KEY (run_id, step_key))`,
      `CREATE TABLE IF NOT EXISTS godwit.migration (
         seq bigint PRIMARY KEY, version text NOT NULL, name text NOT NULL, kind text NOT NULL,
         action text NOT NULL, raw_hash text NOT NULL, sql_hash text NOT NULL, source text,
         run_id text NOT NULL, epoch integer NOT NULL, actor text NOT NULL, tool text NOT NULL,
         applied_at text NOT NULL, duration_ms bigint NOT NULL, prev_hash text NOT NULL, row_hash text NOT NULL)`,
    ],
    [
      `CREATE TABLE IF NOT EXISTS godwit.chunk (
         run_id text NOT NULL, step_key text NOT NULL, table_name text NOT NULL, ordinal integer NOT NULL,
         part text NOT NULL, snapshot text NOT NULL, epoch integer NOT NULL, state text NOT NULL,
         row_count bigint, byte_count bigint, row_sum text, duration_ms bigint, finished_at text,
         PRIMARY KEY (run_id, step_key, table_name, ordinal))`,
      `CREATE TABLE IF NOT EXISTS godwit.quarantine (
         run_id text NOT NULL, step_key text NOT NULL, table_name text NOT NULL, ordinal integer NOT NULL,
         row_no integer NOT NULL, row_key text NOT NULL, column_name text, reason text NOT NULL,
         row_text text NOT NULL, found_at text NOT NULL,
         PRIMARY KEY (run_id, step_key, table_name, ordinal, row_no))`,
      `CREATE TABLE IF NOT EXISTS godwit.watermark (
         source_hash text NOT NULL, table_name text NOT NULL, column_name text NOT NULL, value text NOT NULL,
         run_id text NOT NULL, recorded_at text NOT NULL, PRIMARY KEY (source_hash, table_name))`,
    ],
    [
      // Plans that ran, with what they did apart from where: the same content run elsewhere is a rehearsal.
      `CREATE TABLE IF NOT EXISTS godwit.plan (
         run_id text PRIMARY KEY, plan_hash text NOT NULL, content_hash text NOT NULL, author text NOT NULL,
         made_at text NOT NULL, body text NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS godwit.event (
         seq bigint PRIMARY KEY, run_id text NOT NULL, epoch integer NOT NULL, type text NOT NULL,
         happened_at text NOT NULL, actor text NOT NULL, body text NOT NULL, prev_hash text NOT NULL,
         row_hash text NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS godwit.control (
         run_id text NOT NULL, seq integer NOT NULL, command text NOT NULL, value text, actor text NOT NULL,
         host text NOT NULL, requested_at text NOT NULL, taken_at text, PRIMARY KEY (run_id, seq))`,
      `CREATE TABLE IF NOT EXISTS godwit.approval (
         plan_hash text NOT NULL, approver text NOT NULL, author text NOT NULL, ticket text,
         approved_at text NOT NULL, key_fingerprint text, signature text, recorded_at text NOT NULL,
         PRIMARY KEY (plan_hash, approver))`,
      `CREATE TABLE IF NOT EXISTS godwit.artifact (
         id text PRIMARY KEY, kind text NOT NULL, run_id text, name text NOT NULL, state text NOT NULL,
         body text NOT NULL, created_at text NOT NULL, verified_at text)`,
    ],
  ],
};

async function version(session: Session): Promise<number | null> {
  const [table] = await session.query("SELECT to_regclass('godwit.ledger') IS NOT NULL AS there");
  if (table?.there !== true) return null;
  const [row] = await session.query("SELECT max(version) AS version FROM godwit.ledger");
  return row?.version === null || row?.version === undefined ? null : Number(row.version);
}
