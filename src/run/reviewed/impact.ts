import type { PlannedLock, TouchedTable, Undo } from "../../core/frozen-plan.ts";
import type { Hazard, ObjectName, Plan, SqlStep, Step } from "../../core/plan.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import { dangers, objectText } from "../../engines/impact-role.ts";

/** What steps mean for data and for those who use the database meanwhile. */
export interface PlanImpact {
  readonly hazards: readonly Hazard[];
  readonly locks: readonly PlannedLock[];
  /** What is there already and is touched, each once. */
  readonly tables: readonly ObjectName[];
}

/** Told from the statements alone, after `syntax.load`. What the plan itself has made before concerns nobody else. */
export function impactOf(engine: Engine, steps: readonly Step[], undo: Undo | null = null): PlanImpact {
  const hazards: Hazard[] = [];
  const locks: PlannedLock[] = [];
  const tables = new Map<string, ObjectName>();
  const made = new Set<string>();
  for (const step of steps) {
    for (const sql of sqlOf(step)) {
      for (const [index, statement] of sql.statements.entries()) {
        const at = { step: step.key, statement: index + 1 };
        const impact = engine.impact.describe(statement);
        const isThere = (object: ObjectName) => !made.has(keyOf(object));
        for (const { type, object, message } of impact.hazards) {
          if (!isThere(object)) continue;
          hazards.push({ type, ...at, level: dangers.has(type) ? "danger" : "warning", message });
        }
        for (const { object, mode, blocks } of impact.locks) {
          if (!isThere(object)) continue;
          locks.push({ ...at, object: objectText(object), mode, blocks });
          if (object.kind === "table") tables.set(keyOf(object), object);
        }
        for (const object of impact.creates) made.add(keyOf(object));
      }
    }
    if (step.kind === "script") {
      const message = "what a TypeScript migration does is known only when it runs";
      hazards.push({ type: "unknown-effect", step: step.key, level: "warning", message });
    }
  }
  hazards.push(...ofUnits(steps, undo));
  return { hazards, locks, tables: [...tables.values()] };
}

/** Sizes of the tables that a plan touches, by the server's statistics. */
export async function estimatesOf(
  engine: Engine,
  session: Session,
  tables: readonly ObjectName[],
): Promise<TouchedTable[]> {
  const found = await engine.impact.estimates(session, tables);
  return tables.flatMap((table, index) => {
    const estimate = found[index];
    if (estimate == null) return [];
    return [{ table: objectText(table), ...estimate }];
  });
}

/** The kinds of danger in a plan, each once. */
export function dangersOf(engine: Engine, plan: Plan): string[] {
  const { hazards } = impactOf(engine, plan.steps);
  return [...new Set(hazards.flatMap(({ type, level }) => (level === "danger" ? [type] : [])))].sort();
}

/** A migration that is not one transaction can stay half done, and one without a way back stays. */
function ofUnits(steps: readonly Step[], undo: Undo | null): Hazard[] {
  const hazards: Hazard[] = [];
  const units = Map.groupBy(steps, ({ unit }) => unit);
  for (const ofUnit of units.values()) {
    const [first] = ofUnit;
    if (first === undefined || (first.kind !== "sql" && first.kind !== "script")) continue;
    const alone = ofUnit.filter((step) => "transaction" in step && !step.transaction).length;
    if (alone > 0) {
      const message = `${first.unitTitle} is not one transaction: where it fails in its middle, what was done stays, and the next run goes on from there`;
      hazards.push({ type: "not-transactional", step: first.key, level: "warning", message });
    }
    if (undo?.missing.includes(first.unitTitle) === true) {
      const message = `${first.unitTitle} has no way back`;
      hazards.push({ type: "no-undo", step: first.key, level: "warning", message });
    }
  }
  return hazards;
}

function sqlOf(step: Step): readonly SqlStep[] {
  if (step.kind === "sql") return [step];
  if (step.kind === "parallel") return step.steps.filter((part) => part.kind === "sql");
  return step.kind === "objects" ? step.objects.flatMap(({ make }) => make) : [];
}

/** Case does not count: to take two tables for one hides less than to take one for two warns. */
function keyOf({ schema = "", name }: ObjectName): string {
  return `${schema}.${name}`.toLowerCase();
}
