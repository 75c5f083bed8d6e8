import { contentHash, type FrozenPlan } from "../../core/frozen-plan.ts";
import type { Plan, Step } from "../../core/plan.ts";
import { keyFingerprint } from "../../core/ssh-key.ts";
import { actor } from "../actor.ts";

/** What the ledger keeps of a run's plan. */
export interface PlanRecord {
  /** Of the plan, or of the reviewed document. */
  readonly hash: string;
  readonly contentHash: string;
  readonly author: string;
  /** Null: when the run began. */
  readonly madeAt: string | null;
  /** JSON; null where nothing is kept. */
  readonly body: string | null;
  readonly approvals: readonly {
    readonly approver: string;
    readonly ticket: string | null;
    readonly approvedAt: string;
    readonly keyFingerprint: string | null;
    readonly signature: string | null;
  }[];
}

/** Of a plan whose JSON is longer than this, only the outline is kept: a server takes a row of 16 MB by default. */
const maxBodyChars = 1024 * 1024;

/** A run that only writes rows of the ledger has no plan worth keeping. */
export function planRecord(plan: Plan, reviewed: FrozenPlan | undefined): PlanRecord {
  if (reviewed === undefined) {
    return {
      hash: plan.hash,
      contentHash: contentHash(plan.kind, plan.steps),
      author: actor(),
      madeAt: null,
      // A copy's run keeps its steps already, to go on with them.
      body: plan.kind === "record" ? null : bodyOf(plan, plan.kind === "copy"),
      approvals: [],
    };
  }
  return {
    hash: reviewed.hash,
    contentHash: reviewed.contentHash,
    author: reviewed.author,
    madeAt: reviewed.madeAt,
    body: bodyOf(reviewed, false),
    approvals: reviewed.approvals.map(({ approver, ticket, approvedAt, key, signature }) => ({
      approver,
      ticket,
      approvedAt,
      keyFingerprint: key === null ? null : keyFingerprint(key),
      signature,
    })),
  };
}

function bodyOf(plan: Plan | FrozenPlan, isKeptElsewhere: boolean): string {
  const whole = isKeptElsewhere ? null : JSON.stringify(plan);
  if (whole !== null && whole.length <= maxBodyChars) return whole;
  const { format, kind, hash } = plan;
  return JSON.stringify({ format, kind, hash, outline: true, steps: plan.steps.map(outlineOf) });
}

function outlineOf({ kind, key, title, unit, unitTitle, hash }: Step): unknown {
  return { kind, key, title, unit, unitTitle, hash };
}
