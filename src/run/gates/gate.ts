import type { FrozenPlan } from "../../core/frozen-plan.ts";
import type { Plan } from "../../core/plan.ts";
import type { Engine, ServerFacts, Session } from "../../engines/engine.ts";
import type { LedgerState } from "../ledger.ts";
import type { GateName } from "../../core/gate-names.ts";
import type { GatePolicy } from "./policy.ts";

/** What a gate looks at. */
export interface GateContext {
  readonly engine: Engine;
  readonly session: Session;
  readonly facts: ServerFacts;
  readonly state: LedgerState;
  readonly plan: Plan;
  /** What the plan does, apart from where. */
  readonly contentHash: string;
  readonly reviewed: FrozenPlan | null;
  readonly policy: GatePolicy;
  /** Only rows of the ledger are written: an operator's word on what has happened. */
  readonly ledgerOnly: boolean;
}

export interface Verdict {
  readonly outcome: "passed" | "skipped" | "failed";
  readonly reason: string;
}

export interface GateState extends Verdict {
  readonly gate: GateName;
}

export const passed = (reason: string): Verdict => ({ outcome: "passed", reason });
export const failed = (reason: string): Verdict => ({ outcome: "failed", reason });
/** What cannot be had is skipped with a record, never silently. */
export const skipped = (reason: string): Verdict => ({ outcome: "skipped", reason });

/** One condition: null where it is not demanded. */
export type Gate = (context: GateContext) => Promise<Verdict | null>;
