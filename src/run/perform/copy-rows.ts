import type { CopyRowsStep } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Session } from "../../engines/engine.ts";
import { ChunkLedger } from "../chunk-ledger.ts";
import { crashPoint } from "../crash-point.ts";
import { backoffMs, delay } from "../delay.ts";
import { isGuardsWord } from "../guard/guards-word.ts";
import { FirstFailure } from "../first-failure.ts";
import { kindOf, passingKinds } from "../failure.ts";
import { interrupted } from "../lock.ts";
import { type ChunkWork, type Copied, copyChunk, type Pair } from "./copy-chunk.ts";
import type { StepContext } from "./context.ts";
import { passPhaseGate, stoppedAtGate } from "./phase-gate.ts";
import { inTransaction } from "./sql.ts";
import { refuseReshaped } from "./refuse-reshaped.ts";
import { renewChanged } from "./renew-changed.ts";
import { sourceOf } from "./source-side.ts";
import { stopped } from "./stopped.ts";
import { watchMoves } from "./watch-moves.ts";
import { WorkQueue } from "./work-queue.ts";

/**
 * Copies tables, several chunks at once. A chunk is read from the source's snapshot and written in one transaction
 * with its row in the ledger, so a kill anywhere leaves whole chunks, and a resumed run copies the others.
 */
export async function performCopyRows(context: StepContext, step: CopyRowsStep): Promise<void> {
  try {
    await copyTables(context, step);
  } catch (error) {
    // What is cancelled leaves its transaction, and so the snapshot, unusable: the step may be tried again.
    await context.crew.dismiss();
    throw error;
  }
  await inTransaction(context, step, async () => {});
  if (step.phase?.stops === true) throw stoppedAtGate(context, step.phase);
}

async function copyTables(context: StepContext, step: CopyRowsStep): Promise<void> {
  const source = sourceOf(context);
  const { crew, engine, ledger, emit } = context;
  const readers = await crew.readers(source, step.jobs);
  const { snapshot } = readers;
  emit({ type: "snapshot:taken", position: snapshot.position, weakness: snapshot.weakness });
  const chunks = new ChunkLedger({
    engine,
    clock: ledger.clock,
    runId: ledger.runId,
    epoch: ledger.epoch,
    stepKey: step.phase?.chunksOf ?? step.key,
  });
  await refuseReshaped(source, readers.sessions[0] as Session, step.tables);
  const writers = await crew.writers(readers.sessions.length);
  const { lockTimeoutMs, statementTimeoutMs } = { ...context.settings, ...step.limits };
  for (const writer of writers) await writer.limit({ lockTimeoutMs, statementTimeoutMs });
  const count = Math.min(readers.sessions.length, writers.length);
  const stop = new AbortController();
  const pairs = Array.from({ length: count }, (_, n): Pair => {
    const [reader, writer] = [readers.sessions[n] as Session, writers[n] as Session];
    const isOneState = snapshot.weakness === null;
    return { step, source, reader, writer, isOneState, stop: stop.signal, movedAt: null };
  });
  const halt = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    void crew.halt();
  };
  /** Each pair does the work at the same time; the first failure stops the others. */
  const together = async (work: (pair: Pair) => Promise<void>): Promise<void> => {
    const failure = new FirstFailure();
    const guarded = async (pair: Pair) => {
      try {
        await work(pair);
      } catch (error) {
        failure.note(error);
        // Told to stop, the others end their batches and hear the same.
        if (!isGuardsWord(error)) halt();
      } finally {
        pair.movedAt = null;
      }
    };
    const sessions = [...readers.sessions, ...writers];
    await crew.working(sessions, () => Promise.all(pairs.map(guarded)), true);
    if (context.signal?.aborted) throw interrupted({ next: step.key });
    failure.throwIfCome();
  };
  context.signal?.addEventListener("abort", halt, { once: true });
  const target = { engine, target: crew.target.target };
  const watch = watchMoves(context, pairs, ({ reader, writer }) => [
    [source, reader],
    [target, writer],
  ]);
  try {
    const known = await renewChanged({ context, source, step, chunks, snapshot, together });
    const queue = new WorkQueue({ context, source, step, chunks, known, snapshot, stop: stop.signal });
    // Who is held back has nothing to wait for any more when the others have taken the last chunk.
    const over = new AbortController();
    const until = AbortSignal.any([over.signal, stop.signal]);
    await together(async (pair) => {
      const waiting = { sessions: [pair.reader, pair.writer], until };
      const place = { worker: pairs.indexOf(pair), workers: pairs.length };
      let tookMs = 0;
      for (;;) {
        await context.guard.batch(step.key, { ...place, tookMs }, waiting);
        const item = await queue.next(pair.reader);
        if (item === null) break;
        const start = performance.now();
        pair.movedAt = start;
        queue.finished(item, await copyPatiently(context, pair, chunks, item));
        // Where there is no other session, nobody else writes them during a step.
        if (pair.writer === context.session) await context.ledger.events.writeDue(pair.writer);
        pair.movedAt = null;
        tookMs = performance.now() - start;
      }
      over.abort();
    });
  } finally {
    watch.stop();
    context.signal?.removeEventListener("abort", halt);
  }
  // In the snapshot that was copied.
  if (step.phase !== undefined) {
    await passPhaseGate({ context, source, reader: readers.sessions[0] as Session, step, chunks });
  }
}

/** A chunk whose transaction was the victim of a deadlock, or waited too long for a lock, is copied again. */
async function copyPatiently(
  context: StepContext,
  pair: Pair,
  chunks: ChunkLedger,
  { table, chunk }: ChunkWork,
): Promise<Copied> {
  const { engine, settings, emit } = context;
  for (let attempt = 1; ; attempt++) {
    try {
      const copied = await copyChunk(context, pair, chunks, { table, chunk });
      crashPoint("chunk:after-commit");
      context.guard.succeeded();
      return copied;
    } catch (error) {
      if (!passingKinds.has(kindOf(engine, error)) || attempt > settings.lockRetries || pair.stop.aborted)
        throw error;
      const delayMs = backoffMs(attempt, 200, 10_000);
      const key = `${tableKey(table.target)}#${chunk.ordinal}`;
      const reason = (error as Error).message;
      context.guard.failed(key, reason);
      emit({
        type: "retry:scheduled",
        key,
        attempt,
        limit: settings.lockRetries,
        delayMs,
        reason,
        blockers: [],
      });
      await delay(delayMs, pair.stop);
      if (pair.stop.aborted) throw stopped();
      await context.guard.pass(key, { sessions: [pair.reader, pair.writer], until: pair.stop });
    }
  }
}
