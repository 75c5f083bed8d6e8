import { type LedgerTable, ledgerTables, type Session, type StoreRole } from "../engine.ts";

/** For `lower(name) IN …`: these names alone are the ledger's, and any other that begins so is the user's. */
export const ledgerNames = `(${ledgerTables.map((name) => `'godwit_${name}'`).join(", ")})`;

/** The ledger: tables of a common prefix, always named with their schema, since a temporary table could hide them. */
export const store: StoreRole = {
  table: (name: LedgerTable) => `main."godwit_${name}"`,
  shareLock: "",
  version,
  jsonRows: ({ columns, table, order }) =>
    `SELECT json_group_array(json_array(${columns}) ORDER BY ${order}) AS rows FROM ${table}`,
  scripts: [
    [
      `CREATE TABLE main."godwit_ledger" (
         version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL, tool TEXT NOT NULL) STRICT`,
      `CREATE TABLE main."godwit_run" (
         id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, epoch INTEGER NOT NULL,
         plan_hash TEXT NOT NULL, intent TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
         actor TEXT NOT NULL, session_id TEXT NOT NULL, tool TEXT NOT NULL, started_at TEXT NOT NULL,
         heartbeat_at TEXT NOT NULL, finished_at TEXT, error TEXT) STRICT`,
      `CREATE TABLE main."godwit_step" (
         run_id TEXT NOT NULL, step_key TEXT NOT NULL, epoch INTEGER NOT NULL, unit TEXT NOT NULL,
         ordinal INTEGER NOT NULL, title TEXT NOT NULL, hash TEXT NOT NULL, state TEXT NOT NULL,
         captured TEXT, started_at TEXT NOT NULL, finished_at TEXT, duration_ms INTEGER, history_seq INTEGER,
         PRIMARY KEY (run_id, step_key)) STRICT`,
      `CREATE TABLE main."godwit_migration" (
         seq INTEGER PRIMARY KEY, version TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
         action TEXT NOT NULL, raw_hash TEXT NOT NULL, sql_hash TEXT NOT NULL, source TEXT,
         run_id TEXT NOT NULL, epoch INTEGER NOT NULL, actor TEXT NOT NULL, tool TEXT NOT NULL,
         applied_at TEXT NOT NULL, duration_ms INTEGER NOT NULL, prev_hash TEXT NOT NULL,
         row_hash TEXT NOT NULL) STRICT`,
    ],
    [
      `CREATE TABLE main."godwit_chunk" (
         run_id TEXT NOT NULL, step_key TEXT NOT NULL, table_name TEXT NOT NULL, ordinal INTEGER NOT NULL,
         part TEXT NOT NULL, snapshot TEXT NOT NULL, epoch INTEGER NOT NULL, state TEXT NOT NULL,
         row_count INTEGER, byte_count INTEGER, row_sum TEXT, duration_ms INTEGER, finished_at TEXT,
         PRIMARY KEY (run_id, step_key, table_name, ordinal)) STRICT`,
      `CREATE TABLE main."godwit_quarantine" (
         run_id TEXT NOT NULL, step_key TEXT NOT NULL, table_name TEXT NOT NULL, ordinal INTEGER NOT NULL,
         row_no INTEGER NOT NULL, row_key TEXT NOT NULL, column_name TEXT, reason TEXT NOT NULL,
         row_text TEXT NOT NULL, found_at TEXT NOT NULL,
         PRIMARY KEY (run_id, step_key, table_name, ordinal, row_no)) STRICT`,
      `CREATE TABLE main."godwit_watermark" (
         source_hash TEXT NOT NULL, table_name TEXT NOT NULL, column_name TEXT NOT NULL, value TEXT NOT NULL,
         run_id TEXT NOT NULL, recorded_at TEXT NOT NULL, PRIMARY KEY (source_hash, table_name)) STRICT`,
    ],
    [
      // Plans that ran, with what they did apart from where: the same content run elsewhere is a rehearsal.
      `CREATE TABLE main."godwit_plan" (
         run_id TEXT NOT NULL PRIMARY KEY, plan_hash TEXT NOT NULL, content_hash TEXT NOT NULL, author TEXT NOT NULL,
         made_at TEXT NOT NULL, body TEXT NOT NULL) STRICT`,
      `CREATE TABLE main."godwit_event" (
         seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL, epoch INTEGER NOT NULL, type TEXT NOT NULL,
         happened_at TEXT NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL, prev_hash TEXT NOT NULL,
         row_hash TEXT NOT NULL) STRICT`,
      `CREATE TABLE main."godwit_control" (
         run_id TEXT NOT NULL, seq INTEGER NOT NULL, command TEXT NOT NULL, value TEXT, actor TEXT NOT NULL,
         host TEXT NOT NULL, requested_at TEXT NOT NULL, taken_at TEXT, PRIMARY KEY (run_id, seq)) STRICT`,
      `CREATE TABLE main."godwit_approval" (
         plan_hash TEXT NOT NULL, approver TEXT NOT NULL, author TEXT NOT NULL, ticket TEXT,
         approved_at TEXT NOT NULL, key_fingerprint TEXT, signature TEXT, recorded_at TEXT NOT NULL,
         PRIMARY KEY (plan_hash, approver)) STRICT`,
      `CREATE TABLE main."godwit_artifact" (
         id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, run_id TEXT, name TEXT NOT NULL, state TEXT NOT NULL,
         body TEXT NOT NULL, created_at TEXT NOT NULL, verified_at TEXT) STRICT`,
    ],
  ],
};

async function version(session: Session): Promise<number | null> {
  const tables = await session.query(
    "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'godwit_ledger' COLLATE NOCASE",
  );
  if (tables.length === 0) return null;
  const [row] = await session.query(
    `SELECT coalesce(max(version), 0) AS version FROM ${store.table("ledger")}`,
  );
  return Number(row?.version);
}
