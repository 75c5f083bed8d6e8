import type { SqlStep, Statement } from "../../core/plan.ts";
import { objectText } from "../../engines/impact-role.ts";
import { failed, type Gate, type GateContext, passed } from "./gate.ts";

/** Rows that a migration changes are kept first, so that a rollback can put exactly those back. */
export const snapshotGate: Gate = async (context) => {
  const { policy, plan, engine } = context;
  if (!policy.demands.snapshot || plan.kind !== "apply") return null;
  await engine.syntax.load();
  const lost = unkept(context);
  if (lost.length > 0) {
    const more = lost.length > shown ? ` and ${lost.length - shown} more` : "";
    return failed(`${lost.slice(0, shown).join(", ")}${more}: nothing keeps the rows as they were`);
  }
  const scripts = plan.steps.filter(({ kind }) => kind === "script").length;
  return passed(
    scripts === 0
      ? "it changes no row without keeping it"
      : "no statement changes a row without keeping it; what scripts change is not known",
  );
};

const shown = 5;

/** Statements that change rows that are there. What the plan itself has made before held nothing. */
function unkept({ engine, plan }: GateContext): string[] {
  const made = new Set<string>();
  return plan.steps
    .filter((step) => step.kind === "sql")
    .flatMap((step) =>
      step.statements.flatMap((statement) => {
        const { creates } = engine.impact.describe(statement);
        for (const object of creates) made.add(objectText(object));
        return changesUnkept(statement) ? [`${statement.label} at ${placeOf(step, statement)}`] : [];
      }),
    );

  function changesUnkept({ text, keeps }: Statement): boolean {
    if (keeps !== undefined) return false;
    const change = engine.rowSnapshot?.changeOf(text) ?? null;
    return change !== null && !("table" in change && made.has(objectText(change.table)));
  }
}

function placeOf({ file }: SqlStep, { line }: Statement): string {
  return `${file}:${line}`;
}
