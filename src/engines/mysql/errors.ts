import type { ErrorKind, ErrorsRole, NativeError } from "../engine.ts";
import { syntaxErrorPosition } from "./error-position.ts";
import { networkErrors } from "../network-errors.ts";

export const errors: ErrorsRole = { classify };

/** The code of the error that a session raises when it cancelled a statement at its own time limit. */
export const statementTimeoutCode = "GODWIT_STATEMENT_TIMEOUT";
/** The code of the error that a session raises for calls that a close cut off, and for those after it. */
export const closedCode = "GODWIT_SESSION_CLOSED";

/**
 * Server errors by number. MySQL's and MariaDB's numbers agree up to 1900 or so; from 4000 on the same number
 * can mean two things, so that those are told by their words.
 */
const numbers: readonly (readonly [ErrorKind, readonly number[]])[] = [
  ["connection-lost", [1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3032]],
  ["authentication", [1045, 1251, 1524, 1698, 1862, 1820, 3118, 3955]],
  ["unknown-database", [1049]],
  [
    "permission",
    [1044, 1095, 1142, 1143, 1227, 1141, 1147, 1345, 1370, 1419, 1379, 1403, 1410, 1449, 3530, 3879],
  ],
  ["read-only", [1036, 1290, 1792, 1836, 1874]],
  ["lock-timeout", [1205, 3572]],
  ["statement-timeout", [1969, 3024]],
  ["deadlock", [1213, 1614, 3058]],
  ["serialization", [1020, 3101]],
  ["cancelled", [1317, 1028, 3169]],
  ["syntax", [1064, 1149]],
  ["duplicate-object", [1007, 1022, 1050, 1060, 1061, 1125, 1291, 1304, 1359, 1517, 1537, 1826, 3822, 1396]],
  ["missing-object", [1008, 1051, 1054, 1072, 1091, 1109, 1146, 1176, 1305, 1356, 1360, 1507, 1539, 3821]],
  [
    "constraint",
    [
      1048, 1062, 1169, 1216, 1217, 1263, 1264, 1265, 1292, 1364, 1365, 1366, 1367, 1406, 1411, 1451, 1452,
      1526, 1557, 1586, 1690, 1761, 3140, 3819,
    ],
  ],
  ["disk-full", [1021, 1114, 3675]],
  ["too-many-connections", [1040, 1203, 1226, 1129]],
  ["tls", [2026, 3159]],
];

const byNumber: ReadonlyMap<number, ErrorKind> = new Map(
  numbers.flatMap(([kind, list]) => list.map((number): [number, ErrorKind] => [number, kind])),
);

const words: readonly (readonly [ErrorKind, RegExp])[] = [
  ["connection-lost", /disconnected by the server because of inactivity/i],
  ["constraint", /^CONSTRAINT .* failed for /],
  ["missing-object", /^Unknown (SEQUENCE|VIEW): /i],
  ["syntax", /^Unknown data type: /],
  ["authentication", /account is locked/i],
  ["read-only", /running with the --(super-|innodb-)?read[-_]only|read-only mode/i],
];

/** Codes of Node and of the driver. */
const byCode: Readonly<Record<string, ErrorKind>> = {
  ...networkErrors,
  ENOTSOCK: "unreachable",
  ECONNABORTED: "connection-lost",
  ERR_STREAM_DESTROYED: "connection-lost",
  ERR_STREAM_WRITE_AFTER_END: "connection-lost",
  PROTOCOL_CONNECTION_LOST: "connection-lost",
  // A reply that cannot be read says nothing of what was sent.
  PROTOCOL_ERROR: "connection-lost",
  PROTOCOL_UNEXPECTED_PACKET: "connection-lost",
  ER_CLIENT_INTERACTION_TIMEOUT: "connection-lost",
  [closedCode]: "connection-lost",
  [statementTimeoutCode]: "statement-timeout",
  HANDSHAKE_NO_SSL_SUPPORT: "tls",
  HANDSHAKE_SSL_ERROR: "tls",
  HANDSHAKE_UNKNOWN_ERROR: "connection-lost",
  AUTH_SWITCH_PLUGIN_ERROR: "authentication",
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: "authentication",
};

interface DriverError {
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly message?: unknown;
  readonly sqlMessage?: unknown;
  readonly sql?: unknown;
  readonly errors?: readonly unknown[];
}

function classify(error: unknown): NativeError {
  const native = (typeof error === "object" && error !== null ? error : {}) as DriverError;
  const message = readable(messageOf(error, native));
  const code = typeof native.code === "string" ? native.code : "";
  // The driver gives the number of an error that came unasked in `code`.
  const number = [native.errno, native.code].find((value) => typeof value === "number" && value > 0) as
    | number
    | undefined;
  const kind = kindOf(number ?? 0, code, message);
  const position =
    kind === "syntax" && typeof native.sql === "string"
      ? syntaxErrorPosition(native.sql, message)
      : undefined;
  return {
    kind,
    native: number === undefined ? code : `${number}${code === "" ? "" : ` ${code}`}`,
    message,
    ...(position === undefined ? {} : { position }),
  };
}

/** Node reports a host with several addresses as one error without a text, around one for each address. */
function messageOf(error: unknown, native: DriverError): string {
  for (const text of [native.sqlMessage, native.message])
    if (typeof text === "string" && text !== "") return text;
  const [first] = native.errors ?? [];
  return first instanceof Error ? first.message : String(native.code ?? error);
}

/** The driver's words for a login method that it lacks, as MariaDB's ed25519, point to a page that is not there. */
function readable(message: string): string {
  const plugin = /authentication using unknown plugin ([\w-]+)/.exec(message)?.[1];
  return plugin === undefined
    ? message
    : `the server asks for the login method ${plugin}, which is not supported`;
}

function kindOf(number: number, code: string, message: string): ErrorKind {
  // Galera: the node has not joined its cluster.
  if (number === 1047) return /wsrep/i.test(message) ? "starting-up" : "other";
  // "--read-only", but also "--secure-file-priv" and others.
  if (number === 1290 && !/read.only/i.test(message)) return "permission";
  // The error of the storage engine carries the system's own number: 28 is "no space left", 122 a quota.
  if (number === 1030 || number === 3 || number === 1026) {
    return /\b28\b|\b122\b|no space|disk full/i.test(message) ? "disk-full" : "other";
  }
  const known =
    byNumber.get(number) ?? byCode[code] ?? words.find(([, pattern]) => pattern.test(message))?.[0];
  if (known !== undefined) return known;
  if (/^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/.test(code)) return "tls";
  if (/closed state|connection lost|server closed the connection/i.test(message)) return "connection-lost";
  return "other";
}
