import { GodwitError } from "../../core/error.ts";
import type { Emit } from "../../core/event.ts";
import type { Plan } from "../../core/plan.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import { withPlaceholders } from "../../engines/placeholders.ts";

/** What of a run was committed last, by its events. */
export class Checkpoint {
  /** "statement 3 of orders", for people; null before anything was. */
  last: { readonly key: string; readonly what: string } | null = null;
  chunks = 0;
  #isTransaction = true;

  hear(emit: Emit): Emit {
    return (event) => {
      if (event.type === "chunk:finished") {
        this.chunks += 1;
        this.last = { key: event.key, what: `chunk ${event.chunk + 1} of ${event.table}` };
      }
      if (event.type === "step:started") this.#isTransaction = event.transaction;
      // Outside of a transaction each statement commits by itself, those of a script one after another.
      if (event.type === "statement:finished" && !this.#isTransaction) {
        this.last = { key: event.key, what: event.key };
      }
      if (event.type === "step:finished") this.last = { key: event.key, what: event.key };
      emit(event);
    };
  }
}

interface StopContext {
  readonly engine: Engine;
  readonly session: Session;
  readonly runId: string;
  readonly plan: Plan;
  readonly checkpoint: Checkpoint;
  /** The command that goes on, where it is known in its words. */
  readonly resume: string | undefined;
}

/** The guard's word with what whoever reads it needs: where the run stands, what is kept, and the command that goes on. */
export async function stopReport(error: GodwitError, context: StopContext): Promise<GodwitError> {
  const { engine, session, runId, plan, checkpoint } = context;
  const resume = context.resume ?? `godwit ${plan.kind}`;
  const next = String(error.details["next"] ?? "");
  const artifacts = await artifactsOf(engine, session, runId).catch(() => []);
  const last =
    checkpoint.last === null
      ? "nothing was committed by this process"
      : `committed last: ${checkpoint.last.what}`;
  const kept = artifacts.length === 0 ? "" : `; kept: ${artifacts.map(({ name }) => name).join(", ")}`;
  const isStopFile = error.details["signal"] === "stop-file";
  return new GodwitError(error.code, {
    message: `${error.message}; before ${next}, ${last}${kept}`,
    hint: `${isStopFile ? "Remove the stop file; then" : "When that is settled,"} \`${resume}\` goes on with ${next}.`,
    details: {
      ...error.details,
      runId,
      plan: plan.hash,
      lastCommitted: checkpoint.last,
      chunks: checkpoint.chunks,
      artifacts,
      resume,
    },
    outcome: error.outcome,
  });
}

/** Backups and snapshots of rows that the run has made. */
async function artifactsOf(
  engine: Engine,
  session: Session,
  runId: string,
): Promise<{ readonly kind: string; readonly name: string }[]> {
  const sql = `SELECT kind, name FROM ${engine.store.table("artifact")} WHERE run_id = ? ORDER BY created_at, id`;
  const rows = await session.query(withPlaceholders(engine.traits, sql), [runId]);
  return rows.map(({ kind, name }) => ({ kind: String(kind), name: String(name) }));
}
