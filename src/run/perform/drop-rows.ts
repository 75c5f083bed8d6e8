import { GodwitError } from "../../core/error.ts";
import type { DropRowsStep } from "../../core/plan.ts";
import { readRowSnapshots, roleOf } from "../row-snapshot/kept-rows.ts";
import type { ArtifactChange } from "../run-ledger.ts";
import type { StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";

/** Drops tables of kept rows, and says so in the ledger. Where dropping commits, it can be done again. */
export async function performDropRows(context: StepContext, step: DropRowsStep): Promise<void> {
  const { engine, session } = context;
  const artifacts: ArtifactChange[] = [];
  const drop = async () => {
    const known = new Map((await readRowSnapshots(engine, session)).map((each) => [each.id, each]));
    for (const id of step.snapshots) {
      const snapshot = known.get(id);
      if (snapshot === undefined) throw new GodwitError("GW9001", { message: `there is no snapshot ${id}` });
      await roleOf(engine).drop(session, snapshot.before);
      if (snapshot.after !== null) await roleOf(engine).drop(session, snapshot.after);
      artifacts.push({ id, state: "dropped" });
    }
  };
  if (engine.traits.transactionalDdl) return void (await inTransaction(context, step, drop, artifacts));
  await drop();
  await inTransaction(context, step, async () => {}, artifacts);
}
