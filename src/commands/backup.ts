import { resolve } from "node:path";
import {
  type BackupForm,
  type BackupProject,
  createBackup,
  listBackups,
  type ListedBackup,
  type MadeBackup,
  planPrune,
  type ProvedBackup,
  pruneBackups,
  type PrunePlan,
  restoreBackup,
  type Restored,
  verifyBackup,
} from "../backup/index.ts";
import { connectTimeoutMsOf, requireTarget } from "../config/require-target.ts";
import { GodwitError } from "../core/error.ts";
import { loadEngine } from "../engines/registry.ts";
import { readBackupKey } from "./backup-key.ts";
import { checkOptions } from "./check-options.ts";
import { observed } from "./observed.ts";
import { emitterOf, gatesFor, openConfig, type ProjectOptions, runSettingsOf } from "./options.ts";

/** What the functions for backups take beside their own choices. */
export interface BackupOptions extends ProjectOptions {
  /** The file of the key; default the configuration's. GODWIT_BACKUP_KEY wins over both. */
  readonly keyFile?: string | undefined;
  /** Sessions that work at the same time; default 2. */
  readonly jobs?: number | undefined;
}

export interface BackupCreateOptions extends BackupOptions {
  readonly form?: BackupForm | undefined;
  /** A file that is not there yet, or a folder. */
  readonly output?: string | undefined;
  readonly encrypt?: boolean | undefined;
}

/** Writes a backup of the database. It counts when `backupVerify` has proved it. */
export async function backupCreate(options: BackupCreateOptions = {}): Promise<MadeBackup> {
  checkOptions("backup", options);
  const { form, output, encrypt, jobs, cwd = process.cwd() } = options;
  // What ends like a folder is meant as one.
  const place =
    output === undefined ? undefined : `${resolve(cwd, output)}${output.endsWith("/") ? "/" : ""}`;
  return observed(options, options, async (own) =>
    createBackup(await openBackups(own), { form, output: place, encrypt, jobs }),
  );
}

export interface BackupVerifyOptions extends BackupOptions {
  /** A file, or the beginning of an id; default the newest backup. */
  readonly backup?: string | undefined;
  /** The URL of an empty database; default one that is made beside, and dropped. */
  readonly scratch?: string | undefined;
}

/** Restores a backup into a scratch database, compares, and records that it is proved. */
export async function backupVerify(options: BackupVerifyOptions = {}): Promise<ProvedBackup> {
  checkOptions("backup", options);
  return observed(options, options, verifyOpened);
}

async function verifyOpened(options: BackupVerifyOptions): Promise<ProvedBackup> {
  const { backup, scratch, jobs, cwd = process.cwd() } = options;
  const project = await openBackups(options);
  const target =
    scratch === undefined
      ? undefined
      : requireTarget(await openConfig({ ...options, url: scratch, profile: undefined }));
  if (target !== undefined && target.engine !== project.engine.id)
    throw new GodwitError("GW8208", {
      message: `${target.display} is no ${project.engine.traits.title} database`,
    });
  const isPath = backup !== undefined && /[./\\]/.test(backup);
  return verifyBackup(project, { backup: isPath ? resolve(cwd, backup) : backup, scratch: target, jobs });
}

/** The backups that the database's ledger has, with the state of their files. Reads only. */
export async function backupList(
  options: BackupOptions & { readonly all?: boolean | undefined } = {},
): Promise<readonly ListedBackup[]> {
  checkOptions("backup", options);
  return listBackups(await openBackups(options, false), { all: options.all });
}

export interface BackupRestoreOptions extends BackupOptions {
  readonly file: string;
  /** The target's name, typed: what is in it is replaced, or it is called otherwise than the backup's database. */
  readonly confirm?: string | undefined;
  /** Takes a file that is not encrypted, although there is a key, and whatever the target's ledger says of that name. */
  readonly plain?: boolean | undefined;
}

/** Restores a backup into the database that `url`, a profile or the configuration names. */
export async function backupRestore(options: BackupRestoreOptions): Promise<Restored> {
  checkOptions("backup", options);
  const { file, confirm, plain, jobs, cwd = process.cwd() } = options;
  return observed(options, options, async (own) =>
    restoreBackup(await openBackups(own), { file: resolve(cwd, file), confirm, plain, jobs }),
  );
}

export interface BackupPruneOptions extends BackupOptions {
  /** So many of the newest stay. */
  readonly keep?: number | undefined;
  readonly olderThanMs?: number | undefined;
}

/** Removes old backups; never the newest one that is proved. */
export async function backupPrune(options: BackupPruneOptions): Promise<PrunePlan> {
  checkOptions("backup", options);
  const { keep, olderThanMs } = options;
  return pruneBackups(await openBackups(options, false), { keep, olderThanMs });
}

/** Which ones that would be. Reads only. */
export async function backupPrunePlan(options: BackupPruneOptions): Promise<PrunePlan> {
  checkOptions("backup", options);
  const { keep, olderThanMs } = options;
  return planPrune(await openBackups(options, false), { keep, olderThanMs });
}

async function openBackups(options: BackupOptions, needsKey = true): Promise<BackupProject> {
  const { cwd = process.cwd(), env = process.env, keyFile, signal, waitMs = 0 } = options;
  const config = await openConfig(options);
  const target = requireTarget(config);
  const emit = emitterOf(options);
  for (const message of config.notices) emit({ type: "warning:raised", code: "GW1002", message });
  const key = keyFile === undefined ? config.backupKeyFile : resolve(cwd, keyFile);
  return {
    engine: await loadEngine(target.engine),
    target,
    gates: gatesFor(config, options),
    folder: config.backupFolder,
    settings: {
      ...runSettingsOf(config, connectTimeoutMsOf(config, target)),
      archiveKey: needsKey ? await readBackupKey(env, key) : null,
    },
    emit,
    signal,
    waitMs,
  };
}
