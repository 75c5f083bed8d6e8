import { GodwitError } from "../../core/error.ts";
import type { Emit } from "../../core/event.ts";
import { backupGate } from "./backup.ts";
import { environmentGate } from "./environment.ts";
import { failed, type Gate, type GateContext, type GateState, skipped, type Verdict } from "./gate.ts";
import { type GateName, gateNames } from "../../core/gate-names.ts";
import { phasesGate } from "./phases.ts";
import type { GatePolicy } from "./policy.ts";
import { approvalGate, impactGate, ticketGate } from "./review.ts";
import { rollbackGate } from "./rollback.ts";
import { snapshotGate } from "./snapshot.ts";
import { stagingGate } from "./staging.ts";

const gates: Readonly<Record<GateName, Gate>> = {
  environment: environmentGate,
  ticket: ticketGate,
  approval: approvalGate,
  impact: impactGate,
  backup: backupGate,
  staging: stagingGate,
  rollback: rollbackGate,
  snapshot: snapshotGate,
  phases: phasesGate,
};

/** How each gate stands; empty where no environment is set. `only` these, where the others were passed before. */
export async function gateStates(
  context: GateContext,
  only: readonly GateName[] = gateNames,
): Promise<GateState[]> {
  if (context.policy.environment === null && context.policy.expect === null) return [];
  refuseUnknownSkips(context.policy);
  const states: GateState[] = [];
  // One after the other: a session does one thing at a time.
  for (const gate of only) states.push({ gate, ...(await stateOf(gate, context)) });
  return states;
}

async function stateOf(gate: GateName, context: GateContext): Promise<Verdict> {
  const { policy } = context;
  const skip = policy.skips.find((each) => each.gate === gate);
  const verdict = await gates[gate](context).catch((error: unknown) => {
    // What cannot be asked is not passed; a lost connection of the target ends the attempt.
    if (error instanceof GodwitError) return failed(`it could not be asked: ${error.message}`);
    throw error;
  });
  if (verdict === null) return skipped(`not demanded in ${policy.environment ?? "this configuration"}`);
  if (verdict.outcome !== "failed" || skip === undefined) return verdict;
  return skipped(`${skip.reason} (it is closed: ${verdict.reason})`);
}

/**
 * Checks every condition of the environment, under the lock and before the first write. Throws GW8105 where only
 * people are missing, GW8107 where the name was not typed, GW8106 for everything else.
 */
export async function passGates(
  context: GateContext,
  emit: Emit,
  only?: readonly GateName[],
): Promise<readonly GateState[]> {
  const states = await gateStates(context, only);
  for (const { gate, outcome, reason } of states) emit({ type: "gate:settled", gate, outcome, reason });
  const closed = states.filter(({ outcome }) => outcome === "failed");
  if (closed.length === 0) return states;
  const environment = context.policy.environment ?? "the configuration";
  const errors = closed.map(({ gate, reason }) => `${gate}: ${reason}`);
  throw new GodwitError(codeOf(closed, context), {
    message: `${environment} demands what is not there: ${errors.join("; ")}`,
    details: { gates: states },
  });
}

function codeOf(closed: readonly GateState[], { policy }: GateContext): "GW8105" | "GW8106" | "GW8107" {
  const names = closed.map(({ gate }) => gate);
  if (names.every((gate) => gate === "ticket" || gate === "approval")) return "GW8105";
  const isName = names.length === 1 && names[0] === "environment" && policy.demands.confirm;
  return isName && closed[0]?.reason.startsWith("the database's name") === true ? "GW8107" : "GW8106";
}

function refuseUnknownSkips({ skips, skippable, environment }: GatePolicy): void {
  for (const { gate } of skips) {
    if (skippable.includes(gate)) continue;
    const which = skippable.length === 0 ? "none may" : `only ${skippable.join(", ")} may`;
    throw new GodwitError("GW8106", {
      message: `the gate ${gate} may not be skipped in ${environment ?? "this configuration"}: ${which}`,
      hint: "gates.skip of the configuration lists those that may.",
      details: { gate, skippable },
    });
  }
}
