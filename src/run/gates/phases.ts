import { failed, type Gate, passed } from "./gate.ts";

/** A copy shows with a few rows, one table and one schema that it is right before it does the rest. */
export const phasesGate: Gate = async ({ policy, plan }) => {
  if (!policy.demands.phases || plan.kind !== "copy") return null;
  const rows = plan.steps.filter((step) => step.kind === "copy-rows");
  // Their rows go among others, so no phase could be held against the source.
  const merges = rows.every(({ tables }) => tables.every(({ upsertBy }) => upsertBy !== null));
  if (rows.every(({ tables }) => tables.length === 0)) return passed("it copies no rows");
  if (merges) return passed("it adds to tables that are there, which has no phases");
  const phases = rows.flatMap(({ phase }) => phase ?? []);
  return phases.length < rows.length
    ? failed("it copies everything at once: --phases proves each part before the next")
    : passed(phases.map(({ title }) => title).join(", then "));
};
