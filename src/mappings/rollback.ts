import { basename, dirname } from "node:path";
import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type {
  FileMark,
  MappingsPlace,
  MappingsRestored,
  MappingsRestoreStep,
} from "../core/mappings-steps.ts";
import { sealPlan } from "../core/plan.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { isSameContent } from "../run/files/file-mark.ts";
import type { LedgerState } from "../run/ledger.ts";
import { isOwnRun } from "../run/own-run.ts";
import { journalOf } from "./journal.ts";
import { pathBeside, placeBeside, refuseOtherName } from "./place-beside.ts";
import {
  planRollback,
  refuseOtherRun,
  type RollbackChoice,
  type RollbackIntent,
  type UndoneMigration,
} from "./plan-rollback.ts";
import { executionOf, fingerprint, type MappingsProject } from "./project.ts";
import { unfinishedOf } from "./unfinished.ts";

interface RolledBack {
  /** The run that was undone. */
  readonly undone: string;
  readonly migration: UndoneMigration;
  /** What became of each file: its old bytes are back, it is gone as before, or nothing had been done to it. */
  readonly files: readonly {
    readonly file: string;
    readonly became: "restored" | "removed" | "untouched";
    /** The backup that has the old bytes; null where there was no file, or none was made. */
    readonly from: string | null;
    /** The copy of what was there, where that is nowhere else; null where it was not needed. */
    readonly kept: string | null;
  }[];
}

export interface RolledBackFile extends RunResult, RolledBack {
  readonly output: string;
}

export interface RollbackPreview extends RolledBack {
  readonly output: string;
  /** A rollback was interrupted, and would be gone on with. */
  readonly continues: boolean;
}

/**
 * Undoes the newest migration of an output, also one that was interrupted. Throws GW2609 for a file that was changed
 * since, but not with `force`; GW2610 where the backup is not as it was written; GW2611 where there is nothing to undo.
 */
export async function rollbackMappings(
  project: MappingsProject,
  output: string,
  choice: RollbackChoice,
): Promise<RolledBackFile> {
  const { unfinished, kept, intent } = await intendRollback(project, output, choice);
  const { engine } = project;
  const expected = unfinished?.unfinished?.id ?? null;
  const result = await execute({
    ...executionOf(project, project.journalTarget(journalOf(output))),
    intent,
    undoes: () => intent.undoes,
    restarts: intent !== kept && expected !== null,
    compile: async (state, facts, givenUp) => {
      const found = (givenUp ?? state).unfinished;
      if ((found?.id ?? null) !== expected && !isOwnRun(found)) {
        throw new GodwitError("GW2606", {
          message: `another run worked on ${output} meanwhile`,
          hint: "Run it again: it looks at what is there now.",
          details: { output, run: found?.id ?? null },
        });
      }
      return sealPlan({
        kind: "mappings",
        target: fingerprint(engine, facts),
        steps: [stepOf(intent)],
        hazards: [],
      });
    },
  });
  return {
    ...result,
    output,
    ...outcomeOf(intent),
  };
}

/** What `rollbackMappings` would do. Changes nothing; throws what that does. */
export async function previewRollback(
  project: MappingsProject,
  output: string,
  choice: RollbackChoice,
): Promise<RollbackPreview> {
  const { kept, intent } = await intendRollback(project, output, choice);
  return { output, continues: kept !== null, ...outcomeOf(intent) };
}

/** What is to be done: what an interrupted rollback was doing, or else what is planned now. */
async function intendRollback(project: MappingsProject, output: string, choice: RollbackChoice) {
  const unfinished = await unfinishedOf(project, output);
  const kept = rollbackOf(unfinished);
  if (kept === null) {
    return { unfinished, kept, intent: await planRollback(project, output, unfinished, choice) };
  }
  const intent = rollbackBeside(kept, output);
  refuseOtherRun(output, { runId: intent.undoes.runId, migration: intent.migration }, choice.run);
  return { unfinished, kept, intent };
}

function outcomeOf({ undoes, migration, files }: RollbackIntent): RolledBack {
  return {
    undone: undoes.runId,
    migration,
    files: files.map(({ place, found, keeps }) => ({
      file: place.output,
      became: fateOf(place, found),
      from: place.backup?.backup ?? null,
      kept: keeps,
    })),
  };
}

function fateOf({ before }: MappingsPlace, found: FileMark | null): RolledBack["files"][number]["became"] {
  if (isSameContent(found, before)) return "untouched";
  return before === null ? "removed" : "restored";
}

function rollbackOf(state: LedgerState | null): RollbackIntent | null {
  const intent = state?.unfinished?.intent as { readonly command?: string } | undefined;
  return intent?.command === "mappings rollback" ? (intent as RollbackIntent) : null;
}

/** In the folder in which its journal is now; the same where that is the old one. */
function rollbackBeside(intent: RollbackIntent, output: string): RollbackIntent {
  refuseOtherName(intent.output, output);
  if (intent.output === output) return intent;
  const isBeside = (path: string): boolean => dirname(path) === dirname(intent.output);
  return {
    ...intent,
    output,
    files: intent.files.map((file) => restoredBeside(file, output)),
    litter: intent.litter.filter(isBeside).map((path) => pathBeside(path, output)),
  };
}

function restoredBeside(file: MappingsRestored, output: string): MappingsRestored {
  const keeps = file.keeps === null ? null : pathBeside(file.keeps, output);
  return { ...file, keeps, place: placeBeside(file.place, output) };
}

function stepOf({ output, files, litter }: RollbackIntent): MappingsRestoreStep {
  return {
    kind: "mappings-restore",
    key: "mappings/restore",
    title: `put ${basename(output)} back as it was`,
    hash: digest([files, litter]),
    unit: "mappings",
    unitTitle: basename(output),
    limits: { statementTimeoutMs: 0 },
    undo: "migrate again",
    history: [],
    files,
    litter,
  };
}
