import { digest } from "../core/canonical.ts";
import { type Abandoned, type HistoryChange, type Plan, type RecordStep, sealPlan } from "../core/plan.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { execute, type RunResult } from "../run/executor.ts";
import type { LedgerState } from "../run/ledger.ts";
import { executionOf, fingerprint, type Project } from "./project.ts";

export interface Decision {
  readonly changes: readonly HistoryChange[];
  readonly abandons?: Abandoned;
}

/** A plan of one step that only writes history rows. */
export async function record(
  project: Project,
  intent: unknown,
  decide: (state: LedgerState) => Decision,
): Promise<RunResult> {
  return execute({
    ...executionOf(project),
    intent,
    compile: async (state, facts) => recordPlan(project, state, facts, decide(state)),
  });
}

function recordPlan(
  project: Project,
  state: LedgerState,
  facts: ServerFacts,
  { changes, abandons }: Decision,
): Plan | null {
  if (changes.length === 0) return null;
  const step: RecordStep = {
    kind: "record",
    key: "record",
    title: changes.map(({ action, name }) => `${action} ${name}`).join(", "),
    hash: digest([changes, abandons]),
    unit: "history",
    unitTitle: "history",
    limits: {},
    undo: "the rows before it are kept",
    history: changes,
    ...(abandons === undefined ? {} : { abandons }),
  };
  const head = state.history.at(-1)?.rowHash ?? "";
  return sealPlan({
    kind: "record",
    target: fingerprint(project.engine, facts, head),
    steps: [step],
    hazards: [],
  });
}

export function emptyChange(action: HistoryChange["action"], version: string, name: string): HistoryChange {
  return { action, version, name, kind: "versioned", rawHash: "", sqlHash: "", source: null };
}
