import { type Approval, approvalMessage, isSamePerson } from "../../core/approval.ts";
import type { FrozenPlan } from "../../core/frozen-plan.ts";
import { GodwitError } from "../../core/error.ts";
import { isSignedBy } from "../../core/ssh-signature.ts";

/** Who may approve, with their public keys; null: anybody but the author. */
export type AllowedApprovers = Readonly<Record<string, string | null>> | null;

/** Throws GW8104 for the first approval that does not count; one that does not is no mere lack of one. */
export function checkApprovals(plan: FrozenPlan, allowed: AllowedApprovers): void {
  for (const [index, approval] of plan.approvals.entries()) {
    const why = objectionTo(plan, approval, { allowed, earlier: plan.approvals.slice(0, index) });
    if (why !== null) throw refusal(plan, approval.approver, why);
  }
}

/** Why an approval does not count, beside those before it; null where it does. */
export function objectionTo(
  plan: FrozenPlan,
  approval: Approval,
  { allowed, earlier }: { readonly allowed: AllowedApprovers; readonly earlier: readonly Approval[] },
): string | null {
  const { approver, key, signature } = approval;
  if (isSamePerson(approver, plan.author)) return "is the author of the plan";
  if (earlier.some((other) => isSamePerson(other.approver, approver))) return "has approved it already";
  if (key !== null && earlier.some((other) => other.key === key)) {
    return "signed with a key that has approved it already under another name";
  }
  if ((key === null) !== (signature === null)) return "has a key without a signature, or the reverse";
  if (key !== null && !isSignedBy(approvalMessage(plan, approval), signature ?? "", key)) {
    return "has a signature that is not of this plan, or not by the key that it names";
  }
  return allowed === null ? null : objectionOfList(approval, allowed);
}

function objectionOfList({ approver, key }: Approval, allowed: NonNullable<AllowedApprovers>): string | null {
  const entry = Object.entries(allowed).find(([name]) => isSamePerson(name, approver));
  if (entry === undefined) {
    const names = Object.keys(allowed);
    return `is none of the approvers of the configuration (${names.join(", ") || "there are none"})`;
  }
  const [, listed] = entry;
  if (listed !== null) {
    if (key === null) return "did not sign, and the configuration has a key of theirs";
    return key === listed ? null : "signed with another key than the configuration has of them";
  }
  const someHaveKeys = Object.values(allowed).some((other) => other !== null);
  return someHaveKeys ? "has no key in the configuration, where others do" : null;
}

export function refusal(plan: FrozenPlan, approver: string, why: string): GodwitError {
  return new GodwitError("GW8104", {
    message: `${approver} ${why}`,
    details: { approver, plan: plan.hash },
  });
}
