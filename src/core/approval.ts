import { canonicalJson, digest } from "./canonical.ts";

/** A person's word that a plan may run. It is bound to the plan's hash: an edited plan has none. */
export interface Approval {
  readonly approver: string;
  readonly ticket: string | null;
  /** By the approver's own clock, ISO 8601 in UTC: nothing depends on it. */
  readonly approvedAt: string;
  /** Kinds of danger that were agreed to by name. */
  readonly accepts: readonly string[];
  /** The public key that signed it, as OpenSSH writes it; null where it is not signed. */
  readonly key: string | null;
  /** An SSH signature of {@link approvalMessage}, in its armour. */
  readonly signature: string | null;
  /** SHA-256 of the message: finds damage, and an edit by hand. Against a forger only a signature helps. */
  readonly seal: string;
}

type ApprovedPlan = { readonly hash: string; readonly author: string };

/** What an approval says, as the text that is signed. */
export function approvalMessage(plan: ApprovedPlan, approval: Omit<Approval, "signature" | "seal">): string {
  const { approver, ticket, approvedAt, accepts, key } = approval;
  const { hash, author } = plan;
  return `${canonicalJson({ godwit: "approval", plan: hash, author, approver, ticket, approvedAt, accepts, key })}\n`;
}

/** The seal that an approval of that plan should have. */
export function approvalSeal(plan: ApprovedPlan, approval: Omit<Approval, "seal">): string {
  return digest([approvalMessage(plan, approval), approval.signature]);
}

/** Whether two names mean one person: case, spaces around and compatible spellings make no other one. */
export function isSamePerson(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

function folded(name: string): string {
  return name.normalize("NFKC").trim().replaceAll(/\s+/gu, " ").toLowerCase();
}
