import { contentHash, type FrozenPlan } from "../core/frozen-plan.ts";
import type { Plan } from "../core/plan.ts";
import { reading } from "../migrate/index.ts";
import { type GateState } from "../run/gates/gate.ts";
import { gateStates } from "../run/gates/pass-gates.ts";
import { readLedger } from "../run/ledger.ts";
import { ofPlan } from "./apply-plan.ts";
import { openProject, type ProjectOptions } from "./options.ts";

/** How the gates stand for a plan, as it would be asked now; empty where nothing is demanded. Reads only. */
export async function gateReport(
  plan: Plan,
  reviewed: FrozenPlan | null,
  options: ProjectOptions,
): Promise<GateState[]> {
  const project = await openProject(reviewed === null ? options : await ofPlan(options, reviewed));
  const { engine, gates: policy } = project;
  if (policy.environment === null && policy.expect === null) return [];
  await engine.syntax.load();
  return reading(project, async (session) => {
    const facts = await engine.connect.facts(session);
    const state = await readLedger(engine, session);
    return gateStates({
      engine,
      session,
      facts,
      state,
      plan,
      reviewed,
      policy,
      contentHash: reviewed?.contentHash ?? contentHash(plan.kind, plan.steps),
      ledgerOnly: false,
    });
  });
}
