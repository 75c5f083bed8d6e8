import { GodwitError } from "../../core/error.ts";
import type { ParallelPart, ParallelStep } from "../../core/plan.ts";
import type { Session } from "../../engines/engine.ts";
import { FirstFailure } from "../first-failure.ts";
import { interrupted } from "../lock.ts";
import type { DoneStep, StepContext } from "./context.ts";
import { performReadBack } from "./read-back.ts";
import { inTransaction, performSql } from "./sql.ts";
import { settlePart } from "./settle-part.ts";

/**
 * Carries out independent parts, several at once, each on its session and with a record of its own. Where one fails,
 * those that run are ended by themselves, no further one is begun, and the others stay recorded. Nothing is read on.
 */
export async function performParallel(context: StepContext, step: ParallelStep): Promise<void> {
  const { crew, signal } = context;
  const left = step.steps.filter((part) => !isDone(context, part));
  const sessions = left.length === 0 ? [] : await crew.writers(Math.min(step.jobs, left.length));
  const stop = new AbortController();
  const failure = new FirstFailure();
  const work = async (session: Session) => {
    const ledger = session === context.session ? context.ledger : context.ledger.on(session);
    const inner: StepContext = {
      ...context,
      session,
      ledger,
      next: undefined,
      intents: new Map(),
      restore: null,
    };
    for (let part = left.shift(); part !== undefined && !failure.hasCome; part = left.shift()) {
      try {
        if (signal?.aborted) throw interrupted({ next: part.key });
        await context.guard.pass(part.key, { sessions: [session] });
        if (part.kind === "sql") await settlePart(inner, part);
        if (context.done.has(part.key)) continue;
        // Where another part makes the step be tried again, this one is not.
        context.done.set(part.key, await performPart(inner, part, stop.signal));
      } catch (error) {
        failure.note(error);
        stop.abort();
      }
    }
  };
  const onAbort = () => void crew.halt();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await crew.working(sessions, () => Promise.all(sessions.map(work)), true);
    failure.throwIfCome();
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
  await inTransaction(context, step, async () => {});
}

async function performPart(
  context: StepContext,
  part: ParallelPart,
  stopped: AbortSignal,
): Promise<DoneStep> {
  if (part.kind !== "sql") {
    const { signal = stopped } = context;
    return performReadBack({ ...context, signal: AbortSignal.any([signal, stopped]) }, part);
  }
  await performSql(context, part);
  return { hash: part.hash, kept: null };
}

function isDone({ done }: StepContext, part: ParallelPart): boolean {
  const record = done.get(part.key);
  if (record === undefined) return false;
  if (record.hash === part.hash) return true;
  throw new GodwitError("GW5007", {
    message: `${part.key} took effect in the interrupted run, and is another statement now`,
    details: { key: part.key },
    outcome: "changed",
  });
}
