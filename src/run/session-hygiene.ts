import type { Step } from "../core/plan.ts";
import type { Session } from "../engines/engine.ts";
import { replayPreamble } from "./preamble.ts";

/** A failed attempt can leave settings and temporary tables, which a rollback does not undo everywhere. */
export async function restoreSession(session: Session, step: Step): Promise<void> {
  await session.reset();
  await replayPreamble(session, step);
}

/** Statements that run no code of the user's and leave nothing in the session: after them, nothing has to be put back. */
const plainLabels: ReadonlySet<string> = new Set([
  "CREATE TABLE",
  "CREATE INDEX",
  "CREATE INDEX CONCURRENTLY",
  "ALTER TABLE",
  "DROP TABLE",
  "DROP INDEX",
  "DROP INDEX CONCURRENTLY",
]);

/** An index over an expression, a default for the rows there are, a check of them: each can call a function. */
const mayCall: Readonly<Record<string, RegExp>> = {
  "CREATE INDEX": /\(.*\(|\bwhere\b/is,
  "CREATE INDEX CONCURRENTLY": /\(.*\(|\bwhere\b/is,
  "ALTER TABLE": /\b(default|using|check|generated|validate|attach)\b/i,
};

/** Whether a step can leave something in the session that the next unit would notice. */
export function mayChangeSession(step: Step): boolean {
  if (step.kind === "script") return true;
  // The others hold statements of our own only.
  if (step.kind !== "sql") return false;
  if (step.preamble.length > 0) return true;
  return step.statements.some(
    ({ label, session, text }) =>
      session ||
      !plainLabels.has(label) ||
      /\b(temp|temporary|select|set_config)\b/i.test(text) ||
      mayCall[label]?.test(text) === true,
  );
}
