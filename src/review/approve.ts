import { type Approval, approvalMessage, approvalSeal } from "../core/approval.ts";
import type { FrozenPlan } from "../core/frozen-plan.ts";
import { GodwitError } from "../core/error.ts";
import { personName } from "../core/person-name.ts";
import { type AllowedApprovers, objectionTo, refusal } from "../run/reviewed/check-approvals.ts";
import type { SigningKey } from "./signing-key.ts";

export interface ApprovalRequest {
  readonly approver: string;
  readonly ticket: string | null;
  /** Dangers of the plan that are agreed to, by their types. */
  readonly accepts: readonly string[];
  readonly key: SigningKey | null;
  readonly allowed: AllowedApprovers;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** The plan with one approval more. Throws GW8104 where it would not count, GW1001 for a name that is none. */
export async function approvePlan(plan: FrozenPlan, request: ApprovalRequest): Promise<FrozenPlan> {
  const { approver, ticket, key, at, allowed } = request;
  const named = {
    approver: personName(approver, "--as"),
    ticket: ticket === null ? null : personName(ticket, "--ticket"),
    approvedAt: at,
    accepts: agreedTo(plan, request.accepts),
    key: key?.publicKey ?? null,
  };
  // Before anybody is asked for a passphrase.
  const unsigned = objectionTo(
    plan,
    { ...named, key: null, signature: null, seal: "" },
    {
      allowed: null,
      earlier: plan.approvals,
    },
  );
  if (unsigned !== null) throw refusal(plan, approver, unsigned);
  const signature = key === null ? null : await key.sign(approvalMessage(plan, named));
  const signed = { ...named, signature };
  const approval: Approval = { ...signed, seal: approvalSeal(plan, signed) };
  const objection = objectionTo(plan, approval, { allowed, earlier: plan.approvals });
  if (objection !== null) throw refusal(plan, approver, objection);
  return { ...plan, approvals: [...plan.approvals, approval] };
}

/** A danger is agreed to knowingly: each by its type, and none that the plan has not. */
function agreedTo(plan: FrozenPlan, accepts: readonly string[]): string[] {
  const dangers = new Map(
    plan.hazards.flatMap(({ type, level, message }) =>
      level === "danger" ? [[type, message] as const] : [],
    ),
  );
  const unknown = accepts.filter((type) => !dangers.has(type));
  if (unknown.length > 0) {
    const has = dangers.size === 0 ? "it has none" : `it has ${[...dangers.keys()].join(", ")}`;
    throw new GodwitError("GW1001", { message: `the plan has no danger ${unknown.join(", ")}; ${has}` });
  }
  const open = [...dangers].filter(([type]) => !accepts.includes(type));
  if (open.length > 0) {
    const list = open.map(([type, message]) => `${type} (${message})`).join("; ");
    throw new GodwitError("GW8104", {
      message: `the plan has dangers that an approval names: ${list}`,
      hint: `Look at the plan; then approve it with --allow ${[...dangers.keys()].join(",")}.`,
      details: { dangers: [...dangers.keys()] },
    });
  }
  return [...dangers.keys()].sort();
}
