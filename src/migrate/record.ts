import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import { type HistoryChange, type Plan, type RecordStep, sealPlan } from "../core/plan.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { execute, type RunResult } from "../run/executor.ts";
import type { LedgerState } from "../run/ledger.ts";
import { change } from "./compile.ts";
import { openContents } from "./content.ts";
import { type Migration, readFolder } from "./folder.ts";
import { contentHash, foldHistory, verifyHistory } from "./history.ts";
import { executionOf, fingerprint, type Project } from "./project.ts";
import { canonicalVersion, isVersion } from "./version.ts";

/** Declares that a database made without Godwit stands at a version: it and all older ones count as applied. */
export async function baselineHistory(project: Project, version: string): Promise<RunResult> {
  if (!isVersion(version)) {
    throw new GodwitError("GW1001", { message: `${JSON.stringify(version)} is no version` });
  }
  const canonical = canonicalVersion(version);
  return record(project, { command: "baseline", version: canonical }, (state) => {
    verifyHistory(state);
    if (foldHistory(state.history).applied.size > 0) {
      throw new GodwitError("GW5008", {
        message: `${state.history.length} history rows are recorded already`,
      });
    }
    return [emptyChange("baseline", canonical, `baseline ${version}`)];
  });
}

export interface RepairChoice {
  /** Versions whose files are taken as they are now; "all" for every edited or reformatted one. */
  readonly accept?: readonly string[] | "all" | undefined;
  /** Versions to drop from the history, as if they had never been applied. */
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
    for (const version of (choice.forget ?? []).map(canonicalOrName)) {
      const row = applied.get(version);
      if (row === undefined) throw notApplied(version);
      changes.push({ ...emptyChange("forget", version, row.name), kind: row.kind });
    }
    return changes;
  });
}

/** A plan of one step that only writes history rows. */
async function record(
  project: Project,
  intent: unknown,
  decide: (state: LedgerState) => HistoryChange[],
): Promise<RunResult> {
  return execute({
    ...executionOf(project),
    intent,
    compile: async (state, facts) => recordPlan(project, state, facts, decide(state)),
  });
}

function recordPlan(
  project: Project,
  state: LedgerState,
  facts: ServerFacts,
  changes: readonly HistoryChange[],
): Plan | null {
  if (changes.length === 0) return null;
  const step: RecordStep = {
    kind: "record",
    key: "record",
    title: changes.map(({ action, name }) => `${action} ${name}`).join(", "),
    hash: digest(changes),
    unit: "history",
    unitTitle: "history",
    limits: {},
    undo: "the rows before it are kept",
    history: changes,
  };
  const head = state.history.at(-1)?.rowHash ?? "";
  return sealPlan({
    kind: "record",
    target: fingerprint(project.engine, facts, head),
    steps: [step],
    hazards: [],
  });
}

function emptyChange(action: HistoryChange["action"], version: string, name: string): HistoryChange {
  return { action, version, name, kind: "versioned", rawHash: "", sqlHash: "", source: null };
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
