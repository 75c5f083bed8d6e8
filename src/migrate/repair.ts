import { GodwitError } from "../core/error.ts";
import type { HistoryChange } from "../core/plan.ts";
import type { RunResult } from "../run/executor.ts";
import { type LedgerState, openSteps, type StepRecord } from "../run/ledger.ts";
import { change } from "./compile.ts";
import { openContents } from "./content.ts";
import { type Migration, readFolder } from "./folder.ts";
import { contentHash, foldHistory, verifyHistory } from "./history.ts";
import type { Project } from "./project.ts";
import { readingLedger } from "./read.ts";
import { emptyChange, record } from "./record.ts";
import { canonicalVersion, isVersion } from "./version.ts";

export interface RepairChoice {
  /** Versions whose files are taken as they are now; "all" for every edited or reformatted one. */
  readonly accept?: readonly string[] | "all" | undefined;
  /**
   * Versions to drop from the history, as if they had never been applied. A half-applied one starts again from its
   * first statement: say it only where what took effect was undone by hand, because it is done a second time.
   */
  readonly forget?: readonly string[] | undefined;
  /** Accept the history rows as they stand, although their hash chain is broken. */
  readonly reseal?: boolean | undefined;
}

/** Corrects the history by new rows that say so; nothing is overwritten. */
export async function repairHistory(project: Project, choice: RepairChoice): Promise<RunResult> {
  await project.engine.syntax.load();
  const contents = openContents(project);
  const folder = readFolder(project.folder);
  return record(project, { command: "repair", ...choice }, (state) => {
    if (choice.reseal !== true) verifyHistory(state);
    const { applied } = foldHistory(state.history);
    const accepted =
      choice.accept === "all" ? [...applied.keys()] : (choice.accept ?? []).map(canonicalOrName);
    const changes: HistoryChange[] = [];
    if (choice.reseal === true) {
      changes.push({
        ...emptyChange("reseal", "", "history accepted as it stands"),
        sqlHash: contentHash(state.history),
      });
    }
    for (const version of accepted) {
      const migration = folder.find((candidate) => candidate.version === version);
      const row = applied.get(version);
      if (row === undefined) throw notApplied(version);
      if (migration === undefined) {
        if (choice.accept === "all") continue;
        throw noFile(version);
      }
      const next = change(contents, migration, "up");
      if (next.rawHash !== row.rawHash) changes.push({ ...next, action: "accept" });
    }
    const begun: StepRecord[] = [];
    for (const version of new Set((choice.forget ?? []).map(canonicalOrName))) {
      const { name, kind, steps, warning } = forgotten(state, folder, version);
      changes.push({ ...emptyChange("forget", version, name), kind });
      begun.push(...steps);
      if (warning !== null) project.emit({ type: "warning:raised", code: "GW5009", message: warning });
    }
    const { unfinished } = state;
    if (unfinished === null || begun.length === 0) return { changes };
    const stepKeys = begun.map(({ key }) => key);
    return { changes, abandons: { runId: unfinished.id, epoch: unfinished.epoch, stepKeys } };
  });
}

/** What the ledger has of a version that is to be forgotten: its row, steps of an interrupted run, or both. */
function forgotten(state: LedgerState, folder: readonly Migration[], version: string) {
  const row = foldHistory(state.history).applied.get(version);
  const steps = openSteps(state).filter((step) => step.unit === version && step.state !== "failed");
  const file = folder.find((migration) => migration.version === version);
  if (row === undefined && steps.length === 0) throw notApplied(version);
  const kind = row?.kind ?? file?.kind ?? (version.startsWith("R__") ? "repeatable" : "versioned");
  const name = row?.name ?? file?.name ?? version;
  const isRollback = state.unfinished?.kind === "rollback";
  const warning = steps.length === 0 ? null : abandoning(name, steps, isRollback);
  return { name, kind, steps, warning } as const;
}

/** What forgetting means where statements are recorded: it is said before it is asked, and when it is done. */
function abandoning(name: string, steps: readonly StepRecord[], isRollback: boolean): string {
  const keys = (state: StepRecord["state"]) =>
    steps.filter((step) => step.state === state).map(({ key }) => key);
  const [done, open] = [keys("done"), keys("started")];
  const parts = [
    ...(done.length > 0 ? [`${listed(done)} (recorded as done)`] : []),
    ...(open.length > 0 ? [`${listed(open)} (outcome not known)`] : []),
  ];
  const what = parts.join(" and ");
  return isRollback
    ? `${name} is half rolled back, by ${what}, and will count as not applied. The database is left as it is: what is still there of it has to be undone by hand`
    : `${name} is half applied: ${what} will count as not done. The database is left as it is: what took effect has to be undone by hand, or the next run does it a second time`;
}

function listed(keys: readonly string[]): string {
  const shown = keys.slice(0, 8).join(", ");
  return keys.length > 8 ? `${shown} and ${keys.length - 8} more` : shown;
}

export interface ForgetPreview {
  readonly version: string;
  readonly name: string;
  /** What it means that statements of an interrupted run are recorded; null where there are none. */
  readonly warning: string | null;
}

/** What forgetting would change. Reads only, and throws what `repairHistory` would. */
export async function previewForget(
  project: Project,
  versions: readonly string[],
): Promise<readonly ForgetPreview[]> {
  const folder = readFolder(project.folder);
  return readingLedger(project, async ({ state }) =>
    versions.map(canonicalOrName).map((version) => {
      const { name, warning } = forgotten(state, folder, version);
      return { version, name, warning };
    }),
  );
}

function canonicalOrName(version: string): string {
  return isVersion(version) ? canonicalVersion(version) : version;
}

function notApplied(version: string): GodwitError {
  return new GodwitError("GW2013", { message: `${version} is not in the history`, details: { version } });
}

function noFile(version: Migration["version"]): GodwitError {
  return new GodwitError("GW5002", {
    message: `${version} has no file whose text could be accepted`,
    hint: "Restore the file, or `godwit repair --forget` it.",
    details: { version },
  });
}
