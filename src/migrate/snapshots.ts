import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import { type DropRowsStep, sealPlan } from "../core/plan.ts";
import { execute, type RunResult } from "../run/executor.ts";
import type { RowSnapshot } from "../run/row-snapshot/kept-rows.ts";
import { presentSnapshots } from "../run/row-snapshot/stray-tables.ts";
import { executionOf, fingerprint, type Project } from "./project.ts";
import { reading } from "./read.ts";

export type { RowSnapshot };

/** The snapshots whose tables are there, the oldest first. */
export async function readSnapshots(project: Project): Promise<readonly RowSnapshot[]> {
  return reading(project, (session) => presentSnapshots(project.engine, session));
}

/** Ids, or "restored" for all that were put back already, or "all". Throws GW1001 for an id that is not there. */
export function chooseSnapshots(there: readonly RowSnapshot[], names: readonly string[]): RowSnapshot[] {
  const chosen = new Set<RowSnapshot>();
  for (const name of names) {
    const found = there.filter(
      ({ id, state }) => name === "all" || (name === "restored" ? state === "restored" : id === name),
    );
    if (found.length === 0 && name !== "all" && name !== "restored") {
      const known =
        there.length === 0 ? "there are none" : `there are ${there.map(({ id }) => id).join(", ")}`;
      throw new GodwitError("GW1001", {
        message: `there is no snapshot ${name}; ${known}`,
        hint: "`godwit snapshots` lists them; --drop also takes restored, and all.",
      });
    }
    for (const each of found) chosen.add(each);
  }
  return [...chosen];
}

/** Drops the tables of snapshots: what they keep can't be put back any more. */
export async function dropSnapshots(project: Project, names: readonly string[]): Promise<RunResult> {
  const { engine } = project;
  const known = chooseSnapshots(await readSnapshots(project), names).map(({ id }) => id);
  return execute({
    ...executionOf(project),
    intent: { command: "snapshots", drop: known },
    compile: async (state, facts) => {
      if (known.length === 0) return null;
      const step: DropRowsStep = {
        kind: "drop-rows",
        key: "snapshots",
        title: `drop ${known.join(", ")}`,
        hash: digest(known),
        unit: "snapshots",
        unitTitle: "snapshots",
        limits: {},
        undo: "none: the rows that were kept are gone",
        snapshots: known,
        history: [],
      };
      return sealPlan({
        kind: "record",
        target: fingerprint(engine, facts, state.history.at(-1)?.rowHash ?? ""),
        steps: [step],
        hazards: [
          {
            type: "drops-kept-rows",
            level: "danger",
            step: step.key,
            message: "what they keep cannot be put back any more",
          },
        ],
      });
    },
  });
}
