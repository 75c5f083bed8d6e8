import { randomUUID } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import { type BackupStep, sealPlan } from "../core/plan.ts";
import type { ServerFacts } from "../engines/engine.ts";
import type { Manifest } from "../run/archive/manifest.ts";
import { readArtifacts } from "../run/artifact-ledger.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { type BackupProject, backupRole, executionOf, fingerprint, withSession } from "./project.ts";

export type BackupForm = "portable" | "native";

export interface CreateChoice {
  /** Default portable: it needs no client programs, and is read and written by several sessions at once. */
  readonly form?: BackupForm | undefined;
  /** A file that is not there yet, or a folder. */
  readonly output?: string | undefined;
  readonly encrypt?: boolean | undefined;
  readonly jobs?: number | undefined;
}

export interface MadeBackup extends RunResult {
  readonly artifact: string;
  readonly file: string;
  readonly notHeld: readonly string[];
  /** What it should hold and does not: then it counts for no gate, also when its restore is compared. */
  readonly missing: readonly string[];
}

const defaultJobs = 2;
/** A chunk is loaded in one transaction: its repetition after a kill takes no second. */
const chunkBytes = 16 * 1024 * 1024;

/** Writes a backup and its row in the ledger. It counts only when a restore of it was compared: `verifyBackup`. */
export async function createBackup(project: BackupProject, choice: CreateChoice): Promise<MadeBackup> {
  const { engine, settings } = project;
  backupRole(engine);
  if (choice.encrypt === true && (settings.archiveKey ?? null) === null) {
    throw new GodwitError("GW8204", {
      message: "--encrypt needs a key, and there is none",
      hint: "Set GODWIT_BACKUP_KEY or backupKeyFile, or pass --key-file. `openssl rand -hex 32` makes a key.",
    });
  }
  const artifact = randomUUID();
  let file = "";
  const result = await execute({
    ...executionOf(project),
    family: "backup",
    // What an earlier one left is no backup, and there is nothing to go on with.
    restarts: true,
    intent: { command: "backup create", form: choice.form ?? "portable" },
    compile: async (_, facts) => {
      file ||= fileFor(project, choice, facts, artifact);
      const step: BackupStep = {
        kind: "backup",
        key: "backup/1",
        title: `backup ${basename(file)}`,
        hash: digest([file, artifact]),
        unit: "backup",
        unitTitle: basename(file),
        limits: { statementTimeoutMs: 0 },
        undo: "remove the file",
        history: [],
        form: choice.form ?? "portable",
        file,
        artifact,
        encrypted: choice.encrypt === true,
        jobs: choice.jobs ?? defaultJobs,
        chunkBytes,
      };
      return sealPlan({ kind: "backup", target: fingerprint(engine, facts), steps: [step], hazards: [] });
    },
  });
  const made = await withSession(project, (session) => readArtifacts(engine, session, "backup"));
  const { notHeld = [], missing = [] } = (made.find(({ id }) => id === artifact)?.body ??
    {}) as Partial<Manifest>;
  return { ...result, artifact, file, notHeld, missing };
}

/** "shop-20260131T093000Z-1a2b3c4d.godwit": names sort by time, and two of a second differ. Throws GW8201. */
function fileFor(
  { folder }: BackupProject,
  { output }: CreateChoice,
  facts: ServerFacts,
  artifact: string,
): string {
  const given = resolve(output ?? folder);
  const isFolder = output === undefined || output.endsWith("/") || isDirectory(given);
  const database =
    basename(facts.database, extname(facts.database)).replaceAll(/[^\w.-]/g, "_") || "database";
  const time = facts.now.replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  const file = isFolder ? join(given, `${database}-${time}-${artifact.slice(0, 8)}.godwit`) : given;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new GodwitError("GW8201", {
      message: `the folder ${dirname(file)} could not be made: ${(error as Error).message}`,
      cause: error,
    });
  }
  return file;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
