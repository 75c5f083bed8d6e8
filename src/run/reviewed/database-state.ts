import { sha256 } from "../../core/canonical.ts";
import type { DatabaseState } from "../../core/frozen-plan.ts";
import type { Engine, ServerFacts, Session } from "../../engines/engine.ts";
import { type LedgerState, mayHaveEffect, openSteps } from "../ledger.ts";

export interface Looked {
  readonly engine: Engine;
  readonly session: Session;
  readonly facts: ServerFacts;
  readonly state: LedgerState;
}

/** What a plan depends on, as the database is now. */
export async function databaseState({ engine, session, facts, state }: Looked): Promise<DatabaseState> {
  const text = await engine.inspect.dump(session);
  return {
    engine: engine.id,
    version: facts.version,
    server: facts.identity,
    database: facts.database,
    settings: facts.settings,
    historyHead: state.history.at(-1)?.rowHash ?? "",
    unfinished: unfinishedOf(state),
    schema: { hash: sha256(text), text },
  };
}

/** A run that left nothing behind is none. */
function unfinishedOf(state: LedgerState): DatabaseState["unfinished"] {
  const open = openSteps(state).filter(mayHaveEffect);
  if (state.unfinished === null || open.length === 0) return null;
  return {
    run: state.unfinished.id,
    steps: open.map(({ key, hash, state }) => `${key} ${state} ${hash}`).sort(),
  };
}
