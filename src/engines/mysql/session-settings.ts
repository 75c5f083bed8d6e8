import type { Row } from "../engine.ts";
import { atLeast, isMariaDb, versionNumber } from "./server-version.ts";

/**
 * Session variables that a migration may change and that would then hold for the next one. All have existed
 * since MySQL 8.0 and MariaDB 10.6; one that a server does not know is left out at login.
 */
const shared = [
  "autocommit",
  "auto_increment_increment",
  "auto_increment_offset",
  "character_set_client",
  "character_set_connection",
  "character_set_results",
  "collation_connection",
  "completion_type",
  "default_storage_engine",
  "default_week_format",
  "div_precision_increment",
  "foreign_key_checks",
  "group_concat_max_len",
  "innodb_strict_mode",
  "innodb_lock_wait_timeout",
  "insert_id",
  "lc_time_names",
  "lock_wait_timeout",
  "max_error_count",
  "max_join_size",
  "optimizer_switch",
  "sql_auto_is_null",
  "sql_big_selects",
  "sql_log_bin",
  "sql_mode",
  "sql_notes",
  "sql_quote_show_create",
  "sql_safe_updates",
  "sql_select_limit",
  "time_zone",
  "unique_checks",
  "wait_timeout",
];

const ofMySql = [
  "cte_max_recursion_depth",
  "max_execution_time",
  "sql_generate_invisible_primary_key",
  "sql_require_primary_key",
];

const ofMariaDb = [
  "alter_algorithm",
  "check_constraint_checks",
  "max_statement_time",
  "sql_if_exists",
  "system_versioning_alter_history",
];

export type Settings = ReadonlyMap<string, unknown>;

/** The names to watch, by the text of VERSION(). */
export function watchedSettings(versionText: string): readonly string[] {
  const mariaDb = isMariaDb(versionText);
  // MariaDB took MySQL's names for these in 11.1.
  const prefix = mariaDb && !atLeast(versionNumber(versionText).parts, 11, 1) ? "tx" : "transaction";
  return [...shared, ...(mariaDb ? ofMariaDb : ofMySql), `${prefix}_isolation`, `${prefix}_read_only`];
}

/** One SELECT for all of them, and for what has no variable: the role, the database, whether time stands still. */
export function settingsQuery(names: readonly string[]): string {
  // SYSDATE() goes on where SET timestamp has stopped NOW().
  return `SELECT ${names.map((name) => `@@${name} AS ${name}`).join(", ")}, CURRENT_ROLE() AS \`role\`, DATABASE() AS \`database\`,
    ABS(@@timestamp - UNIX_TIMESTAMP(SYSDATE(6))) > 5 AS stopped`;
}

/** The assignments that lead from `now` back to `wanted`; empty when nothing changed. */
export function restoringAssignments(names: readonly string[], wanted: Settings, now: Row): string[] {
  const changed = names.filter((name) => String(now[name]) !== String(wanted.get(name)));
  const assignments = changed.map((name) => `SESSION ${name} = ${literal(wanted.get(name))}`);
  if (Number(now.stopped) === 1) assignments.push("timestamp = DEFAULT");
  return assignments;
}

/** The variable of an "Unknown system variable 'x'" error, or null. */
export function unknownVariable(error: unknown): string | null {
  const { errno, message } = error as { errno?: number; message?: string };
  return errno === 1193 ? (/variable '([^']+)'/.exec(message ?? "")?.[1] ?? null) : null;
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  const text = String(value);
  return /^\d+(\.\d+)?$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
}
