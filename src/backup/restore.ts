import { basename, extname } from "node:path";
import { GodwitError } from "../core/error.ts";
import { sealPlan } from "../core/plan.ts";
import type { DdlStatement } from "../engines/data-roles.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { archivedRows } from "../run/archive/archived-rows.ts";
import { findLongRow } from "../run/archive/long-rows.ts";
import type { Manifest } from "../run/archive/manifest.ts";
import { ArchiveReader } from "../run/archive/read-archive.ts";
import { isOfDatabase, readArtifacts } from "../run/artifact-ledger.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { type GatePolicy, noGates } from "../run/gates/policy.ts";
import type { LedgerState } from "../run/ledger.ts";
import { compileRestore } from "./compile-restore.ts";
import { type BackupProject, backupRole, executionOf, fingerprint, withSession } from "./project.ts";

export interface RestoreChoice {
  readonly file: string;
  /** The target's name, typed: what is in it may go, and its name may be another one than the backup's. */
  readonly confirm?: string | undefined;
  readonly jobs?: number | undefined;
  /** A database that was made for this restore alone. */
  readonly scratch?: boolean | undefined;
  /** Takes a file that is not encrypted, although there is a key, and whatever the ledger says of that name. */
  readonly plain?: boolean | undefined;
  /** The file must have it. */
  readonly sha256?: string | undefined;
}

export interface Restored extends RunResult {
  readonly manifest: Manifest;
  readonly sha256: string;
  /** What the target could not have: grants to roles that it lacks. */
  readonly lacks: readonly string[];
}

interface RestoreIntent {
  readonly command: "backup restore";
  readonly file: string;
  readonly sha256: string;
  clear: readonly DdlStatement[];
  lacks: readonly string[];
}

const defaultJobs = 2;

/**
 * Restores a backup, or goes on with a restore that was interrupted. The whole file is looked at first. Throws GW8202 to
 * GW8204 for the file, GW8208 for what the target cannot take, GW8210 for the target, GW8207 where the result differs from what was backed up.
 */
export async function restoreBackup(project: BackupProject, choice: RestoreChoice): Promise<Restored> {
  const { engine, settings } = project;
  const role = backupRole(engine);
  await using archive = await ArchiveReader.open(choice.file, settings.archiveKey ?? null);
  const manifest = await archive.manifest();
  refuseOtherEngine(project, choice.file, manifest);
  const identity = await archive.identity();
  const sha256 = await archive.check();
  if (choice.sha256 !== undefined && sha256 !== choice.sha256) throw exchanged(choice.file, "unchanged");
  if (choice.sha256 === undefined && choice.plain !== true) await refuseForeign(project, archive, sha256);
  await refuseLongRows(project, archive, manifest);
  await engine.syntax.load();
  const intent: RestoreIntent = {
    command: "backup restore",
    file: choice.file,
    sha256,
    clear: [],
    lacks: [],
  };
  const result = await execute({
    ...executionOf(project),
    gates: choice.scratch === true ? noGates : environmentOnly(project.gates),
    family: "restore",
    intent,
    restarts: choice.confirm !== undefined && (await isOfAnother(project, sha256)),
    retell,
    compile: async (state, facts) => {
      const kept = unfinished(state, sha256, choice.file);
      if (kept !== null) Object.assign(intent, { clear: kept.clear, lacks: kept.lacks });
      else {
        const found = await withSession(project, async (session) => {
          const there = await role.inhabitants(session);
          refuseTarget({ choice, manifest, facts, there, history: state.history.length });
          return {
            clear: there.length === 0 ? [] : await role.clear(session),
            lacks: (await role.fitting(session, manifest.schema)).lacks,
          };
        });
        Object.assign(intent, found);
      }
      const steps = compileRestore({
        engine,
        manifest,
        file: choice.file,
        sha256,
        jobs: choice.jobs ?? defaultJobs,
        clear: intent.clear,
        lacks: intent.lacks,
        scratch: choice.scratch === true,
      });
      return sealPlan({ kind: "restore", target: fingerprint(engine, facts), steps, hazards: [] });
    },
  });
  // Each step opens the file by its name.
  if (!(await archive.isUnder(identity))) throw exchanged(choice.file, "unknown");
  return { ...result, manifest, sha256, lacks: intent.lacks };
}

/**
 * Anybody can write a plain archive. Where there is a key, or the target's own ledger has another file of that name, it is
 * not taken for the one that is meant; one that the ledger has by its SHA-256 is. Throws GW8203, GW8204.
 */
async function refuseForeign(project: BackupProject, archive: ArchiveReader, sha256: string): Promise<void> {
  const { engine, settings } = project;
  const { file } = archive;
  const known = await withSession(project, async (session) => {
    const facts = await engine.connect.facts(session);
    const all = await readArtifacts(engine, session, "backup");
    return all
      .filter((each) => each.state !== "removed")
      .map((each) => ({
        sha256: (each.body as { readonly sha256?: string }).sha256,
        isNamed: each.name === file && isOfDatabase(each, facts),
      }));
  });
  if (known.some((each) => each.sha256 === sha256)) return;
  if (known.some(({ isNamed }) => isNamed)) {
    throw new GodwitError("GW8203", {
      message: `${file} is not the file that the target's ledger has under this name: its SHA-256 is ${sha256}`,
      hint: "Take another backup; or, if this one is yours, pass --plain.",
      details: { file, sha256 },
    });
  }
  if ((settings.archiveKey ?? null) === null || archive.encrypted) return;
  throw new GodwitError("GW8204", {
    message: `${file} is not encrypted, and there is a key: it may not be the file that you mean`,
    hint: "Whoever can write there could have put it in the place of an encrypted one. If it is yours, pass --plain.",
    details: { file, sha256 },
  });
}

/** Throws GW8208 for a row that the target's server would refuse in the middle of the restore. */
async function refuseLongRows(
  project: BackupProject,
  archive: ArchiveReader,
  { tables }: Manifest,
): Promise<void> {
  const { engine } = project;
  const { longestRow } = archivedRows(engine);
  if (longestRow === undefined) return;
  const longest = await withSession(project, longestRow);
  const row = await findLongRow(archive, tables, longest);
  if (row === null) return;
  const { table, key, column, bytes } = row;
  throw new GodwitError("GW8208", {
    message: `${table}, ${key.length === 0 ? "a row" : `row ${key.join(", ")}`}, column ${column}: the row has ${bytes} bytes of text in the backup, and ${engine.traits.title} takes rows of at most ${longest.bytes} (${longest.because}). A byte is two digits there, in columns of bytes and in texts that keep theirs`,
    hint: "Nothing was changed. Raise that setting of the target's server above the row's bytes, and run the same command again.",
    details: { table, key, column, bytes, limitBytes: longest.bytes },
  });
}

function exchanged(file: string, outcome: "unchanged" | "unknown"): GodwitError {
  return new GodwitError("GW8203", {
    message: `${file} was changed or exchanged while it was ${outcome === "unchanged" ? "looked at" : "restored"}`,
    hint: "Do not rely on what was restored: run it again when nobody writes there.",
    details: { file },
    outcome,
  });
}

/** `expect` names the database that is meant. Its name is typed with --confirm where something would be replaced. */
function environmentOnly(gates: GatePolicy): GatePolicy {
  return { ...gates, demands: { ...noGates.demands, environment: gates.demands.environment } };
}

/** An unfinished restore of another file is given up only where the name was typed. */
async function isOfAnother(project: BackupProject, sha256: string): Promise<boolean> {
  const { readLedger } = await import("../run/ledger.ts");
  return withSession(project, async (session) => {
    const { unfinished: run } = await readLedger(project.engine, session, "restore");
    return run !== null && (run.intent as Partial<RestoreIntent>).sha256 !== sha256;
  });
}

function unfinished({ unfinished: run }: LedgerState, sha256: string, file: string): RestoreIntent | null {
  if (run === null) return null;
  const intent = run.intent as RestoreIntent;
  if (intent.sha256 === sha256) return intent;
  throw new GodwitError("GW8210", {
    message: `the target has the unfinished restore ${run.id} of another backup, ${intent.file}`,
    hint: `Run \`godwit backup restore ${intent.file}\` again to end it, or type the target's name with --confirm to begin with ${file}.`,
    details: { unfinished: run.id, file: intent.file },
  });
}

function refuseOtherEngine({ engine }: BackupProject, file: string, manifest: Manifest): void {
  if (manifest.engine === engine.id) return;
  throw new GodwitError("GW8208", {
    message: `${file} is a backup of ${manifest.server.product}, and the target is ${engine.traits.title}`,
    hint: "Restore it into a server of its own kind, and copy from there: `godwit copy`.",
    details: { engine: manifest.engine },
  });
}

interface TargetFacts {
  readonly choice: RestoreChoice;
  readonly manifest: Manifest;
  readonly facts: ServerFacts;
  readonly there: readonly string[];
  /** Migrations that it has had. */
  readonly history: number;
}

function refuseTarget({ choice, manifest, facts, there, history }: TargetFacts): void {
  const name = plainName(facts.database);
  const held = [
    ...(there.length === 0 ? [] : [`it holds ${there.join(", ")}${there.length === 5 ? ", …" : ""}`]),
    ...(there.length > 0 || history === 0 ? [] : [`it has a history of ${history} rows`]),
  ];
  if (choice.scratch === true) {
    if (held.length === 0) return;
    // Nobody has typed its name, and nobody is asked: what is in it stays.
    throw new GodwitError("GW8210", {
      message: `the scratch database is ${JSON.stringify(name)}; ${held.join("; ")}`,
      hint: "Name an empty database, or leave --scratch out.",
      details: { database: name, holds: there },
    });
  }
  if (choice.confirm !== undefined) {
    if (choice.confirm === name) return;
    throw new GodwitError("GW8210", {
      message: `--confirm names ${JSON.stringify(choice.confirm)}, and the target is ${JSON.stringify(name)}`,
      details: { database: name },
    });
  }
  const problems = [
    ...held,
    ...(plainName(manifest.database) === name
      ? []
      : [`the backup is of ${JSON.stringify(plainName(manifest.database))}`]),
  ];
  if (problems.length === 0) return;
  throw new GodwitError("GW8210", {
    message: `the target is ${JSON.stringify(name)}; ${problems.join("; ")}`,
    hint: `Restore into an empty database of that name, or pass --confirm ${name}: all that is in it is then replaced.`,
    details: { database: name, holds: there, backupOf: manifest.database },
  });
}

/** Of a database that is a file, its name without folder and ending. */
function plainName(database: string): string {
  return basename(database, extname(database));
}

/** A statement of the backup that the server refused: the catalogue's words for it are those of migrations. */
function retell(error: GodwitError): GodwitError {
  if (!error.code.startsWith("GW6")) return error;
  const { message, details, outcome, cause } = error;
  return new GodwitError("GW8209", { message, details, outcome, cause });
}
