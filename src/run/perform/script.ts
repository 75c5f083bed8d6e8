import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { setImmediate } from "node:timers/promises";
import { deserialize, serialize } from "node:v8";
import { digest, sha256 } from "../../core/canonical.ts";
import { GodwitError } from "../../core/error.ts";
import { type ScriptStep, type SqlStep, type Statement, withoutTransaction } from "../../core/plan.ts";
import type { Row, Value } from "../../engines/engine.ts";
import { kindOf, lostKinds } from "../failure.ts";
import { isGuardsWord } from "../guard/guards-word.ts";
import { isComputed, lostValue } from "../preamble.ts";
import { runBare } from "./bare.ts";
import { durations, type StepContext } from "./context.ts";
import { PendingCall } from "./pending-call.ts";
import { settlePart } from "./settle-part.ts";
import { inTransaction } from "./sql.ts";
import { refuseInterrupted, refuseStopped, runStatement } from "./statement.ts";

/** What a TypeScript migration gets: one session, inside the migration's transaction where the engine has them for DDL. */
export interface MigrationDatabase {
  readonly engine: string;
  /** A statement as written, without parameters; the rows affected, where the server tells. */
  execute(sql: string): Promise<number | null>;
  /** A statement with its values as parameters: db.sql`UPDATE t SET a = ${a}`. Rows; 64-bit integers and decimals as text or bigint. */
  sql(strings: TemplateStringsArray, ...values: Value[]): Promise<Row[]>;
  /** Shown as progress: done and total in any unit, e.g. rows. */
  progress(done: number, total: number | null, unit?: string): void;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal | undefined;
}

/** A migration's function. */
export type MigrationFunction = (db: MigrationDatabase) => Promise<void>;

/**
 * Runs `up` or `down` of a TypeScript migration: in one transaction with its record, or, where DDL has no
 * transactions, statement by statement, each with a record of its own. When such a script is resumed it runs
 * from its start again, and a statement that the ledger has as done is not sent: its kept result is returned. So
 * it must issue the same statements in the same order.
 */
export async function performScript(context: StepContext, step: ScriptStep): Promise<void> {
  const run = await load(step);
  if (step.transaction) {
    await inTransaction(context, step, () => carryOut(context, step, run, inOneTransaction(context, step)));
    return;
  }
  const start = performance.now();
  await carryOut(context, step, run, journaled(context, step));
  refuseUnreached(context, step);
  const { ledger, ordinal, session } = context;
  await session.begin();
  await ledger.finishAndCommit({ step, ordinal, took: durations(context, start), history: step.history });
}

/** An interrupted run sent a statement that the script no longer issues: nobody knows what became of it. */
function refuseUnreached(context: StepContext, step: ScriptStep): void {
  const left = [...context.open.keys()].find((key) => key.startsWith(`${step.key}#`));
  if (left === undefined) return;
  throw new GodwitError("GW5007", {
    message: `${step.file}: the interrupted run sent ${left}, and the script no longer issues it`,
    details: { key: left },
    outcome: "changed",
  });
}

async function load(step: ScriptStep): Promise<MigrationFunction> {
  await refuseChanged(step);
  // The hash keeps an edited file from being served from the module cache of a long-lived process.
  const address = `${pathToFileURL(step.file).href}?${step.hash.slice(0, 12)}`;
  let module: Record<string, unknown>;
  try {
    module = (await import(address)) as Record<string, unknown>;
  } catch (error) {
    const message = `${step.file} could not be loaded: ${(error as Error).message}`;
    throw new GodwitError("GW2009", { message, cause: error });
  }
  const run = module[step.direction];
  if (typeof run === "function") return run as MigrationFunction;
  throw new GodwitError(step.direction === "up" ? "GW2009" : "GW2008", {
    message: `${step.file} has no exported function \`${step.direction}\``,
  });
}

/** The file was read when the plan was made, or checked; steps before this one may have taken hours. */
async function refuseChanged({ file, history }: ScriptStep): Promise<void> {
  const [planned] = history;
  const found = await readFile(file).then(sha256, () => null);
  if (found === planned?.rawHash) return;
  throw new GodwitError("GW8110", {
    message: `${file} was ${found === null ? "taken away" : "changed"} since the run began, and would run as it is now`,
    hint: "Look at who changes the file; then run the same command again, or make a new plan where it is to stay as it is now.",
    details: { files: [file] },
  });
}

/** A statement of the script: as the engine is to get it, and as a parser takes it, with NULL for each value. */
interface Call {
  readonly sql: string;
  readonly parameters: readonly Value[];
  readonly statement: Statement;
}

/** How the calls of a script are carried out: in its one transaction, or each with a record of its own. */
type Carrier = <R>(call: Call, send: () => Promise<R>) => Promise<R>;

/** After these nothing the script does can be right, also when it catches them. */
const finalCodes: ReadonlySet<string> = new Set(["GW4003", "GW4004", "GW4006", "GW5006", "GW5007"]);

async function carryOut(
  context: StepContext,
  step: ScriptStep,
  run: MigrationFunction,
  carry: Carrier,
): Promise<void> {
  const { engine, session, signal, emit } = context;
  const calls: PendingCall<unknown>[] = [];
  const driverErrors = new WeakSet<object>();
  let final: { error: unknown } | null = null;
  let late: string | null = null;
  let hasReturned = false;
  let tail: Promise<unknown> = Promise.resolve();
  const call = <R>(
    sql: string,
    shape: string,
    parameters: readonly Value[],
    send: () => Promise<R>,
  ): Promise<R> => {
    if (hasReturned) {
      late ??= sql;
      // Never settled: the code that forgot to be awaited ends here, and cannot bring the process down.
      return new Promise<R>(() => {});
    }
    const work = async () => {
      const statement = judge(context, step, shape);
      return carry({ sql, parameters, statement }, send).catch((error: unknown) => {
        if (typeof error === "object" && error !== null) driverErrors.add(error);
        const isFinal =
          error instanceof GodwitError
            ? finalCodes.has(error.code) || isGuardsWord(error)
            : lostKinds.has(kindOf(engine, error));
        if (isFinal) final ??= { error };
        throw error;
      });
    };
    // In a row, because a session does one thing at a time.
    const promise = tail.then(work);
    tail = promise.catch(() => {});
    const pending = new PendingCall(sql, promise);
    calls.push(pending);
    return pending;
  };
  const db: MigrationDatabase = {
    engine: engine.id,
    signal,
    execute: (sql) => call(sql, sql, [], () => session.execute(sql)),
    sql(strings, ...values) {
      const sql = strings.reduce((text, part, n) => text + engine.traits.placeholder(n) + part);
      return call(sql, strings.join("NULL"), values, () => session.query(sql, values));
    },
    progress: (done, total, unit = "rows") =>
      emit({ type: "script:progressed", key: step.key, done, total, unit }),
  };
  let thrown: { error: unknown } | null = null;
  try {
    await run(db);
  } catch (error) {
    thrown = { error };
  }
  hasReturned = true;
  const unfinished = calls.find(({ isSettled, isAwaited }) => !isSettled || !isAwaited);
  // What is under way is waited for, and what it wakes up is seen.
  await tail;
  await setImmediate();
  const stop = final as { error: unknown } | null;
  if (stop !== null) throw stop.error;
  refuseInterrupted(context, step);
  if (thrown !== null) throw scriptFailure(step, thrown.error, driverErrors);
  const forgotten = unfinished?.sql ?? late;
  if (forgotten !== null) {
    throw misuse(step, `nothing awaits the statement ${JSON.stringify(forgotten.trim().slice(0, 80))}`);
  }
}

function scriptFailure(step: ScriptStep, error: unknown, driverErrors: WeakSet<object>): unknown {
  if (error instanceof GodwitError) return error;
  if (typeof error === "object" && error !== null && driverErrors.has(error)) return error;
  // Not the database's: whatever its text says, the connection is well.
  return misuse(
    step,
    `${step.direction}() threw: ${error instanceof Error ? error.message : String(error)}`,
    error,
  );
}

function misuse(step: ScriptStep, message: string, cause?: unknown): GodwitError {
  const options = { message: `${step.file}: ${message}`, details: { kind: "other" } };
  return new GodwitError("GW2009", cause === undefined ? options : { ...options, cause });
}

/** Everything in the one transaction that the step has open. */
function inOneTransaction(context: StepContext, step: ScriptStep): Carrier {
  let index = 0;
  return async ({ statement }, send) => {
    refuseStopped(context, step);
    return runStatement(
      context,
      { step: partOf(step, step.key, statement, ""), statement, index: index++, count: 0 },
      send,
    );
  };
}

/** Reads go through; each other statement has its own intent and record under the step's key and its number. */
function journaled(context: StepContext, step: ScriptStep): Carrier {
  let number = 0;
  let tookMs = 0;
  return async <R>({ sql, parameters, ...call }: Call, send: () => Promise<R>): Promise<R> => {
    refuseInterrupted(context, step);
    // A script that works in batches is slowed down as a copy is.
    await context.guard.batch(step.key, { worker: 0, workers: 1, tookMs }, { sessions: [context.session] });
    const start = performance.now();
    const statement = withoutTransaction(call.statement);
    if (statement.session && isComputed(statement) && hasParts(context, step))
      throw lostValue(step.key, statement);
    if (isPureRead(statement) || statement.session) {
      const at = { step: partOf(step, step.key, statement, ""), statement, index: number, count: 0 };
      return runStatement(context, at, send);
    }
    number += 1;
    const key = `${step.key}#${number}`;
    const hash = digest([sql, parameters.map(String)]);
    const part = partOf(step, key, statement, hash);
    // Settled here and not before: the names mean what the script's settings up to this call make of them.
    await settlePart(context, part);
    const recorded = context.done.get(key);
    if (recorded !== undefined) return recall<R>(step, number, hash, recorded);
    const inner = { ...context, next: undefined };
    const at = { step: part, statement, index: 0, count: 1 };
    let result: R | undefined;
    const sent = async () => {
      result = await runStatement(context, at, send);
      return keep(result);
    };
    const kept = statement.transactional
      ? await inTransaction(inner, part, sent)
      : await runBare(inner, part, statement, sent);
    context.done.set(key, { hash, kept: { result: kept } });
    tookMs = performance.now() - start;
    return result as R;
  };
}

function hasParts(context: StepContext, step: ScriptStep): boolean {
  return [...context.done.keys()].some((key) => key.startsWith(`${step.key}#`));
}

const readLabels = /^(SELECT|SHOW|EXPLAIN|WITH|DESCRIBE|VALUES|TABLE)\b/i;
const writingWords = /\b(insert|update|delete|merge|replace|into|call|analyze|analyse|lock)\b/i;
/** What may stand before a parenthesis in a statement that runs no code of the user's. */
const harmlessBefore = new Set(
  "in values select and or not from where as on exists any all some join union over by using distinct case when then else with count sum min max avg coalesce nullif lower upper length char_length concat substring substr trim round abs floor ceil cast now".split(
    " ",
  ),
);

/** Whether repeating it on a resume changes nothing: it reads, and calls nothing that could write. */
function isPureRead({ label, text }: Statement): boolean {
  const bare = text.replaceAll(/'(?:[^'\\]|\\.|'')*'|"[^"]*"|`[^`]*`/g, "''");
  if (!readLabels.test(label) || writingWords.test(bare)) return false;
  return [...bare.matchAll(/([\w$]+)\s*\(/g)].every(([, word = ""]) =>
    harmlessBefore.has(word.toLowerCase()),
  );
}

function partOf(step: ScriptStep, key: string, statement: Statement, hash: string): SqlStep {
  const { unit, unitTitle, limits, undo, file } = step;
  const transaction = statement.transactional;
  const common = { key, unit, unitTitle, limits, undo, file, hash, history: [] as const };
  return {
    kind: "sql",
    title: statement.label,
    transaction,
    statements: [statement],
    preamble: [],
    ...common,
  };
}

/** A result longer than this is not kept: a resumed script that needs it is refused. */
const keptChars = 1_048_576;

/** Results are kept exactly: 64-bit integers, bytes and dates survive, which JSON would lose. */
function keep(result: unknown): string | null {
  const text = serialize(result).toString("base64");
  return text.length <= keptChars ? text : null;
}

function restore(kept: unknown): unknown {
  return typeof kept === "string" ? deserialize(Buffer.from(kept, "base64")) : null;
}

function recall<R>(
  step: ScriptStep,
  number: number,
  hash: string,
  recorded: { hash: string; kept: unknown },
): R {
  const refuse = (why: string) =>
    new GodwitError("GW5007", {
      message: `${step.file}: statement ${number} already took effect, and ${why}`,
      details: { key: `${step.key}#${number}` },
      outcome: "changed",
    });
  if (recorded.hash !== hash) throw refuse("the script now issues another one in its place");
  const { result } = (recorded.kept ?? {}) as { result?: unknown };
  if (result === null) throw refuse("its result was too large to be kept");
  // Its record was made after the fact, from the catalogue: it was DDL, which has no rows.
  return (result === undefined ? null : restore(result)) as R;
}

function judge(context: StepContext, step: ScriptStep, shape: string): Statement {
  const [statement, more] = context.engine.syntax.statements(shape, step.file);
  if (statement !== undefined && more === undefined) return statement;
  throw misuse(step, "a call must hold exactly one SQL statement");
}
