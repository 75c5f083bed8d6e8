import { type FrozenPlan, thawPlan } from "../../core/frozen-plan.ts";
import { GodwitError } from "../../core/error.ts";
import type { Plan, Step } from "../../core/plan.ts";
import { withPlaceholders } from "../../engines/placeholders.ts";
import { checkStatements } from "./check-statements.ts";
import { databaseState, type Looked } from "./database-state.ts";
import { refuseStale } from "./staleness.ts";

/**
 * A reviewed plan against the database, under the lock: the plan as it is to run, or null where it ran to its end
 * and nothing happened since. A run of the same plan that was interrupted is gone on with, though the database has
 * changed: by that run. Throws GW8101 where anything else has.
 */
export async function checkReviewed(frozen: FrozenPlan, looked: Looked): Promise<Plan | null> {
  const { state, facts, engine } = looked;
  const plan = thawPlan(frozen);
  checkStatements(engine, plan.steps);
  // It runs where the guard aborts the run.
  if (frozen.undo !== null) checkStatements(engine, frozen.undo.steps);
  if (state.unfinished?.planHash === frozen.hash) {
    const { target } = frozen;
    if (target.database !== facts.database || target.engine !== engine.id) {
      throw new GodwitError("GW8101", {
        message: `the plan was made for the database ${target.database}, and this is ${facts.database}`,
      });
    }
    return { ...plan, steps: withoutCompleted(plan.steps, state, state.unfinished.id) };
  }
  if (await isCarriedOut(frozen, looked)) return null;
  if (frozen.kind === "copy") await refuseCopiedSince(frozen, looked);
  await refuseStale(frozen.target, await databaseState(looked), state.history);
  return plan;
}

/** What is left of a run: a unit whose history the run has written is over, and its steps are no longer asked about. */
function withoutCompleted(
  steps: readonly Step[],
  { history }: Looked["state"],
  runId: string,
): readonly Step[] {
  const written = new Set(
    history.flatMap((row) => (row.runId === runId ? [`${row.action} ${row.version}`] : [])),
  );
  const complete = new Set(
    steps
      .filter((step) => step.history.some(({ action, version }) => written.has(`${action} ${version}`)))
      .map(({ unit }) => unit),
  );
  return steps.filter(({ unit }) => !complete.has(unit));
}

/** A run of this very plan ended, wrote all of its history, and is the last that did. */
async function isCarriedOut(frozen: FrozenPlan, { engine, session, state }: Looked): Promise<boolean> {
  const last = state.history.at(-1);
  if (last === undefined) return false;
  const [row] = await session.query(
    withPlaceholders(
      engine.traits,
      `SELECT id FROM ${engine.store.table("run")} WHERE id = ? AND plan_hash = ? AND state = 'done'`,
    ),
    [last.runId, frozen.hash],
  );
  if (row === undefined) return false;
  // A run that another one has ended counts as done, too, and may have left some of its units undone.
  const written = new Set(state.history.flatMap(({ runId, version }) => (runId === row.id ? [version] : [])));
  return frozen.steps.flatMap(({ history }) => history).every(({ version }) => written.has(version));
}

/** Rows leave no trace in a schema: a copy that ended since then may have brought those that this one would. */
async function refuseCopiedSince(frozen: FrozenPlan, { engine, session, state }: Looked): Promise<void> {
  if (state.version === null) return;
  const [row] = await session.query(
    withPlaceholders(
      engine.traits,
      `SELECT id, plan_hash, finished_at FROM ${engine.store.table("run")}
        WHERE kind = 'copy' AND state = 'done' AND finished_at > ? ORDER BY finished_at DESC LIMIT 1`,
    ),
    [frozen.madeAt],
  );
  if (row === undefined) return;
  const which = row.plan_hash === frozen.hash ? "it was carried out" : "another copy was made";
  throw new GodwitError("GW8101", {
    message: `the plan does not fit the database any more: ${which} by the run ${String(row.id)} (${String(row.finished_at)})`,
    details: { run: String(row.id) },
  });
}
