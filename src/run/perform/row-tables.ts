import type { RowTablesStep } from "../../core/plan.ts";
import { dropTables, isUsed, makeTables, tableToKeep } from "../row-snapshot/keep-rows.ts";
import type { StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";

/**
 * Makes the tables for rows that the next step keeps. They are empty, so those that a killed run made are made anew;
 * the record says that nothing of the migration has taken effect yet.
 */
export async function performRowTables(context: StepContext, step: RowTablesStep): Promise<void> {
  for (const keeps of step.keeps) {
    const { table } = await tableToKeep(context, keeps.change, step.file);
    await isUsed(context, keeps, { table, place: step.file });
    await dropTables(context, table, keeps);
    await makeTables(context, table, keeps);
  }
  await inTransaction(context, step, async () => {});
}
