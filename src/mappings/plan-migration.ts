import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import { basename } from "node:path";
import type {
  FileMark,
  MappingsCopy,
  MappingsJob,
  MappingsPlace,
  MappingsPlaces,
  MappingsTarget,
} from "../core/mappings-steps.ts";
import { noPlaceInFlat, planVersionChange } from "../formats/mappings/index.ts";
import { GodwitError } from "../core/error.ts";
import { markOf } from "../run/files/file-mark.ts";
import { inTheWay } from "../run/files/write-beside.ts";
import type { Located } from "./locate.ts";
import type { Looked } from "../run/mappings/look.ts";
import { lookAt, type LookContext } from "./look-at.ts";

export interface MigrateChoice {
  readonly schemaVersion?: string | undefined;
  readonly shape?: "list" | "keyed" | "flat" | undefined;
  readonly naming?: "pascal" | "camel" | "snake" | undefined;
  readonly clean?: MappingsJob["clean"] | undefined;
  /** So many mappings at once. */
  readonly batch?: number | undefined;
  /** Default true: what is replaced is copied first. */
  readonly backup?: boolean | undefined;
  /** What is read is copied as well, as the original tool does. */
  readonly backupInputs?: boolean | undefined;
  /** A file that is there is replaced. */
  readonly force?: boolean | undefined;
  /** Files that contradict one another are an error. */
  readonly strict?: boolean | undefined;
}

/** All that a run needs to know to go on after a kill; JSON. It is kept with the run. */
export interface MigrateIntent {
  readonly command: "mappings migrate";
  readonly output: string;
  /** What was asked for: a run goes on only with the same. */
  readonly asked: Asked;
  readonly places: MappingsPlaces;
  readonly job: MappingsJob;
  readonly copies: readonly MappingsCopy[];
  readonly litter: readonly string[];
  readonly looked: LookedAt;
}

export interface Asked {
  readonly inputs: readonly string[];
  readonly to: string;
  readonly schemaVersion: string | null;
  readonly shape: string | null;
  readonly naming: string | null;
  readonly clean: readonly string[];
}

/** What the look at the inputs has shown, for the summary. */
export interface LookedAt {
  readonly inputs: readonly {
    readonly file: string;
    readonly format: "msgpack" | "json";
    readonly version: string;
    readonly bytes: number;
    readonly mappings: number;
  }[];
  readonly mappings: number;
  readonly conflicts: number;
  /** Null of a single file. */
  readonly merge: Looked["merge"];
  readonly faults: Looked["faultCounts"];
  readonly readMs: number;
}

export interface MigrationPlan {
  readonly intent: MigrateIntent;
  readonly look: Looked;
  /** What the version that is written has no place for, in words. */
  readonly keepsAside: readonly string[];
  /** What earlier downgrades have kept beside the inputs and is not put back, with the reason, in words. */
  readonly leavesOut: readonly string[];
}

export const defaultBatch = 4096;

/** What is kept aside of a database file, beside it. */
export function asideOf(file: string): string {
  return `${file}.aside.jsonl`;
}

/** Where a file is written before it takes its place. */
function partialOf(file: string): string {
  return `${file}.partial`;
}

/**
 * A file where this run will write beside a place. A run that goes on overwrites what it has written itself; what no
 * journal tells of may be somebody's, and a run that was begun could not say afterwards whose it is. Throws GW2613.
 */
export function refuseInTheWay(partial: string, own: readonly string[]): void {
  if (!own.includes(partial) && lstatSync(partial, { throwIfNoEntry: false }) !== undefined)
    throw inTheWay(partial);
}

export function askedOf({ inputs, to }: Located, choice: MigrateChoice): Asked {
  return {
    inputs,
    to,
    schemaVersion: choice.schemaVersion ?? null,
    shape: choice.shape ?? null,
    naming: choice.naming ?? null,
    clean: choice.clean ?? [],
  };
}

/** Looks at the files and decides; changes nothing. Throws GW2605 for an output that is there, GW2608 with `strict`. */
export async function planMigration(
  located: Located,
  choice: MigrateChoice,
  context: LookContext & {
    readonly now: Date;
    /** What an interrupted run may have left, which this one removes. */
    readonly litter: readonly string[];
  },
): Promise<MigrationPlan> {
  const { inputs: files, output, to } = located;
  const { now, litter } = context;
  if (choice.force !== true && existsSync(output)) throw isThere(output);
  refuseInTheWay(partialOf(output), litter);
  const batch = choice.batch ?? defaultBatch;
  const look = await lookAt(
    {
      files,
      aside: files.map(keptBeside),
      now: now.toISOString(),
      batch,
      clean: choice.clean ?? [],
      migrates: true,
    },
    context,
  );
  if (choice.strict === true && look.conflictCount > 0) throw contradicting(look);
  const { read: preserved } = look;
  if (preserved === null) throw new GodwitError("GW9001", { message: "what was read has no sums" });
  const change = planVersionChange(look.version, choice.schemaVersion ?? look.version, files[0] ?? "");
  const [only, ...others] = look.inputs;
  const isUntouched =
    only !== undefined &&
    others.length === 0 &&
    change.direction === "same" &&
    (choice.clean ?? []).length === 0;
  const target = targetOf(to, choice, isUntouched ? only.format : null);
  const isFlat = target.format === "json" && target.shape === "flat";
  // Version 1.1 always has a history.
  const lacks = isFlat ? [...look.flat.lacks, ...(change.to === "1.1" ? ["a history"] : [])] : [];
  if (lacks.length > 0) throw noPlaceInFlat(lacks);
  const restoresSome = look.inputs.some(({ restores }) => restores !== null);
  const keeps = change.to === "1.0" && (change.direction === "downgrade" || restoresSome || look.newer > 0);
  const before = await markOf(output);
  // Between the look and now.
  if (before !== null && choice.force !== true) throw isThere(output);
  const stamp = stampOf(now);
  const mode = before?.mode ?? modeOf(files);
  const place = async (path: string, there: FileMark | null): Promise<MappingsPlace> => ({
    output: path,
    partial: partialOf(path),
    before: there,
    mode,
    backup: there === null || choice.backup === false ? null : copyOf(path, there, stamp),
    artifact: randomUUID(),
  });
  const places = {
    database: await place(output, before),
    aside: keeps ? await place(asideOf(output), await markOf(asideOf(output))) : null,
    outdated: keeps ? null : await outdatedAt(asideOf(output)),
  };
  // What it holds may be nowhere else, so it is copied whatever is said of backups.
  async function outdatedAt(path: string): Promise<MappingsPlace | null> {
    const there = await markOf(path);
    return there === null ? null : { ...(await place(path, there)), backup: copyOf(path, there, stamp) };
  }
  if (places.aside !== null) refuseInTheWay(places.aside.partial, litter);
  const job: MappingsJob = {
    inputs: look.inputs.map(({ file, bytes, sha256, version, restores }) => ({
      file,
      bytes,
      sha256,
      version,
      restores: restores && { file: restores.file, bytes: restores.bytes, sha256: restores.sha256 },
    })),
    target,
    version: change.to,
    // What an upgrade puts back is as it was; a merge has the names of its files besides.
    marksOrigin:
      change.to === "1.1" && (others.length > 0 || (change.direction === "upgrade" && !restoresSome)),
    from: [...new Set(look.inputs.map(({ format, version }) => `${format.format} ${version}`))].join(", "),
    clean: choice.clean ?? [],
    batch,
    now: now.toISOString(),
    read: preserved,
    count: (choice.clean ?? []).length === 0 ? look.facts.mappings : null,
    beside: isFlat ? [...new Set(look.flat.beside)] : [],
    wire: isUntouched && only.format.format === "msgpack" && to === "msgpack" ? look.wire : null,
  };
  const replaced = [places.database, places.aside, places.outdated]
    .map((each) => each?.backup ?? null)
    .filter((copy) => copy !== null);
  const read = choice.backupInputs === true && choice.backup !== false ? look.inputs : [];
  const copies = [
    ...replaced,
    ...read
      .filter(({ file }) => !replaced.some((copy) => copy.file === file))
      .map(({ file, bytes, sha256 }) => copyOf(file, { bytes, sha256, mode: modeOf([file]) }, stamp)),
  ];
  return {
    look,
    keepsAside: change.keepsAside,
    leavesOut: look.leftOut.map(({ file, why }) => `${file} is left out: ${why}`),
    intent: {
      command: "mappings migrate",
      output,
      asked: askedOf(located, choice),
      places,
      job,
      copies,
      litter,
      looked: {
        inputs: look.inputs.map(({ file, format, version, bytes, mappings }) => ({
          file,
          format: format.format,
          version,
          bytes,
          mappings,
        })),
        mappings: look.facts.mappings,
        conflicts: look.conflictCount,
        merge: look.merge,
        faults: look.faultCounts,
        readMs: look.readMs,
      },
    },
  };
}

/** JSON keeps its own shape where nothing but the file is new; else it gets the one that holds everything. */
function targetOf(
  to: "msgpack" | "json",
  { shape, naming }: MigrateChoice,
  from: Looked["inputs"][number]["format"] | null,
): MappingsTarget {
  if (to === "msgpack") return { format: "msgpack" };
  const own = from?.format === "json" ? from : null;
  return {
    format: "json",
    shape: shape ?? own?.shape ?? "list",
    naming: naming ?? own?.naming ?? "pascal",
  };
}

/** What an earlier downgrade has kept beside a file, through a link too; null where there is none. */
function keptBeside(file: string): string | null {
  const beside = existsSync(file) ? asideOf(realpathSync(file)) : null;
  return beside !== null && existsSync(beside) ? beside : null;
}

/** "20260131-093000", in UTC, as the names of the original's backups end. */
export function stampOf(now: Date): string {
  return now
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replaceAll(/[-:]/g, "")
    .replace("T", "-");
}

/** Two of one second differ. */
export function copyOf(file: string, mark: FileMark, stamp: string): MappingsCopy {
  const name = `${file}.backup.${stamp}`;
  let backup = name;
  for (let n = 2; existsSync(backup) || existsSync(`${backup}.partial`); n++) backup = `${name}-${n}`;
  return { ...mark, file, backup, artifact: randomUUID() };
}

/** What is closed to others stays so: the rights that all of the files have. */
function modeOf(files: readonly string[]): number {
  return files.reduce((mode, file) => mode & statSync(file).mode, 0o666) | 0o600;
}

function isThere(output: string): GodwitError {
  return new GodwitError("GW2605", { message: `${output} is there already`, details: { file: output } });
}

function contradicting({ conflicts, conflictCount }: Looked): GodwitError {
  const shown = conflicts.slice(0, 3).map(conflictText).join("; ");
  return new GodwitError("GW2608", {
    message: `${conflictCount} ${conflictCount === 1 ? "symbol is" : "symbols are"} mapped in different ways: ${shown}${conflictCount > 3 ? "; …" : ""}`,
    details: { conflicts, count: conflictCount },
  });
}

/** `a.b (global): mapped "x" in one.json, "y" in two.json, now "y"` */
export function conflictText({ original, context, members, later }: Looked["conflicts"][number]): string {
  const isClear = members.every(({ from }) => basename(from) !== basename(later));
  const named = (file: string) => (isClear ? basename(file) : file);
  const parts = members.map(
    ({ member, before, arrived, result, from }) =>
      `${member} ${shown(before)} in ${named(from)}, ${shown(arrived)} in ${named(later)}, now ${shown(result)}`,
  );
  const what = original === null ? "beside the mappings" : `${original} (${context})`;
  return `${what}: ${parts.join("; ")}`;
}

function shown(value: string | number | bigint | null): string {
  if (value === null) return "nothing";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
