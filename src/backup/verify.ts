import { GodwitError } from "../core/error.ts";
import type { Target } from "../core/target.ts";
import { type Artifact, readArtifacts } from "../run/artifact-ledger.ts";
import { ArchiveReader } from "../run/archive/read-archive.ts";
import { inScratchDatabase } from "../run/scratch-database.ts";
import { type BackupProject, backupRole, withSession } from "./project.ts";
import { recordArtifacts } from "./record.ts";
import { restoreBackup, type Restored } from "./restore.ts";

export interface ProveChoice {
  /** A file, or the id of a backup, of which the beginning is enough; without it the newest one is meant. */
  readonly backup?: string | undefined;
  /** An empty database to restore into; it is left as it is then. Default: one is made beside, and dropped. */
  readonly scratch?: Target | undefined;
  readonly jobs?: number | undefined;
}

export interface ProvedBackup {
  readonly artifact: string;
  readonly file: string;
  readonly tables: number;
  readonly rows: number;
  readonly durationMs: number;
  readonly notHeld: readonly string[];
  /** What it should hold and does not: then it counts for no gate. */
  readonly missing: readonly string[];
}

/**
 * Restores a backup into a scratch database and compares it there with the sums that were taken when it was made. Only then
 * its row in the ledger says `verified`. Throws what `restoreBackup` throws.
 */
export async function verifyBackup(project: BackupProject, choice: ProveChoice): Promise<ProvedBackup> {
  const start = performance.now();
  const artifact = await findArtifact(project, choice.backup);
  await refuseOther(project, artifact);
  const restored = await inScratch(project, choice, (scratch) =>
    restoreBackup(scratch, {
      file: artifact.name,
      scratch: true,
      jobs: choice.jobs,
      sha256: (artifact.body as { readonly sha256?: string }).sha256,
    }),
  );
  const { tables, notHeld, missing } = restored.manifest;
  await recordArtifacts(
    project,
    { command: "backup verify", artifact: artifact.id },
    `verified ${artifact.name}`,
    [{ id: artifact.id, state: "verified" }],
  );
  const proved = {
    artifact: artifact.id,
    file: artifact.name,
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + Number(rows), 0),
    durationMs: Math.round(performance.now() - start),
    notHeld,
    missing,
  };
  const { artifact: id, tables: count, rows, durationMs } = proved;
  project.emit({ type: "backup:verified", artifact: id, tables: count, rows, durationMs });
  return proved;
}

/** By its file, by the beginning of its id, or the newest. Throws GW8205. */
async function findArtifact(project: BackupProject, named: string | undefined): Promise<Artifact> {
  const all = await withSession(project, (session) => readArtifacts(project.engine, session, "backup"));
  const there = all.filter(({ state }) => state !== "removed");
  const found =
    named === undefined
      ? there.slice(0, 1)
      : there.filter(({ id, name }) => name === named || id.startsWith(named));
  if (found.length === 1) return found[0]!;
  throw new GodwitError("GW8205", {
    message:
      named === undefined
        ? "the database's ledger has no backup"
        : found.length === 0
          ? `the database's ledger has no backup ${named}`
          : `${named} is the beginning of ${found.length} backups`,
    details: { backup: named ?? null },
  });
}

/** The file must be the one of which the ledger speaks: another one of its name would prove nothing. */
async function refuseOther({ settings }: BackupProject, artifact: Artifact): Promise<void> {
  await using archive = await ArchiveReader.open(artifact.name, settings.archiveKey ?? null);
  const { sha256 } = artifact.body as { readonly sha256?: string };
  const found = await archive.check();
  if (found === sha256) return;
  throw new GodwitError("GW8203", {
    message: `${artifact.name} is not the file that the ledger has: its SHA-256 is ${found}`,
    details: { file: artifact.name, sha256: found, expected: sha256 ?? null },
  });
}

function inScratch(
  project: BackupProject,
  { scratch }: ProveChoice,
  work: (scratch: BackupProject) => Promise<Restored>,
): Promise<Restored> {
  const at = (target: Target) => work({ ...project, target });
  return scratch === undefined
    ? inScratchDatabase(project, backupRole(project.engine), failure, at)
    : at(scratch);
}

const failure = {
  code: "GW8208",
  hint: "Give an empty one with --scratch URL, or the right to create databases.",
} as const;
