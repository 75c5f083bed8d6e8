import type { RowTablesStep } from "../../core/plan.ts";
import { makeTables, tableToKeep } from "../row-snapshot/keep-rows.ts";
import { roleOf } from "../row-snapshot/kept-rows.ts";
import type { StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";

/**
 * Makes the tables for rows that the next step keeps. They are empty, so those that a killed run made are made anew;
 * the record says that nothing of the migration has taken effect yet.
 */
export async function performRowTables(context: StepContext, step: RowTablesStep): Promise<void> {
  const { engine, session } = context;
  for (const keeps of step.keeps) {
    const { table } = await tableToKeep(context, keeps.change, step.file);
    for (const name of [keeps.before, keeps.after]) {
      if (name !== null) await roleOf(engine).drop(session, { schema: table.schema, name });
    }
    await makeTables(context, table, keeps);
  }
  await inTransaction(context, step, async () => {});
}
