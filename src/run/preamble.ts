import type { Step } from "../core/plan.ts";
import type { Session } from "../engines/engine.ts";

/** Makes the settings that earlier statements of the unit made, when the run is taken up in its middle. */
export async function replayPreamble(session: Session, step: Step): Promise<void> {
  if (step.kind !== "sql") return;
  for (const statement of step.preamble) await session.execute(statement.text);
}
