import { GodwitError } from "../core/error.ts";
import type { RunResult } from "../run/executor.ts";
import type { LedgerState } from "../run/ledger.ts";
import { readFolder } from "./folder.ts";
import { foldHistory, verifyHistory } from "./history.ts";
import { knownVersion } from "./known-version.ts";
import type { Project } from "./project.ts";
import { readingLedger } from "./read.ts";
import { emptyChange, record } from "./record.ts";
import { canonicalVersion, compareVersions, isVersion } from "./version.ts";

export interface BaselineChoice {
  readonly version: string;
  /** It may be a version of which there is no file. */
  readonly withoutFile?: boolean | undefined;
}

export interface Baseline {
  /** In its canonical form. */
  readonly version: string;
  /** Names of the files that count as applied by it. */
  readonly covers: readonly string[];
}

/** Declares that a database made without Godwit stands at a version: it and all older ones count as applied. */
export async function baselineHistory(
  project: Project,
  choice: BaselineChoice,
): Promise<RunResult & { readonly covers: readonly string[] }> {
  const { version, covers } = findBaseline(project, choice);
  const result = await record(project, { command: "baseline", version }, (state) => {
    refuseHistory(state);
    return { changes: [emptyChange("baseline", version, `baseline ${choice.version}`)] };
  });
  return { ...result, covers };
}

/** What a baseline would cover now. Reads only, and throws what the baseline would. */
export async function previewBaseline(project: Project, choice: BaselineChoice): Promise<Baseline> {
  const baseline = findBaseline(project, choice);
  await readingLedger(project, async ({ state }) => refuseHistory(state));
  return baseline;
}

/** A slip of the finger would skip migrations silently, so the version must be that of a file. Throws GW2013. */
function findBaseline(project: Project, { version: named, withoutFile }: BaselineChoice): Baseline {
  if (!isVersion(named)) {
    throw new GodwitError("GW1001", { message: `${JSON.stringify(named)} is no version` });
  }
  const folder = readFolder(project.folder);
  const version =
    withoutFile === true
      ? canonicalVersion(named)
      : knownVersion(
          folder,
          named,
          () =>
            "Name a version that has a file. If the database really stands at one that has none, pass --without-file.",
        );
  const covered = folder.filter(
    (migration) => migration.kind === "versioned" && compareVersions(migration.version, version) <= 0,
  );
  return { version, covers: covered.map(({ name }) => name) };
}

function refuseHistory(state: LedgerState): void {
  verifyHistory(state);
  if (foldHistory(state.history).applied.size === 0) return;
  throw new GodwitError("GW5008", { message: `${state.history.length} history rows are recorded already` });
}
