import { GodwitError } from "../../core/error.ts";
import type { ParallelStep, SqlStep } from "../../core/plan.ts";
import type { Session } from "../../engines/engine.ts";
import { interrupted } from "../lock.ts";
import type { StepContext } from "./context.ts";
import { inTransaction, performSql } from "./sql.ts";
import { settlePart } from "./settle-part.ts";

/**
 * Runs independent statements, several at once, each on its session and with a record of its own. Where one fails,
 * those that run are ended by themselves, no further one is begun, and the others stay recorded.
 */
export async function performParallel(context: StepContext, step: ParallelStep): Promise<void> {
  const { crew, signal } = context;
  const left = step.steps.filter((part) => !isDone(context, part));
  const sessions = left.length === 0 ? [] : await crew.writers(Math.min(step.jobs, left.length));
  let hasFailed = false;
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
    for (let part = left.shift(); part !== undefined && !hasFailed; part = left.shift()) {
      try {
        if (signal?.aborted) throw interrupted({ next: part.key });
        await settlePart(inner, part);
        if (context.done.has(part.key)) continue;
        await performSql(inner, part);
        // Where another part makes the step be tried again, this one is not.
        context.done.set(part.key, { hash: part.hash, kept: null });
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const onAbort = () => void crew.halt();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const ended = await crew.working(sessions, () => Promise.allSettled(sessions.map(work)), true);
    const failure = ended.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
  await inTransaction(context, step, async () => {});
}

function isDone({ done }: StepContext, part: SqlStep): boolean {
  const record = done.get(part.key);
  if (record === undefined) return false;
  if (record.hash === part.hash) return true;
  throw new GodwitError("GW5007", {
    message: `${part.key} took effect in the interrupted run, and is another statement now`,
    details: { key: part.key },
    outcome: "changed",
  });
}
