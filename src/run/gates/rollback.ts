import { undoHash } from "../../core/frozen-plan.ts";
import { readArtifacts } from "../artifact-ledger.ts";
import { failed, type Gate, type GateContext, passed, skipped } from "./gate.ts";

/** The way back was rehearsed: it left the schema as it was, and was quick enough. */
export const rollbackGate: Gate = async (context) => {
  const budgetMs = context.policy.demands.rollbackMs;
  if (budgetMs === null) return null;
  if (context.plan.kind === "rollback") return skipped("the plan is itself the way back");
  if (context.plan.kind === "copy") {
    return skipped("a copy only makes what was not there: it is undone by dropping that");
  }
  const rehearsals = await rehearsalsOf(context);
  if (rehearsals.length === 0) return failed("this plan was not rehearsed: `godwit rehearse`");
  const rehearsal = rehearsals.find(({ undo }) => isWayBack(undo, context));
  if (rehearsal === undefined) {
    return failed("it was rehearsed with another way back than the plan has: `godwit rehearse`");
  }
  const { backMs, at } = rehearsal;
  return backMs <= budgetMs
    ? passed(`rehearsed ${at}: the way back took ${backMs} ms`)
    : failed(`in its rehearsal of ${at} the way back took ${backMs} ms, and it may take ${budgetMs} ms`);
};

/** The newest first. */
async function rehearsalsOf({ engine, session, contentHash }: GateContext) {
  const found = await readArtifacts(engine, session, "rehearsal");
  return found
    .filter(({ state, name }) => state === "verified" && name === contentHash)
    .map(({ body, createdAt: at }) => {
      const { backMs, undo } = body as { backMs: number; undo?: string };
      return { backMs, undo, at };
    });
}

/** Without a document nothing says what the way back will be. */
function isWayBack(undo: string | undefined, { reviewed }: GateContext): boolean {
  return reviewed === null || undo === undoHash(reviewed.undo);
}
