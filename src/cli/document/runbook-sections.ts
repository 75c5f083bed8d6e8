import type { FrozenPlan } from "../../core/frozen-plan.ts";
import { type Block, heading, list, paragraph, shell } from "./document.ts";
import { undoBlocks } from "./plan-sections.ts";

/** What to type, in order, and what to do when it does not go as planned. Only commands that there are. */
export function runbookSections(plan: FrozenPlan, file: string): Block[] {
  const profile = plan.target.profile === null ? "" : ` --profile ${plan.target.profile}`;
  const isCopy = plan.kind === "copy";
  const back =
    plan.kind === "apply"
      ? [`godwit rollback${profile} --dry-run -o rollback.json`, `godwit apply rollback.json${profile}`]
      : plan.kind === "rollback"
        ? [`godwit plan${profile} -o again.json`, `godwit apply again.json${profile}`]
        : [];
  return [
    heading(2, "Runbook"),
    heading(3, "Before"),
    shell([`godwit plan ${file}${profile}`, `godwit doctor${profile}`].join("\n")),
    paragraph(
      "The first shows the plan with its gates as they are now, the second what would trouble the run.",
    ),
    heading(3, "Run"),
    shell(`godwit apply ${file}${profile}`),
    paragraph(
      "It takes the run lock, compares the database with the plan, and asks the gates. Where one of them objects, nothing is changed.",
    ),
    heading(3, "Validate"),
    shell(
      isCopy
        ? `godwit verify SOURCE TARGET`
        : [`godwit status${profile} --exit-code`, `godwit validate${profile}`].join("\n"),
    ),
    heading(3, "If it stops"),
    list("bullets", [
      "Look at the message: it says what failed, what was not changed, and the next command.",
      `Run the same command again: godwit apply ${file}${profile}. It goes on where it stopped; nothing is done twice.`,
      `Exit code 4: another run holds the lock. godwit status${profile} names it.`,
      "GW4004: nobody can tell whether a statement took effect. Look at the database, then godwit repair --done KEY or --not-done KEY.",
      "GW8101: the database is no longer as it was planned. Nothing was changed; make a new plan, and have it reviewed.",
    ]),
    heading(3, "Go back"),
    ...(back.length === 0 ? [] : [shell(back.join("\n"))]),
    ...undoBlocks(plan),
  ];
}
