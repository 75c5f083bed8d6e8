import { pathToFileURL } from "node:url";
import { digest } from "../../core/canonical.ts";
import { GodwitError } from "../../core/error.ts";
import type { ScriptStep, SqlStep, Statement } from "../../core/plan.ts";
import type { Row, Value } from "../../engines/engine.ts";
import { lostKinds, statementFailure } from "../failure.ts";
import { durations, type StepContext } from "./context.ts";
import { inTransaction, runBare } from "./sql.ts";

/** What a TypeScript migration gets: one session, inside the migration's transaction where the engine has them for DDL. */
export interface MigrationDatabase {
  readonly engine: string;
  /** A statement as written, without parameters; the rows affected, where the server tells. */
  execute(sql: string): Promise<number | null>;
  /** A statement with its values as parameters: db.sql`UPDATE t SET a = ${a}`. Rows; 64-bit integers and decimals as text or bigint. */
  sql(strings: TemplateStringsArray, ...values: Value[]): Promise<Row[]>;
  /** A statement with `?` parameters; `??` is a literal question mark. */
  query(sql: string, parameters?: readonly Value[]): Promise<Row[]>;
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
 * from its start again, and the statements that the ledger has as done are skipped; so it must issue the same
 * statements in the same order.
 */
export async function performScript(context: StepContext, step: ScriptStep): Promise<void> {
  const run = await load(step);
  if (step.transaction) {
    await inTransaction(context, step, () => run(wholeDatabase(context, step)));
    return;
  }
  const start = performance.now();
  await run(journaledDatabase(context, step));
  await context.session.begin();
  await context.ledger.finishAndCommit({
    step,
    ordinal: context.ordinal,
    took: durations(context, start),
    history: step.history,
  });
}

async function load(step: ScriptStep): Promise<MigrationFunction> {
  let module: Record<string, unknown>;
  try {
    // The hash keeps an edited file from being served from the module cache of a long-lived process.
    module = (await import(`${pathToFileURL(step.file).href}?${step.hash.slice(0, 12)}`)) as Record<
      string,
      unknown
    >;
  } catch (error) {
    throw new GodwitError("GW2009", {
      message: `${step.file} could not be loaded: ${(error as Error).message}`,
      cause: error,
    });
  }
  const run = module[step.direction];
  if (typeof run === "function") return run as MigrationFunction;
  throw new GodwitError(step.direction === "up" ? "GW2009" : "GW2008", {
    message: `${step.file} has no exported function \`${step.direction}\``,
  });
}

/** Everything in the one transaction that the step has open. */
function wholeDatabase(context: StepContext, step: ScriptStep): MigrationDatabase {
  const { session } = context;
  let index = 0;
  const call = async <R>(sql: string, work: () => Promise<R>): Promise<R> => {
    const statement = judge(context, step, sql);
    const start = performance.now();
    context.signal?.throwIfAborted();
    context.emit({
      type: "statement:started",
      key: step.key,
      index,
      count: 0,
      label: statement.label,
      line: statement.line,
    });
    const result = await work().catch((error: unknown) => {
      throw describe(context, step, statement, error);
    });
    const durationMs = Math.round(performance.now() - start);
    const rows = typeof result === "number" ? result : null;
    context.emit({ type: "statement:finished", key: step.key, index: index++, rows, durationMs });
    return result;
  };
  return surface(context, step, {
    execute: (sql) => call(sql, () => session.execute(sql)),
    query: (sql, parameters) => call(sql, () => session.query(sql, parameters)),
  });
}

/** Reads go through; each other statement has its own intent and record under the step's key and its number. */
function journaledDatabase(context: StepContext, step: ScriptStep): MigrationDatabase {
  let number = 0;
  const call = async <R>(
    sql: string,
    parameters: readonly Value[],
    work: () => Promise<R>,
    skipped: R,
  ): Promise<R> => {
    context.signal?.throwIfAborted();
    const statement = judge(context, step, sql);
    if (/^(SELECT|SHOW|EXPLAIN|WITH|DESCRIBE|VALUES|SET)\b/i.test(statement.label)) return work();
    number += 1;
    const key = `${step.key}#${number}`;
    const hash = digest([sql, parameters.map(String)]);
    const recorded = context.done.get(key);
    if (recorded !== undefined) {
      if (recorded === hash) return skipped;
      throw new GodwitError("GW5007", {
        message: `${step.file}: statement ${number} already took effect, and the script now issues another one in its place`,
        details: { key },
        outcome: "changed",
      });
    }
    const part: SqlStep = {
      kind: "sql",
      key,
      title: statement.label,
      hash,
      unit: step.unit,
      unitTitle: step.unitTitle,
      history: [],
      limits: step.limits,
      undo: step.undo,
      file: step.file,
      transaction: statement.transactional,
      statements: [statement],
      preamble: [],
    };
    let result = skipped;
    const inner = { ...context, next: undefined };
    if (statement.transactional) {
      await inTransaction(inner, part, async () => {
        result = await work().catch((error: unknown) => {
          throw describe(context, step, statement, error);
        });
      });
    } else {
      await runBare(inner, part, statement);
    }
    return result;
  };
  return surface(context, step, {
    execute: (sql) => call<number | null>(sql, [], () => context.session.execute(sql), null),
    query: (sql, parameters = []) =>
      call<Row[]>(sql, parameters, () => context.session.query(sql, parameters), []),
  });
}

/** The public face; calls are put in a row, because a session does one thing at a time. */
function surface(
  context: StepContext,
  step: ScriptStep,
  calls: Pick<MigrationDatabase, "execute" | "query">,
): MigrationDatabase {
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <R>(work: () => Promise<R>): Promise<R> => {
    const result = tail.then(work);
    tail = result.catch(() => {});
    return result;
  };
  return {
    engine: context.engine.id,
    signal: context.signal,
    execute: (sql) => inTurn(() => calls.execute(sql)),
    query: (sql, parameters = []) => inTurn(() => calls.query(sql, parameters)),
    sql: (strings, ...values) =>
      inTurn(() => calls.query(strings.map((part) => part.replaceAll("?", "??")).join("?"), values)),
    progress: (done, total, unit = "rows") =>
      context.emit({ type: "script:progressed", key: step.key, done, total, unit }),
  };
}

function judge(context: StepContext, step: ScriptStep, sql: string): Statement {
  const [statement, more] = context.engine.syntax.statements(withoutPlaceholders(sql), step.file);
  if (statement !== undefined && more === undefined) return statement;
  throw new GodwitError("GW2009", { message: `${step.file}: a call must hold exactly one SQL statement` });
}

/** The statement as a parser takes it: NULL for each `?`, `?` for each `??`; quoted text as it is. */
function withoutPlaceholders(sql: string): string {
  return sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\?\??/g, (match) =>
    match === "?" ? "NULL" : match === "??" ? "?" : match,
  );
}

function describe(context: StepContext, step: ScriptStep, statement: Statement, error: unknown): unknown {
  if (error instanceof GodwitError) return error;
  const native = context.engine.errors.classify(error);
  if (lostKinds.has(native.kind)) return error;
  return statementFailure(native, { file: step.file, statement, key: step.key }, "unchanged", error);
}
