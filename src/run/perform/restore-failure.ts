import { GodwitError } from "../../core/error.ts";
import type { RestoreRowsStep } from "../../core/plan.ts";
import type { Engine } from "../../engines/engine.ts";
import { lostKinds, statementFailure } from "../failure.ts";

/** What a server's refusal means while rows are put back: the transaction is rolled back, so nothing was. */
export function restoreFailure(
  engine: Engine,
  step: RestoreRowsStep,
  label: string,
  error: unknown,
): unknown {
  if (error instanceof GodwitError) return error;
  const native = engine.errors.classify(error);
  if (lostKinds.has(native.kind)) return error;
  const statement = {
    text: "",
    offset: 0,
    line: 1,
    column: 1,
    label,
    title: step.unitTitle,
    transactional: true,
    session: false,
    effect: { type: "transactional" },
  } as const;
  const place = { file: step.file, statement, key: step.key };
  const failure = statementFailure({ ...native, position: 0 }, place, "unchanged", error);
  if (failure.code !== "GW6001") return failure;
  return new GodwitError("GW8304", {
    message: failure.message,
    hint: "Change what the server names, so that the rows have their place again, and run the rollback again.",
    details: failure.details,
    outcome: "unchanged",
    cause: error,
  });
}
