import type { ErrorKind, ErrorsRole, NativeError } from "../engine.ts";
import { isSqliteError } from "./driver.ts";

export const errors: ErrorsRole = { classify };

interface Code {
  readonly name: string;
  readonly kind: ErrorKind;
  readonly hint?: string;
}

const cannotOpen = 14;

/** SQLite's primary result codes (the low byte of an extended one). */
const byResult: Readonly<Record<number, Code>> = {
  1: { name: "SQLITE_ERROR", kind: "other" },
  3: { name: "SQLITE_PERM", kind: "permission" },
  5: {
    name: "SQLITE_BUSY",
    kind: "lock-timeout",
    hint: "Another process holds a transaction on the database file; end it or wait for it.",
  },
  6: { name: "SQLITE_LOCKED", kind: "lock-timeout" },
  7: { name: "SQLITE_NOMEM", kind: "other" },
  8: { name: "SQLITE_READONLY", kind: "read-only", hint: "Make the database file and its folder writable." },
  9: { name: "SQLITE_INTERRUPT", kind: "cancelled" },
  10: { name: "SQLITE_IOERR", kind: "other", hint: "Check the disk and its file system." },
  11: {
    name: "SQLITE_CORRUPT",
    kind: "other",
    hint: "The database file is damaged: restore a backup, or save what can be read with the `.recover` command of sqlite3.",
  },
  13: { name: "SQLITE_FULL", kind: "disk-full" },
  [cannotOpen]: {
    name: "SQLITE_CANTOPEN",
    kind: "unreachable",
    hint: "The path must name a database file, or a new one in an existing folder that can be written.",
  },
  15: { name: "SQLITE_PROTOCOL", kind: "lock-timeout" },
  18: { name: "SQLITE_TOOBIG", kind: "other" },
  19: { name: "SQLITE_CONSTRAINT", kind: "constraint" },
  20: { name: "SQLITE_MISMATCH", kind: "constraint" },
  23: { name: "SQLITE_AUTH", kind: "permission" },
  26: {
    name: "SQLITE_NOTADB",
    kind: "other",
    hint: "The file is no SQLite database (or is encrypted): correct the path.",
  },
};

/** File system errors met before SQLite is asked. */
const byErrno: Readonly<Record<string, ErrorKind>> = {
  ENOENT: "unreachable",
  ENOTDIR: "unreachable",
  EISDIR: "unreachable",
  ELOOP: "unreachable",
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "read-only",
  ENOSPC: "disk-full",
  EDQUOT: "disk-full",
};

function classify(error: unknown): NativeError {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  const text = message ?? String(error);
  if (isSqliteError(error)) return fromResult(error.errcode, text);
  const native = typeof code === "string" ? code : "";
  // The driver's words for a connection that was closed.
  if (native === "ERR_INVALID_STATE") return { kind: "connection-lost", native, message: text };
  const kind = byErrno[native] ?? "other";
  const hint = kind === "unreachable" ? byResult[cannotOpen]?.hint : undefined;
  return { kind, native, message: text, ...(hint === undefined ? {} : { hint }) };
}

function fromResult(result: number, message: string): NativeError {
  const primary = result & 0xff;
  const known = byResult[primary] ?? { name: `SQLITE_${primary}`, kind: "other" as const };
  return {
    kind: primary === 1 ? fromMessage(message) : known.kind,
    native: result === primary ? known.name : `${known.name} (${result})`,
    message,
    ...(known.hint === undefined ? {} : { hint: known.hint }),
  };
}

/** SQLite gives one code for all errors of a statement's text; its English messages are fixed. */
function fromMessage(message: string): ErrorKind {
  if (/syntax error|incomplete input|unrecognized token/.test(message)) return "syntax";
  if (/already exists|already another|duplicate column name/.test(message)) return "duplicate-object";
  if (/no such |unknown database/.test(message)) return "missing-object";
  return "other";
}
