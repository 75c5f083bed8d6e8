import { GodwitError, type Outcome } from "../core/error.ts";
import type { Statement } from "../core/plan.ts";
import type { Target } from "../core/target.ts";
import type { Engine, ErrorKind, NativeError } from "../engines/engine.ts";

/** Kinds after which the session is gone and the fate of what was sent is not known. */
export const lostKinds: ReadonlySet<ErrorKind> = new Set([
  "connection-lost",
  "timeout",
  "unreachable",
  "starting-up",
]);

/** Kinds that pass by themselves: the transaction is rolled back and tried again, within a bound. */
export const passingKinds: ReadonlySet<ErrorKind> = new Set(["lock-timeout", "deadlock", "serialization"]);

const connectionCodes = {
  unreachable: "GW3001",
  timeout: "GW3001",
  "starting-up": "GW3001",
  "too-many-connections": "GW3001",
  authentication: "GW3002",
  tls: "GW3003",
  "unknown-database": "GW3004",
  "connection-lost": "GW3005",
  permission: "GW3006",
  "read-only": "GW3007",
} as const satisfies Partial<Record<ErrorKind, string>>;

/**
 * The kind of what was thrown: of a driver's error by its code, of one of ours by the server's error it tells of.
 * Anything else, such as a failure of the user's own script, is "other" whatever its text.
 */
export function kindOf(engine: Engine, error: unknown): ErrorKind {
  if (!(error instanceof GodwitError)) return engine.errors.classify(error).kind;
  return (error.details.kind as ErrorKind | undefined) ?? "other";
}

/** What a failed attempt to connect means. The password is in none of the parts. */
export function connectionFailure(engine: Engine, target: Target, error: unknown): GodwitError {
  if (error instanceof GodwitError) return error;
  const native = engine.errors.classify(error);
  const code = connectionCodes[native.kind as keyof typeof connectionCodes] ?? "GW3001";
  return new GodwitError(code, {
    message: `cannot connect to ${target.display}: ${native.message}`,
    // A file that is no database is not helped by a look at host and port.
    ...(native.hint === undefined ? {} : { hint: native.hint }),
    details: { kind: native.kind, native: native.native },
    cause: error,
  });
}

/** What a server's refusal of a statement means, with its place in the file. */
export function statementFailure(
  native: NativeError,
  place: { file: string; statement: Statement; key: string },
  outcome: Outcome,
  cause: unknown,
): GodwitError {
  const { line, column } = position(place.statement, native.position);
  const where = place.statement.title ?? `${place.file}:${line}:${column}`;
  const words = [native.message, native.detail, native.hint === undefined ? undefined : `(${native.hint})`]
    .filter((part) => part !== undefined && part !== "")
    .join(" ");
  return new GodwitError(statementCode(native.kind), {
    message: `${where}: ${place.statement.label} failed: ${words}`,
    details: {
      file: place.file,
      line,
      column,
      key: place.key,
      statement: place.statement.text.slice(0, 2_000),
      kind: native.kind,
      native: native.native,
    },
    outcome,
    cause,
  });
}

function statementCode(kind: ErrorKind): GodwitError["code"] {
  switch (kind) {
    case "permission":
      return "GW3006";
    case "read-only":
      return "GW3007";
    case "lock-timeout":
      return "GW6002";
    case "statement-timeout":
      return "GW6003";
    case "deadlock":
    case "serialization":
      return "GW6005";
    case "cancelled":
      return "GW4006";
    default:
      return "GW6001";
  }
}

/** Line and column in the file, both from 1, of an offset in code points into the statement. */
function position(statement: Statement, codePoints = 0): { line: number; column: number } {
  const before = [...statement.text].slice(0, codePoints);
  const lastBreak = before.lastIndexOf("\n");
  if (lastBreak === -1) return { line: statement.line, column: statement.column + before.length };
  const breaks = before.filter((character) => character === "\n").length;
  return { line: statement.line + breaks, column: before.length - lastBreak };
}
