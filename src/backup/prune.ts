import { unlink } from "node:fs/promises";
import { GodwitError } from "../core/error.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { type FileState, fileState } from "../run/archive/file-state.ts";
import { type Artifact, isOfDatabase, missingOf, readArtifacts } from "../run/artifact-ledger.ts";
import { type BackupProject, withSession } from "./project.ts";
import { recordArtifacts } from "./record.ts";

export interface PruneChoice {
  /** So many of the newest stay. */
  readonly keep?: number | undefined;
  /** Only those that were made longer ago, in milliseconds. */
  readonly olderThanMs?: number | undefined;
}

export interface PrunePlan {
  readonly removed: readonly { readonly id: string; readonly file: string; readonly createdAt: string }[];
  /** The newest verified one whose file is as it was written, and before all a whole one: it stays whatever was asked for. Null where there is none. */
  readonly relied: string | null;
  /** Those that would go by their age, and of which this database cannot say that the file is theirs. */
  readonly left: readonly { readonly id: string; readonly file: string; readonly why: string }[];
}

interface Found {
  readonly artifact: Artifact;
  readonly state: FileState;
  /** How many whole ones are newer: one that is lost or damaged takes no whole one's place. */
  readonly place: number;
}

const whyLeft = {
  altered: "the file of that name is not the one that was written",
  unreadable: "its file cannot be read",
} as const;

/** Which backups would go. Throws GW1001 where nothing says which. */
export async function planPrune(project: BackupProject, choice: PruneChoice): Promise<PrunePlan> {
  const { keep, olderThanMs } = choice;
  if (keep === undefined && olderThanMs === undefined)
    throw new GodwitError("GW1001", { message: "prune needs --keep or --older-than" });
  const { all, facts } = await withSession(project, async (session) => ({
    all: await readArtifacts(project.engine, session, "backup"),
    facts: await project.engine.connect.facts(session),
  }));
  const found: Found[] = [];
  const others: Artifact[] = [];
  let place = 0;
  for (const artifact of all) {
    if (artifact.state === "removed") continue;
    // A clone's ledger names the files of the database that it was made of.
    if (!isOfDatabase(artifact, facts)) {
      others.push(artifact);
      continue;
    }
    const state = await fileState(artifact.name, artifact.body as { bytes?: number; sha256?: string });
    found.push({ artifact, state, place });
    if (state === "intact") place++;
  }
  const proved = found.flatMap(({ artifact, state }) =>
    artifact.state === "verified" && state === "intact" ? [artifact] : [],
  );
  const relied = proved.find((each) => missingOf(each).length === 0) ?? proved[0] ?? null;
  const chosen = found.filter(
    (each) =>
      each.artifact !== relied && each.place >= (keep ?? 0) && isOlder(each.artifact, facts, olderThanMs),
  );
  const left = chosen.flatMap(({ artifact: { id, name }, state }) =>
    state === "altered" || state === "unreadable" ? [{ id, file: name, why: whyLeft[state] }] : [],
  );
  return {
    removed: chosen
      .filter(({ state }) => state === "intact" || state === "missing")
      .map(({ artifact: { id, name, createdAt } }) => ({ id, file: name, createdAt })),
    relied: relied?.id ?? null,
    left: [
      ...left,
      ...others
        .filter((artifact) => isOlder(artifact, facts, olderThanMs))
        .map(({ id, name }) => ({ id, file: name, why: "it is a backup of another database" })),
    ],
  };
}

function isOlder({ createdAt }: Artifact, { now }: ServerFacts, olderThanMs: number | undefined): boolean {
  return olderThanMs === undefined || Date.parse(now) - Date.parse(createdAt) > olderThanMs;
}

/** Removes their files, and says so in the ledger: first there, so that no removed one counts as there. */
export async function pruneBackups(project: BackupProject, choice: PruneChoice): Promise<PrunePlan> {
  const plan = await planPrune(project, choice);
  if (plan.removed.length === 0) return plan;
  await recordArtifacts(
    project,
    { command: "backup prune", ...choice },
    `removed ${plan.removed.length} backups`,
    plan.removed.map(({ id }) => ({ id, state: "removed" as const })),
  );
  for (const { file } of plan.removed) {
    await unlink(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return;
      const message = `${file} could not be removed: ${error.message}`;
      project.emit({ type: "warning:raised", code: "GW8201", message });
    });
  }
  return plan;
}
