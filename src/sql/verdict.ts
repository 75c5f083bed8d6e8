import type { GodwitError } from "../core/error.ts";
import type { Effect, ObjectName, Statement } from "../core/plan.ts";

/** What an engine's judge says of one statement. */
export type Verdict = Pick<Statement, "transactional" | "session" | "effect" | "alone">;

/** Makes the error for a statement that is not run, with its place in the file. */
export type Refuse = (code: "GW2006" | "GW2007" | "GW2011", message: string) => GodwitError;

export const transactional: Verdict = {
  transactional: true,
  session: false,
  effect: { type: "transactional" },
};
/** A setting of the session: repeated first when a run is resumed. */
export const sessionOnly: Verdict = { ...transactional, session: true };
export const repeatable: Verdict = outside({ type: "repeatable" });
export const opaque: Verdict = outside({ type: "opaque" });

/** About one thing: what the server refuses of it has changed nothing. */
export function single(verdict: Verdict): Verdict {
  const { effect } = verdict;
  if (effect.type !== "opaque" && effect.type !== "repeatable") return verdict;
  return { ...verdict, effect: { ...effect, single: true } };
}

/** A statement that runs outside a transaction, or commits by itself. */
export function outside(effect: Effect): Verdict {
  return { transactional: false, session: false, effect };
}

/** In a transaction, but outside of one where its file asks for none. */
export function outsideOnRequest(effect: Effect): Verdict {
  return { ...transactional, alone: effect };
}

/** Outside a transaction, and seen in the definition of these objects. */
export function definition(...objects: readonly ObjectName[]): Verdict {
  return outside({ type: "definition", objects });
}
