import type { DatabaseSync } from "node:sqlite";
import { sha256 } from "../../core/canonical.ts";

/** What `node:sqlite` throws: SQLite's extended result code and its message. */
export interface SqliteError extends Error {
  readonly code: "ERR_SQLITE_ERROR";
  readonly errcode: number;
  readonly errstr: string;
}

export interface OpenOptions {
  readonly readOnly?: boolean;
  /** How long a call may block this process on another one's lock. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens a database file, or makes it. Integers are read as bigint, extensions cannot be loaded, and SQL cannot
 * write to the file's own structures (defensive mode). Foreign keys are off, as in SQLite itself: with them on,
 * the DROP TABLE of a table rebuild deletes the rows of every child.
 */
export function openDatabase(path: string, options: OpenOptions = {}): DatabaseSync {
  const { DatabaseSync } = driver();
  const database = new DatabaseSync(path, {
    readOnly: options.readOnly ?? false,
    timeout: options.busyTimeoutMs ?? 0,
    readBigInts: true,
    enableForeignKeyConstraints: false,
    allowExtension: false,
    defensive: true,
  });
  // What masks a column by a rule, and SQLite has not; only our own statements can call it, no view or trigger.
  const own = { deterministic: true, directOnly: true, useBigIntArguments: true };
  database.function("godwit_sha256", own, (value) => {
    if (value === null) return null;
    return sha256(value instanceof Uint8Array ? value : String(value));
  });
  return database;
}

/** Another connection has the lock: waiting may help. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && ((error.errcode & 0xff) === 5 || (error.errcode & 0xff) === 6);
}

export function isSqliteError(error: unknown): error is SqliteError {
  return (error as SqliteError | null)?.code === "ERR_SQLITE_ERROR";
}

export function sqliteError(errcode: number, message: string): SqliteError {
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR" as const, errcode, errstr: message });
}

/**
 * Earlier releases of Node 24 warn, on the first load, that the module is experimental. The load is synchronous,
 * so only its own warning can be held back here; the process's handling of warnings is untouched.
 */
function driver(): typeof import("node:sqlite") {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!/SQLite/.test(String(warning))) Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
