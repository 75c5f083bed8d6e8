import { type LedgerTable, ledgerTables, type Session, type StoreRole } from "../engine.ts";

/**
 * The ledger's tables stand in the session's database, which never changes; texts that are times are ISO 8601
 * in UTC with milliseconds. Names and hashes compare byte by byte, whatever the database's collation is.
 */
export const store: StoreRole = {
  table,
  shareLock: "LOCK IN SHARE MODE",
  version,
  get scripts() {
    return [first(), second(), third()];
  },
};

/** Whether a table belongs to the ledger, and not to the user's schema. */
export function isLedgerTable(name: string): boolean {
  return ledgerNames.has(name.toLowerCase());
}

const ledgerNames: ReadonlySet<string> = new Set(ledgerTables.map((name) => `godwit_${name}`));

function table(name: LedgerTable): string {
  return `\`godwit_${name}\``;
}

const noSuchTable = 1146;

async function version(session: Session): Promise<number | null> {
  try {
    const [row] = await session.query(`SELECT MAX(version) AS version FROM ${table("ledger")}`);
    return row?.version === null || row?.version === undefined ? null : Number(row.version);
  } catch (error) {
    if ((error as { errno?: number }).errno === noSuchTable) return null;
    throw error;
  }
}

function first(): string[] {
  return [
    create(
      "ledger",
      `version int NOT NULL PRIMARY KEY,
       applied_at char(24) NOT NULL,
       tool varchar(40) NOT NULL`,
    ),
    create(
      "run",
      `id varchar(36) NOT NULL PRIMARY KEY,
       kind varchar(20) NOT NULL,
       state varchar(12) NOT NULL,
       epoch int NOT NULL,
       plan_hash char(64) NOT NULL,
       intent longtext NOT NULL,
       host varchar(255) NOT NULL,
       pid int NOT NULL,
       actor varchar(255) NOT NULL,
       session_id varchar(32) NOT NULL,
       tool varchar(40) NOT NULL,
       started_at char(24) NOT NULL,
       heartbeat_at char(24) NOT NULL,
       finished_at char(24) NULL,
       error longtext NULL`,
    ),
    create(
      "step",
      // 255 + 36 characters of four bytes are 1164 of the 3072 bytes that a key can have.
      `run_id varchar(36) NOT NULL,
       step_key varchar(255) NOT NULL,
       epoch int NOT NULL,
       unit varchar(200) NOT NULL,
       ordinal int NOT NULL,
       title text NOT NULL,
       hash char(64) NOT NULL,
       state varchar(10) NOT NULL,
       captured longtext NULL,
       started_at char(24) NOT NULL,
       finished_at char(24) NULL,
       duration_ms bigint NULL,
       history_seq bigint NULL,
       PRIMARY KEY (run_id, step_key)`,
    ),
    create(
      "migration",
      `seq bigint NOT NULL PRIMARY KEY,
       version varchar(200) NOT NULL,
       name varchar(255) NOT NULL,
       kind varchar(10) NOT NULL,
       action varchar(10) NOT NULL,
       raw_hash varchar(64) NOT NULL,
       sql_hash varchar(64) NOT NULL,
       source longtext NULL,
       run_id varchar(36) NOT NULL,
       epoch int NOT NULL,
       actor varchar(255) NOT NULL,
       tool varchar(40) NOT NULL,
       applied_at char(24) NOT NULL,
       duration_ms bigint NOT NULL,
       prev_hash varchar(64) NOT NULL,
       row_hash char(64) NOT NULL`,
    ),
  ];
}

function second(): string[] {
  return [
    create(
      "chunk",
      // The names of a table and its schema are 64 characters each; all parts of the key take 2704 of its 3072 bytes.
      `run_id varchar(36) NOT NULL,
       step_key varchar(255) NOT NULL,
       table_name varchar(385) NOT NULL,
       ordinal int NOT NULL,
       part longtext NOT NULL,
       snapshot longtext NOT NULL,
       epoch int NOT NULL,
       state varchar(10) NOT NULL,
       row_count bigint NULL,
       byte_count bigint NULL,
       row_sum varchar(60) NULL,
       duration_ms bigint NULL,
       finished_at char(24) NULL,
       PRIMARY KEY (run_id, step_key, table_name, ordinal)`,
    ),
    create(
      "quarantine",
      `run_id varchar(36) NOT NULL,
       step_key varchar(255) NOT NULL,
       table_name varchar(385) NOT NULL,
       ordinal int NOT NULL,
       row_no int NOT NULL,
       row_key longtext NOT NULL,
       column_name varchar(255) NULL,
       reason longtext NOT NULL,
       row_text longtext NOT NULL,
       found_at char(24) NOT NULL,
       PRIMARY KEY (run_id, step_key, table_name, ordinal, row_no)`,
    ),
    create(
      "watermark",
      `source_hash char(64) NOT NULL,
       table_name varchar(385) NOT NULL,
       column_name varchar(255) NOT NULL,
       value longtext NOT NULL,
       run_id varchar(36) NOT NULL,
       recorded_at char(24) NOT NULL,
       PRIMARY KEY (source_hash, table_name)`,
    ),
  ];
}

/** Among them plans that ran, with what they did apart from where: the same content run elsewhere is a rehearsal. */
function third(): string[] {
  return [
    create(
      "plan",
      `run_id varchar(36) NOT NULL PRIMARY KEY,
       plan_hash char(64) NOT NULL,
       content_hash char(64) NOT NULL,
       author varchar(255) NOT NULL,
       made_at char(24) NOT NULL,
       body longtext NOT NULL`,
    ),
    create(
      "event",
      `seq bigint NOT NULL PRIMARY KEY,
       run_id varchar(36) NOT NULL,
       epoch int NOT NULL,
       type varchar(60) NOT NULL,
       happened_at char(24) NOT NULL,
       actor varchar(255) NOT NULL,
       body longtext NOT NULL,
       prev_hash varchar(64) NOT NULL,
       row_hash char(64) NOT NULL`,
    ),
    create(
      "control",
      `run_id varchar(36) NOT NULL,
       seq int NOT NULL,
       command varchar(20) NOT NULL,
       value varchar(255) NULL,
       actor varchar(255) NOT NULL,
       host varchar(255) NOT NULL,
       requested_at char(24) NOT NULL,
       taken_at char(24) NULL,
       PRIMARY KEY (run_id, seq)`,
    ),
    create(
      "approval",
      `plan_hash char(64) NOT NULL,
       approver varchar(255) NOT NULL,
       author varchar(255) NOT NULL,
       ticket varchar(255) NULL,
       approved_at char(24) NOT NULL,
       key_fingerprint varchar(255) NULL,
       signature longtext NULL,
       recorded_at char(24) NOT NULL,
       PRIMARY KEY (plan_hash, approver)`,
    ),
    create(
      "artifact",
      `id varchar(36) NOT NULL PRIMARY KEY,
       kind varchar(20) NOT NULL,
       run_id varchar(36) NULL,
       name varchar(700) NOT NULL,
       state varchar(20) NOT NULL,
       body longtext NOT NULL,
       created_at char(24) NOT NULL,
       verified_at char(24) NULL`,
    ),
  ];
}

function create(name: LedgerTable, columns: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table(name)} (
       ${columns}
     ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;
}
