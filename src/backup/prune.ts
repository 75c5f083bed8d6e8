import { unlink } from "node:fs/promises";
import { GodwitError } from "../core/error.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { type Artifact, readArtifacts } from "../run/artifact-ledger.ts";
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
  /** The newest verified one, which stays whatever was asked for; null where there is none. */
  readonly relied: string | null;
}

/** Which backups would go. Throws GW1001 where nothing says which. */
export async function planPrune(project: BackupProject, choice: PruneChoice): Promise<PrunePlan> {
  const { keep, olderThanMs } = choice;
  if (keep === undefined && olderThanMs === undefined)
    throw new GodwitError("GW1001", { message: "prune needs --keep or --older-than" });
  const { all, facts } = await withSession(project, async (session) => ({
    all: await readArtifacts(project.engine, session, "backup"),
    facts: await project.engine.connect.facts(session),
  }));
  const there = all.filter(({ state }) => state !== "removed");
  const relied = there.find(({ state }) => state === "verified") ?? null;
  const removed = there.filter(
    (artifact, place) => artifact !== relied && place >= (keep ?? 0) && isOlder(artifact, facts, olderThanMs),
  );
  return {
    removed: removed.map(({ id, name, createdAt }) => ({ id, file: name, createdAt })),
    relied: relied?.id ?? null,
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
