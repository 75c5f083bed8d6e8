import type { ErrorKind, ErrorsRole, NativeError } from "../engine.ts";
import { networkErrors } from "../network-errors.ts";

/** SQLSTATEs and network codes by kind; the first match of a full code or of its class (two characters) wins. */
const byCode: Readonly<Record<string, ErrorKind>> = {
  ...networkErrors,
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls",
  CERT_HAS_EXPIRED: "tls",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls",
  EPROTO: "tls",
  // sessions
  "57P01": "connection-lost", // admin_shutdown, also pg_terminate_backend
  "57P02": "connection-lost", // crash_shutdown
  "57P03": "starting-up", // cannot_connect_now
  "57P05": "connection-lost", // idle_session_timeout
  "25P03": "connection-lost", // idle_in_transaction_session_timeout
  "08": "connection-lost",
  "28": "authentication",
  "3D000": "unknown-database",
  "53300": "too-many-connections",
  "53100": "disk-full",
  "42501": "permission",
  "25006": "read-only",
  // waits and conflicts
  "55P03": "lock-timeout",
  "40P01": "deadlock",
  "40001": "serialization",
  // statements
  "42601": "syntax",
  "42P07": "duplicate-object",
  "42701": "duplicate-object",
  "42710": "duplicate-object",
  "42723": "duplicate-object",
  "42P06": "duplicate-object",
  "42P04": "duplicate-object",
  "42P01": "missing-object",
  "42703": "missing-object",
  "42704": "missing-object",
  "42883": "missing-object",
  "3F000": "missing-object",
  "23": "constraint",
};

/** What the driver says, without a code, when the socket ends. */
const lostMessages =
  /Connection terminated|connection error and is not queryable|Client was closed|socket hang up|Connection ended/i;
const tlsMessages = /does not support SSL|certificate|self.signed|SSL\/TLS|wrong version number|alert/i;

const withoutTransaction =
  "CALL, DO, REINDEX and CLUSTER run outside of a transaction in a file with `-- godwit: no-transaction`, or in a script with `export const transaction = false`";
/** What the server leaves unsaid, by SQLSTATE. */
const hints: Readonly<Record<string, string>> = {
  "25001": withoutTransaction, // active_sql_transaction: cannot run inside a transaction block
  "2D000": withoutTransaction, // invalid_transaction_termination
};

export const errors: ErrorsRole = { classify };

function classify(error: unknown): NativeError {
  const native = error as {
    code?: string;
    message?: string;
    detail?: string;
    hint?: string;
    position?: string;
    severity?: string;
  } | null;
  const message = native?.message ?? String(error);
  const code = typeof native?.code === "string" ? native.code : "";
  const hint = native?.hint ?? hints[code];
  return {
    kind: kindOf(code, message),
    native: code,
    message,
    ...(native?.detail === undefined ? {} : { detail: native.detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(native?.position === undefined ? {} : { position: Number(native.position) - 1 }),
  };
}

function kindOf(code: string, message: string): ErrorKind {
  if (code === "57014") return /statement timeout/.test(message) ? "statement-timeout" : "cancelled";
  if (code === "53000" && /too many|no more connections/i.test(message)) return "too-many-connections";
  const known = byCode[code] ?? byCode[code.slice(0, 2)];
  if (known !== undefined) return known;
  if (/timeout expired|timed? ?out/i.test(message) && code === "") return "timeout";
  if (lostMessages.test(message)) return "connection-lost";
  if (code === "" && tlsMessages.test(message)) return "tls";
  if (code === "" && /password must be a string|SASL|scram/i.test(message)) return "authentication";
  return "other";
}
