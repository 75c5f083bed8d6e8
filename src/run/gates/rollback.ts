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
  const rehearsal = await newestRehearsal(context);
  if (rehearsal === null) return failed("this plan was not rehearsed: `godwit rehearse`");
  const { backMs, at } = rehearsal;
  return backMs <= budgetMs
    ? passed(`rehearsed ${at}: the way back took ${backMs} ms`)
    : failed(`in its rehearsal of ${at} the way back took ${backMs} ms, and it may take ${budgetMs} ms`);
};

async function newestRehearsal({ engine, session, contentHash }: GateContext) {
  const found = await readArtifacts(engine, session, "rehearsal");
  const newest = found.find(({ state, name }) => state === "verified" && name === contentHash);
  return newest === undefined
    ? null
    : { backMs: (newest.body as { backMs: number }).backMs, at: newest.createdAt };
}
