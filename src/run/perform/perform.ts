import type { Step } from "../../core/plan.ts";
import type { StepContext } from "./context.ts";
import { performScript } from "./script.ts";
import { inTransaction, performSql } from "./sql.ts";

/** Carries out one step. A new kind of step gets its performer in this folder and its line here. */
export async function perform(context: StepContext, step: Step): Promise<void> {
  switch (step.kind) {
    case "sql":
      return performSql(context, step);
    case "script":
      return performScript(context, step);
    case "record":
      return inTransaction(context, step, async () => {});
  }
}
