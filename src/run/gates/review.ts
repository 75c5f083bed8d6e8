import { dangersOf } from "../reviewed/impact.ts";
import { failed, type Gate, type GateContext, passed } from "./gate.ts";

/** The change has a ticket: named by the plan, or by who approved it. */
export const ticketGate: Gate = async ({ policy, reviewed }) => {
  if (!policy.demands.ticket) return null;
  const tickets = [reviewed?.ticket, ...(reviewed?.approvals ?? []).map(({ ticket }) => ticket)];
  const found = tickets.find((ticket) => ticket != null);
  return found == null ? failed("no ticket is named, by the plan or by an approval") : passed(found);
};

/** Others than the author have approved this very plan. Approvals that do not count never come as far as here. */
export const approvalGate: Gate = async ({ policy, reviewed }) => {
  const needed = policy.demands.approvals;
  if (needed === 0) return null;
  if (reviewed === null) return failed("only a plan from a file can be approved");
  const names = reviewed.approvals.map(
    ({ approver, key }) => `${approver}${key === null ? "" : " (signed)"}`,
  );
  const said = names.length === 0 ? "nobody has approved it" : `approved by ${names.join(", ")}`;
  return names.length < needed ? failed(`${said}, and ${needed} have to`) : passed(said);
};

/** Each kind of danger in the plan is agreed to by its name. */
export const impactGate: Gate = async (context) => {
  if (!context.policy.demands.impact) return null;
  const dangers = dangersIn(context);
  if (dangers.length === 0) return passed("no danger is known of it");
  const agreed = new Set([
    ...context.policy.accepted,
    ...(context.reviewed?.approvals ?? []).flatMap(({ accepts }) => accepts),
  ]);
  const open = dangers.filter((type) => !agreed.has(type));
  return open.length === 0
    ? passed(`agreed to: ${dangers.join(", ")}`)
    : failed(`nobody has agreed to ${open.join(", ")}`);
};

function dangersIn({ engine, plan }: GateContext): string[] {
  return dangersOf(engine, plan);
}
