import { GodwitError } from "../core/error.ts";
import type { Statement, Step } from "../core/plan.ts";
import type { Session } from "../engines/engine.ts";

/**
 * Makes the settings that earlier statements of the unit made, when the run is taken up in its middle. A value
 * that was computed then (from a function or a query) would come out differently now: throws GW4004.
 */
export async function replayPreamble(session: Session, step: Step): Promise<void> {
  if (!("preamble" in step)) return;
  for (const statement of step.preamble) {
    if (isComputed(statement)) throw lostValue(step.key, statement);
    await session.execute(statement.text);
  }
}

/**
 * Before a run goes on in the middle of a unit: no remaining statement may use what died with the session that
 * ran the others, the last generated key or a variable that was not set to a constant. Throws GW4004.
 */
export function refuseLostValues(done: readonly Step[], remaining: readonly Step[]): void {
  const lost = new Set<string>();
  for (const { text, label } of done.flatMap(statementsOf)) {
    for (const name of assigned(text)) {
      if (/^SET\b/.test(label) && !isComputed({ label, text })) lost.delete(name);
      else lost.add(name);
    }
  }
  for (const step of remaining) {
    for (const statement of statementsOf(step)) {
      const bare = withoutQuoted(statement.text);
      const uses = [...bare.matchAll(/(?<![@\w])@([\w$]+)/g)].some(([, name = ""]) =>
        lost.has(name.toLowerCase()),
      );
      if (uses || ofSession.test(bare)) throw lostValue(step.key, statement);
    }
  }
}

/** Functions and variables that tell of statements before, on the same session. */
const ofSession =
  /\b(last_insert_id|found_rows|row_count|lastval|currval|last_insert_rowid|changes|total_changes)\s*\(|@@(session\.)?(last_insert_id|identity)\b/i;

const constantSetConfig =
  /^select\s+(pg_catalog\.)?set_config\s*\(\s*'[^']*'\s*,\s*'[^']*'\s*,\s*(true|false|'?[tf]'?)\s*\)\s*$/i;

export function isComputed({ label, text }: Pick<Statement, "label" | "text">): boolean {
  if (/^SELECT\b/.test(label)) return !constantSetConfig.test(text.trim());
  const bare = withoutQuoted(text);
  return /^SET\b/.test(label) && (bare.includes("(") || ofSession.test(bare));
}

/** Whether nothing is left of a statement when its session is gone; a function that computes a value may write. */
export function changesOnlySession(statement: Pick<Statement, "session" | "label" | "text">): boolean {
  return statement.session && !isComputed(statement);
}

export function lostValue(key: string, statement: Pick<Statement, "label" | "line">): GodwitError {
  return new GodwitError("GW4004", {
    message: `the run goes on at ${key}; ${statement.label} on line ${statement.line} depends on a value of the session that is gone`,
    hint: `Run the remaining statements by hand with the value that is right, then mark each with \`godwit repair --done KEY\`, beginning with ${key}.`,
    details: { key, line: statement.line },
    outcome: "changed",
  });
}

function statementsOf(step: Step): readonly Statement[] {
  return step.kind === "sql" ? step.statements : [];
}

function assigned(text: string): string[] {
  const bare = withoutQuoted(text);
  const direct = [...bare.matchAll(/(?<![@\w])@([\w$]+)\s*:?=/g)].map(([, name = ""]) => name);
  const into = [...bare.matchAll(/\binto\s+((?:@[\w$]+\s*,?\s*)+)/gi)].flatMap(([, list = ""]) =>
    [...list.matchAll(/@([\w$]+)/g)].map(([, name = ""]) => name),
  );
  return [...direct, ...into].map((name) => name.toLowerCase());
}

function withoutQuoted(text: string): string {
  return text.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, "''");
}
