import { GodwitError } from "../core/error.ts";
import type { Emit } from "../core/event.ts";
import type { Effect } from "../core/plan.ts";
import type { Engine, Session, Settlement } from "../engines/engine.ts";

/** Whether an effect took place, from the catalogue; what a failed attempt left is removed, and said. */
export function askCatalogue(
  { engine, session, emit }: { readonly engine: Engine; readonly session: Session; readonly emit: Emit },
  effect: Effect,
  before: unknown,
): Promise<Settlement> {
  return engine.probe.settle(session, effect, before, (index, table) =>
    emit({ type: "index:dropped-invalid", index, table }),
  );
}

/** The intent as it stands in a step's row: the effect, and what the probe captured before it. */
export function readIntent(captured: string | null): { readonly effect: Effect; readonly before: unknown } {
  return JSON.parse(captured ?? "null") as { effect: Effect; before: unknown };
}

/** Neither the ledger nor the catalogue can tell: a person decides. */
export function unknownOutcome(key: string, title: string): GodwitError {
  return new GodwitError("GW4004", {
    message: `nobody can tell whether ${key} took effect: ${title}`,
    hint: decisionHint(key),
    details: { key },
    outcome: "unknown",
  });
}

export function decisionHint(key: string): string {
  return `Look at the database, then \`godwit repair --done ${key}\` or \`godwit repair --not-done ${key}\`.`;
}
