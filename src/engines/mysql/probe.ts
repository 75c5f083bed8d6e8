import type { Effect } from "../../core/plan.ts";
import type { ProbeRole, Session, Settlement } from "../engine.ts";
import { activity } from "./activity.ts";
import { captureObjects, type Captured } from "./definition.ts";

export const probe: ProbeRole = { capture, settle, activity };

async function capture(session: Session, effect: Effect): Promise<readonly Captured[] | null> {
  switch (effect.type) {
    case "definition":
      return captureObjects(session, effect.objects);
    case "index-build":
      // There is no concurrent build here: an index is part of its table's definition.
      return captureObjects(session, [effect.table]);
    default:
      return null;
  }
}

async function settle(session: Session, effect: Effect, before: unknown): Promise<Settlement> {
  switch (effect.type) {
    case "definition":
    case "index-build": {
      if (!Array.isArray(before)) return "unknown";
      const now = (await capture(session, effect)) ?? [];
      return answer(effect, before as Captured[], now);
    }
    case "repeatable":
    case "transactional":
      return "not-done";
    case "opaque":
      return "unknown";
  }
}

/** The comparison, where neither a removal without its replacement nor a repetition can be mistaken for something else. */
export function answer(effect: Effect, before: readonly Captured[], now: readonly Captured[]): Settlement {
  const settlement = compare(before, now);
  if (effect.type !== "definition") return settlement;
  const there = before.flatMap((was, index) => (was.hash === null ? [] : [{ was, is: now[index] }]));
  // The old one was removed, and the new one was not made.
  if (effect.replaces === true && there.some(({ is }) => is?.hash === null)) return "unknown";
  if (effect.replaces === true && settlement === "done") return "done";
  if (effect.repeatDestroys === true && settlement === "not-done") return "unknown";
  const isBlind = there.some(({ was, is }) => was.identity === null || (is?.identity ?? null) === null);
  return effect.byIdentity === true && isBlind ? "unknown" : settlement;
}

/**
 * Any difference means done, because each server makes the DDL of one object atomic (MySQL 8.0, MariaDB 10.6), but
 * for OR REPLACE. A statement over several is not: MariaDB drops tables one after another, so a kill can leave the rest.
 */
export function compare(before: readonly Captured[], now: readonly Captured[]): Settlement {
  if (before.length !== now.length) return "unknown";
  const pairs = before.map((captured, index) => ({ was: captured, is: now[index] as Captured }));
  const changed = pairs.filter(({ was, is }) => differs(was, is));
  if (changed.length > 0) {
    const dropped = new Set(changed.filter(({ is }) => is.hash === null).map(({ was }) => was.kind));
    const made = changed.some(({ was, is }) => was.hash === null && is.hash !== null);
    const left = pairs.some(({ was, is }) => was.hash !== null && dropped.has(was.kind) && !differs(was, is));
    return left && !made ? "unknown" : "done";
  }
  if (pairs.some(({ was }) => was.unreadable)) return "unknown";
  // Two tables that changed places look the same by definition; only their identity tells.
  const tables = pairs.filter(({ was }) => was.kind === "table" && was.hash !== null);
  const isBlind = tables.some(({ was, is }) => was.identity === null || is.identity === null);
  return tables.length > 1 && isBlind ? "unknown" : "not-done";
}

function differs(was: Captured, is: Captured): boolean {
  if (was.unreadable || is.unreadable) return (was.hash === null) !== (is.hash === null);
  if (was.hash !== is.hash) return true;
  return was.identity !== null && is.identity !== null && was.identity !== is.identity;
}
