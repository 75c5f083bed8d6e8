import type { FrozenPlan } from "../../core/frozen-plan.ts";
import type { GateState } from "../../run/gates/gate.ts";
import { type Block, heading, list, table } from "./document.ts";
import { placeOf } from "./plan-sections.ts";

/** What people tick off and sign. */
export function checklistSections(plan: FrozenPlan, gates: readonly GateState[], file: string): Block[] {
  const dangers = plan.hazards.filter(({ level }) => level === "danger");
  const waits = plan.locks.filter(({ blocks }) => blocks === "reads and writes");
  const blocked = [...new Set(waits.map(({ object }) => object))];
  return [
    heading(2, "Checklist"),
    heading(3, "Before"),
    list("boxes", [
      `The plan ${plan.hash.slice(0, 12)} was read by somebody else than ${plan.author}`,
      ...dangers.map(
        ({ step, statement, message }) => `Agreed: ${placeOf(plan, step, statement)} ${message}`,
      ),
      ...blocked.map((object) => `Nobody needs ${object} while its statements run`),
      ...gates
        .filter(({ outcome, reason }) => outcome !== "passed" && !reason.startsWith("not demanded"))
        .map(({ gate, reason }) => `Gate ${gate}: ${reason}`),
      "Those who use the database know when it happens",
      "Who watches, and who decides to go back, is named below",
    ]),
    heading(3, "While it runs"),
    list("boxes", [`godwit apply ${file} has ended with exit code 0`]),
    heading(3, "After"),
    list("boxes", [
      "godwit status shows nothing that is pending or wrong",
      "The programs that use the database work",
      "The plan's file and the run's output are kept",
    ]),
    heading(3, "Owners and sign-off"),
    table(
      ["Part", "Name", "Date", "Signature"],
      [
        ["Author", plan.author, plan.madeAt.slice(0, 10), ""],
        ...plan.approvals.map(({ approver, approvedAt, key }) => [
          "Approved",
          approver,
          approvedAt.slice(0, 10),
          key === null ? "" : "signed with a key",
        ]),
        ["Runs it", "", "", ""],
        ["Watches", "", "", ""],
        ["Decides to go back", "", "", ""],
        ["Accepts the result", "", "", ""],
      ],
    ),
  ];
}
