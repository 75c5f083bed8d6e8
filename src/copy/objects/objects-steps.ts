import { digest } from "../../core/canonical.ts";
import type { ObjectsStep, ObjectToMake, SqlStep } from "../../core/plan.ts";
import type { TargetEngine } from "../project.ts";
import type { PlannedObject } from "./model.ts";

/** The step that makes some objects; none where there are none. `base` gives what all steps of the copy share. */
export function objectsSteps(
  engine: TargetEngine,
  planned: readonly PlannedObject[],
  unit: string,
  base: (
    key: string,
    title: string,
  ) => Omit<SqlStep, "kind" | "hash" | "file" | "transaction" | "statements" | "preamble">,
): ObjectsStep[] {
  if (planned.length === 0) return [];
  const key = stepKey(unit);
  const placeOf = new Map(
    planned.flatMap(({ relation }, place) => (relation === null ? [] : [[relation, place]])),
  );
  const objects = planned.map((object, place): ObjectToMake => {
    const { what, name, needs, settings, statements, drop, compared } = object;
    const title = `${what} ${name}`;
    const found = statements.flatMap((text) => engine.syntax.statements(text, title));
    const together = found.every(({ transactional }) => transactional);
    const step = (part: string, some: typeof found): SqlStep => ({
      kind: "sql",
      ...base(`${partKey(unit, place)}${part}`, title),
      // To fill a stored view takes as long as it takes.
      limits: { statementTimeoutMs: 0 },
      hash: digest(some.map(({ text }) => text)),
      file: title,
      transaction: some.every(({ transactional }) => transactional),
      statements: some,
      preamble: [],
    });
    return {
      what,
      name,
      needs: needs.flatMap((other) => placeOf.get(other) ?? []).filter((other) => other !== place),
      settings,
      make: together ? [step("", found)] : found.map((one, n) => step(`.${n}`, [one])),
      drop: drop === null ? null : step("-drop", engine.syntax.statements(drop, title)),
      compared,
    };
  });
  const kinds = Map.groupBy(planned, ({ what }) => what.replace(/s$/, ""));
  const title = [...kinds]
    .map(([what, list]) => `${list.length} ${what}${list.length === 1 ? "" : "s"}`)
    .join(", ");
  return [{ kind: "objects", ...base(key, title), hash: digest(objects), objects }];
}

/** Of the records of one object: itself, or what begins with it and a dot. */
export function partKey(unit: string, place: number): string {
  return `${stepKey(unit)}#${place}`;
}

function stepKey(unit: string): string {
  return `${unit}/1`;
}
