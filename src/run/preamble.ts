import { GodwitError } from "../core/error.ts";
import type { Statement, Step } from "../core/plan.ts";
import type { Session } from "../engines/engine.ts";

/**
 * Makes the settings that earlier statements of the unit made, when the run is taken up in its middle. A value
 * that was computed then (from a function or a query) would come out differently now: throws GW4004.
 */
export async function replayPreamble(session: Session, step: Step): Promise<void> {
  if (step.kind !== "sql") return;
  for (const statement of step.preamble) {
    if (isComputed(statement)) throw lostValue(step.key, statement);
    await session.execute(statement.text);
  }
}

const constantSetConfig =
  /^select\s+(pg_catalog\.)?set_config\s*\(\s*'[^']*'\s*,\s*'[^']*'\s*,\s*(true|false|'?[tf]'?)\s*\)\s*$/i;

function isComputed({ label, text }: Statement): boolean {
  const words = text.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, "''");
  if (/^SELECT\b/.test(label)) return !constantSetConfig.test(text.trim());
  return /^SET\b/.test(label) && /[(]/.test(words);
}

function lostValue(key: string, statement: Statement): GodwitError {
  return new GodwitError("GW4004", {
    message: `the run goes on at ${key}, after ${statement.label} on line ${statement.line}, whose value was computed in a session that is gone`,
    hint: "Run the remaining statements by hand with the value that is right, then mark each with `godwit repair --done KEY`.",
    details: { key, line: statement.line },
    outcome: "changed",
  });
}
