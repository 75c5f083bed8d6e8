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
      const was = before as Captured[];
      const byIdentity = effect.type === "definition" && effect.byIdentity === true;
      // Repeating it could empty the table of rows that were written since.
      if (byIdentity && was.some(({ hash, identity }) => hash !== null && identity === null))
        return "unknown";
      return compare(was, (await capture(session, effect)) ?? []);
    }
    case "repeatable":
    case "transactional":
      return "not-done";
    case "opaque":
      return "unknown";
  }
}

/**
 * Any difference means done, because each server makes one object's DDL atomic (MySQL 8.0, MariaDB 10.6). The
 * exception is a statement over several: MariaDB drops tables one after another, so a kill can leave the rest.
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
  return tables.length > 1 && tables.some(({ was }) => was.identity === null) ? "unknown" : "not-done";
}

function differs(was: Captured, is: Captured): boolean {
  if (was.unreadable || is.unreadable) return (was.hash === null) !== (is.hash === null);
  if (was.hash !== is.hash) return true;
  return was.identity !== null && is.identity !== null && was.identity !== is.identity;
}
