import type { FrozenPlan } from "../../core/frozen-plan.ts";
import type { GateState } from "../../run/gates/gate.ts";
import { checklistSections } from "./checklist-sections.ts";
import { toHtml } from "./html.ts";
import { toMarkdown } from "./markdown.ts";
import { planSections, planTitle } from "./plan-sections.ts";
import { runbookSections } from "./runbook-sections.ts";

export type DocumentForm = "markdown" | "html";
export type DocumentPart = "runbook" | "checklist";

/** A plan as a document for people: for a review, to run it by, and to sign. */
export function planDocument(
  plan: FrozenPlan,
  options: {
    readonly gates: readonly GateState[];
    readonly form: DocumentForm;
    /** The plan's file, as commands name it. */
    readonly file: string;
    readonly with: readonly DocumentPart[];
  },
): string {
  const { gates, form, file } = options;
  const blocks = [
    ...planSections(plan, gates),
    ...(options.with.includes("runbook") ? runbookSections(plan, file) : []),
    ...(options.with.includes("checklist") ? checklistSections(plan, gates, file) : []),
  ];
  const document = { title: planTitle(plan), blocks };
  return form === "html" ? toHtml(document) : toMarkdown(document);
}
