import type { Effect, ObjectName } from "../../core/plan.ts";
import type { ProbeRole, Session, Settlement } from "../engine.ts";

/**
 * In SQLite nearly all commits with its record. What cannot run in a transaction (VACUUM, PRAGMA) is repeatable;
 * the rest is answered from the schema table, which holds each object's text.
 */
export const probe: ProbeRole = { capture, settle };

async function capture(session: Session, effect: Effect): Promise<unknown> {
  const objects = objectsOf(effect);
  return objects === null ? null : definitions(session, objects);
}

async function settle(session: Session, effect: Effect, before: unknown): Promise<Settlement> {
  if (effect.type === "repeatable" || effect.type === "transactional") return "not-done";
  const objects = objectsOf(effect);
  if (objects === null || !Array.isArray(before)) return "unknown";
  const after = await definitions(session, objects);
  return JSON.stringify(after) === JSON.stringify(before) ? "not-done" : "done";
}

function objectsOf(effect: Effect): readonly ObjectName[] | null {
  if (effect.type === "definition") return effect.objects;
  if (effect.type !== "index-build" || effect.index === undefined) return null;
  return [{ kind: "index", name: effect.index }];
}

async function definitions(session: Session, objects: readonly ObjectName[]): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (const { name } of objects) {
    const [row] = await session.query("SELECT sql FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE", [
      name,
    ]);
    // An automatic index has no text, but it is there.
    found.push(row === undefined ? null : String(row.sql ?? ""));
  }
  return found;
}
