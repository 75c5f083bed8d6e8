import { canonicalJson as canonical } from "../../core/canonical.ts";
import { GodwitError } from "../../core/error.ts";
import type { Effect, SqlStep, Statement } from "../../core/plan.ts";
import type { ErrorKind, Settlement } from "../../engines/engine.ts";
import { askCatalogue, decisionHint } from "../ask-catalogue.ts";
import { crashPoint } from "../crash-point.ts";
import { backoffMs, delay } from "../delay.ts";
import { kindOf, lostKinds, passingKinds } from "../failure.ts";
import type { Completion } from "../run-ledger.ts";
import { durations, type StepContext } from "./context.ts";
import { limitsOf, refuseInterrupted } from "./statement.ts";

/**
 * A statement outside a transaction: the intent with what the catalogue shows before, the statement, the record.
 * The record shares a commit with the intent of the statement after it, where that one can be probed. From the
 * moment the statement has succeeded nothing may send it again: only its record is tried again.
 */
export async function runBare<T>(
  context: StepContext,
  step: SqlStep,
  statement: Statement,
  send: () => Promise<T>,
): Promise<T> {
  const { session, ordinal } = context;
  refuseInterrupted(context, step);
  const start = performance.now();
  let before = context.intents.get(step.key);
  if (!context.intents.delete(step.key)) {
    before = await announce(context, step, statement);
  }
  crashPoint("bare:after-intent");
  const patient = { lockTimeoutMs: 0, statementTimeoutMs: step.limits.statementTimeoutMs ?? 0 };
  await session.limit(isPatient(statement) ? patient : limitsOf(context, step.limits));
  let result: T;
  try {
    result = await send();
  } catch (error) {
    throw await refused(context, step, statement, before, error);
  }
  crashPoint("bare:after-statement");
  const next = await prepareNext(context);
  const took = durations(context, start);
  const kept = step.key.includes("#") ? { result } : { statements: 1 };
  const intent =
    next === null ? undefined : { step: next.step, captured: { effect: next.effect, before: next.before } };
  await recordFirmly(context, { step, ordinal, took, history: step.history, kept, next: intent });
  if (next !== null) context.intents.set(next.step.key, next.before);
  crashPoint("bare:after-commit");
  return result;
}

/** Writes the intent, with what the catalogue shows before. A refusal says that the statement itself was not sent. */
async function announce(context: StepContext, step: SqlStep, statement: Statement): Promise<unknown> {
  const { engine, ledger, ordinal } = context;
  try {
    const before = await captureClean(context, statement);
    crashPoint("bare:before-intent");
    await ledger.start(step, ordinal, { effect: statement.effect, before });
    return before;
  } catch (error) {
    const { kind, native, message } = engine.errors.classify(error);
    if (error instanceof GodwitError || lostKinds.has(kind)) throw error;
    const isHeldUp = kind === "lock-timeout";
    throw new GodwitError(isHeldUp ? "GW6002" : "GW5006", {
      message: `${step.title} was not sent, because the intent to send it could not be recorded: ${message}`,
      ...(!isHeldUp && {
        hint: "Correct what the server complains of, then run the same command again; `godwit doctor` checks the privileges.",
      }),
      // By its kind a refusal that passes by itself is tried again.
      details: { key: step.key, kind, native },
      cause: error,
    });
  }
}

/** Concurrent work waits for old transactions without blocking anyone: a lock time-out would only spoil it. */
function isPatient({ label, text }: Statement): boolean {
  return (
    /\bCONCURRENTLY\b/.test(`${label} ${text.toUpperCase()}`) ||
    (label === "VACUUM" && !/\bfull\b/i.test(text))
  );
}

/** Kinds that a server can only meet before it does anything of a statement, however many parts that has. */
const beforeAnything: ReadonlySet<ErrorKind> = new Set(["syntax", "too-many-connections"]);
/** Kinds that can end a statement in the middle of one thing. */
const inTheMiddle: ReadonlySet<ErrorKind> = new Set(["cancelled", "statement-timeout", "disk-full"]);

/** What a refusal means: nothing happened, a part did or may have, or, for a procedure that commits by itself, nobody knows. */
async function refused(
  context: StepContext,
  step: SqlStep,
  statement: Statement,
  before: unknown,
  error: unknown,
): Promise<unknown> {
  const { engine, ledger, ordinal, signal } = context;
  const { effect } = statement;
  const kind = kindOf(engine, error);
  if (error instanceof GodwitError && error.code === "GW4006" && error.cause === undefined) {
    // Stopped before it was sent.
    await ledger.fail(step, ordinal).catch(() => {});
    return error;
  }
  if (lostKinds.has(kind) || !(error instanceof GodwitError)) return error;
  if (effect.type === "opaque" && runsCode(statement) && !beforeAnything.has(kind))
    return unknown(step, error);
  if (effect.type === "opaque" || effect.type === "repeatable") {
    // Where even this fails, the intent stays: the next run repeats the statement, or asks a person.
    await ledger.fail(step, ordinal).catch(() => {});
    const isWhole = beforeAnything.has(kind) || (effect.single === true && !inTheMiddle.has(kind));
    return isWhole ? error : perhapsPartial(error, effect.type === "repeatable");
  }
  // An interrupted build is cleaned up by the next run: to do it now would wait for the same old transactions.
  if (signal?.aborted && effect.type === "index-build") return error;
  let settlement: Settlement;
  try {
    settlement = await settleRefused(context, statement, before);
    await ledger.fail(step, ordinal);
  } catch {
    // The intent stays, and the next attempt asks the catalogue.
    return error;
  }
  return settlement === "not-done" || effect.type !== "definition" ? error : partial(error);
}

/** After a refusal the same picture means that nothing happened, also where after a lost reply it would mean nothing. */
async function settleRefused(
  context: StepContext,
  { effect }: Statement,
  before: unknown,
): Promise<Settlement> {
  if (effect.type === "definition") {
    const now = await context.engine.probe.capture(context.session, effect);
    if (canonical(now) === canonical(before)) return "not-done";
  }
  return askCatalogue(context, effect, before);
}

function runsCode({ label, text }: Statement): boolean {
  if (/^(CALL|DO|EXECUTE|BEGIN)\b/.test(label)) return true;
  return /^SET\b/.test(label) && /\bFOR\s+(CALL|EXECUTE|BEGIN)\b/i.test(text);
}

function unknown(step: SqlStep, error: GodwitError): GodwitError {
  return new GodwitError("GW4004", {
    message: `${error.message}; what it had committed before it failed is not known`,
    hint: decisionHint(step.key),
    details: { ...error.details, kind: "other", key: step.key },
    cause: error.cause,
    outcome: "unknown",
  });
}

/** Refused, and yet something changed: MariaDB drops the tables that are there before it finds one missing. */
function partial(error: GodwitError): GodwitError {
  return new GodwitError(error.code, {
    message: `${error.message}; a part of it took effect all the same`,
    hint: "Compare the database with the statement, and correct the file so that it starts from what is there now.",
    details: { ...error.details, kind: "other" },
    cause: error.cause,
    outcome: "changed",
  });
}

/** Refused, perhaps in the middle of a list: a server that has no transactions for it keeps what it did before. */
function perhapsPartial(error: GodwitError, canBeRepeated: boolean): GodwitError {
  return new GodwitError(error.code, {
    message: `${error.message}; a part of it may have taken effect`,
    hint: canBeRepeated
      ? "Correct the cause, then run the same command again: the whole statement is repeated, which does no harm."
      : "Compare the database with the statement, and correct the file so that it starts from what is there now.",
    // What can't be repeated is not tried again by itself either.
    details: canBeRepeated ? error.details : { ...error.details, kind: "other" },
    cause: error.cause,
    outcome: "unknown",
  });
}

/** The statement has taken effect: a record that fails for a passing reason is written again, the statement never. */
async function recordFirmly(context: StepContext, completion: Completion): Promise<void> {
  const { engine, session, ledger, settings, emit } = context;
  const { step } = completion;
  for (let attempt = 1; ; attempt++) {
    await session.begin();
    crashPoint("bare:before-record");
    try {
      await ledger.finishAndCommit(completion);
      return;
    } catch (error) {
      const native = engine.errors.classify(error);
      if (error instanceof GodwitError || lostKinds.has(native.kind)) throw error;
      // An abort that meant the statement may arrive now: what it did has to be recorded all the same.
      const isPassing = passingKinds.has(native.kind) || native.kind === "cancelled";
      if (!isPassing || attempt > settings.lockRetries) {
        throw new GodwitError("GW5006", {
          message: `${step.title} took effect, but could not be recorded: ${native.message}`,
          hint: "Run the same command again: the catalogue is asked first.",
          details: { key: step.key, native: native.native },
          cause: error,
          outcome: "changed",
        });
      }
      const delayMs = backoffMs(attempt, 200, 5_000);
      const limit = settings.lockRetries;
      emit({
        type: "retry:scheduled",
        key: step.key,
        attempt,
        limit,
        delayMs,
        reason: native.message,
        blockers: [],
      });
      await delay(delayMs);
    }
  }
}

/** What the next step needs for its intent; null where it cannot be announced before it is certain to be sent. */
async function prepareNext(
  context: StepContext,
): Promise<{ step: SqlStep; effect: Effect; before: unknown } | null> {
  const { next, engine, session, signal } = context;
  const statement = next?.kind === "sql" && !next.transaction ? next.statements[0] : undefined;
  if (next?.kind !== "sql" || statement?.effect.type !== "definition" || signal?.aborted) return null;
  const { effect } = statement;
  // Only an effect that the catalogue can tell: otherwise a crash now would leave a question that nobody can answer.
  if (effect.byIdentity === true || effect.repeatDestroys === true) return null;
  try {
    return { step: next, effect, before: await engine.probe.capture(session, effect) };
  } catch (error) {
    if (lostKinds.has(kindOf(engine, error))) throw error;
    return null;
  }
}

/** Captures the state before; an invalid index of an earlier failed build, which the statement would trip over, goes first. */
async function captureClean(context: StepContext, statement: Statement): Promise<unknown> {
  const before = await context.engine.probe.capture(context.session, statement.effect);
  if (statement.effect.type !== "index-build") return before;
  await askCatalogue(context, statement.effect, before);
  return context.engine.probe.capture(context.session, statement.effect);
}
