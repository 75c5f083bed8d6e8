import { digest } from "../core/canonical.ts";
import { type ArtifactChange, type RecordStep, sealPlan } from "../core/plan.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { type BackupProject, executionOf, fingerprint } from "./project.ts";

/** Writes what has become of backups into the ledger of their database; one transaction. */
export async function recordArtifacts(
  project: BackupProject,
  intent: unknown,
  title: string,
  changes: readonly ArtifactChange[],
): Promise<RunResult> {
  return execute({
    ...executionOf(project),
    intent,
    // An unfinished backup or restore stands in nobody's way here.
    family: "backup",
    compile: async (_, facts) => {
      const step: RecordStep = {
        kind: "record",
        key: "record",
        title,
        hash: digest(changes),
        unit: "backups",
        unitTitle: "backups",
        limits: {},
        undo: "the rows stay, with their state",
        history: [],
        artifacts: changes,
      };
      return sealPlan({
        kind: "record",
        target: fingerprint(project.engine, facts),
        steps: [step],
        hazards: [],
      });
    },
  });
}
