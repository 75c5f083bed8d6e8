import { resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import {
  compareMappings,
  type ComparedFiles,
  journalOf,
  locate,
  type LocateChoice,
  type Located,
  locateDatabase,
  locateOutput,
  type MigrateChoice,
  type MigratedFile,
  migrateMappings,
  type MigrationPlan,
  otherEnding,
  planMappings,
  refuseChoice,
  previewRollback,
  type RollbackChoice,
  type RollbackPreview,
  type RolledBackFile,
  rollbackMappings,
  type ShowChoice,
  showMappings,
  type ShownMappings,
  type ValidatedFile,
  validateMappings,
  wantedFormat,
} from "../mappings/index.ts";
import type { Step } from "../core/plan.ts";
import { checkOptions } from "./check-options.ts";
import { journalUrl, type MappingsOptions, openMappingsProject } from "./mappings-project.ts";
import { observed } from "./observed.ts";

export interface MappingsMigrateOptions extends MappingsOptions, MigrateChoice, Omit<LocateChoice, "inputs"> {
  /** Default: those of decomp/mappings.json, decomp/learned-mappings.json and decomp/mappings/global-mappings.json that exist. */
  readonly inputs?: readonly string[] | undefined;
  /** So many files at once, with `each`; default 2. */
  readonly jobs?: number | undefined;
  /** There must be an interrupted run, which goes on. */
  readonly resume?: boolean | undefined;
}

export interface MigratedMappings {
  readonly files: readonly MigratedFile[];
  /** With `each`, what failed while others were migrated; a single file's failure is thrown. */
  readonly failed: readonly { readonly output: string; readonly error: GodwitError }[];
}

const defaultJobs = 2;

/** Migrates mapping databases between JSON and MessagePack, and between the versions of their schema. */
export async function mappingsMigrate(options: MappingsMigrateOptions = {}): Promise<MigratedMappings> {
  checkOptions("mappingsMigrate", options);
  const { resume = false, jobs = defaultJobs, cwd = process.cwd() } = options;
  const located = locatedOf(options, cwd);
  const [first] = located;
  const place = { ...options, url: journalUrl(journalOf(first?.output ?? cwd)) };
  return observed(options, place, async (own) => {
    const project = await openMappingsProject(own);
    for (const { output, to } of located) {
      const message = otherEnding(output, to);
      if (message !== null) project.emit({ type: "warning:raised", code: "GW2617", message });
    }
    if (located.length === 1 && first !== undefined)
      return { files: [await migrateMappings(project, first, { ...own, resume })], failed: [] };
    // One thread has one processor, which reading and writing needs.
    const settings = { ...project.settings, ownThreads: jobs > 1 };
    const files: MigratedFile[] = [];
    const failed: { output: string; error: GodwitError }[] = [];
    const queue = [...located];
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        try {
          files.push(await migrateMappings({ ...project, settings }, next, { ...own, resume }));
        } catch (error) {
          if (!(error instanceof GodwitError) || project.signal?.aborted === true) throw error;
          failed.push({ output: next.output, error });
        }
      }
    };
    const workers = Array.from({ length: Math.min(jobs, located.length) }, work);
    // All of them have ended before anybody is told: their runs are closed by then.
    for (const ended of await Promise.allSettled(workers))
      if (ended.status === "rejected") throw ended.reason;
    return { files, failed };
  });
}

function locatedOf(options: MappingsMigrateOptions, cwd: string): readonly Located[] {
  const { inputs = [], to, out, each, anyEnding, resume } = options;
  // The interrupted run knows what it read.
  if (resume === true && inputs.length === 0) {
    return [{ inputs: [], output: locateOutput({ out, to }, resolve(cwd)), to: wantedFormat({ out, to }) }];
  }
  const located = locate({ inputs, to, out, each, anyEnding }, resolve(cwd));
  for (const each of located) refuseChoice(each.to, options);
  return located;
}

/** What `mappingsMigrate` would do with each output. Changes nothing. */
export async function mappingsPlan(
  options: MappingsMigrateOptions = {},
): Promise<readonly (MigrationPlan & { readonly steps: readonly Step[] })[]> {
  checkOptions("mappingsMigrate", options);
  const { cwd = process.cwd() } = options;
  const project = await openMappingsProject(options);
  const plans = [];
  for (const located of locatedOf({ ...options, resume: false }, cwd))
    plans.push(await planMappings(project, located, options));
  return plans;
}

export interface MappingsValidateOptions extends MappingsOptions {
  readonly file: string;
}

/** Reads all of a mapping database. Changes nothing; rejects where it is damaged. */
export async function mappingsValidate(options: MappingsValidateOptions): Promise<ValidatedFile> {
  checkOptions("mappingsValidate", options);
  const { file, cwd = process.cwd() } = options;
  return validateMappings(await openMappingsProject(options), resolve(cwd, file));
}

export interface MappingsRollbackOptions extends MappingsOptions, RollbackChoice {
  /** The migrated file; default decomp/mappings.msgpack. */
  readonly file?: string | undefined;
}

/** Puts the bytes back that were there before the newest migration of a file, or takes the file away where none was. */
export async function mappingsRollback(options: MappingsRollbackOptions = {}): Promise<RolledBackFile> {
  checkOptions("mappingsRollback", options);
  const { file, force, run, cwd = process.cwd() } = options;
  const output = locateOutput({ out: file }, resolve(cwd));
  return observed(options, { ...options, url: journalUrl(journalOf(output)) }, async (own) =>
    rollbackMappings(await openMappingsProject(own), output, { force, run }),
  );
}

/** What `mappingsRollback` would do, for the question before it. Changes nothing. */
export async function mappingsRollbackPreview(
  options: MappingsRollbackOptions = {},
): Promise<RollbackPreview> {
  checkOptions("mappingsRollback", options);
  const { file, force, run, cwd = process.cwd() } = options;
  const output = locateOutput({ out: file }, resolve(cwd));
  return previewRollback(await openMappingsProject(options), output, { force, run });
}

export interface MappingsShowOptions extends Pick<MappingsOptions, "cwd">, ShowChoice {
  /** Default decomp/mappings.msgpack, or the first JSON file of the default places. */
  readonly file?: string | undefined;
}

/** Goes through the mappings of a database, with bounded memory. */
export async function mappingsShow(options: MappingsShowOptions = {}): Promise<ShownMappings> {
  checkOptions("mappingsShow", options);
  const { file, cwd = process.cwd(), ...choice } = options;
  return showMappings(locateDatabase(file, resolve(cwd)), choice);
}

export interface MappingsDiffOptions extends Pick<MappingsOptions, "cwd"> {
  readonly before: string;
  readonly after: string;
}

/** Compares two mapping databases by what they say, whatever their formats: mappings and what stands beside them. */
export async function mappingsDiff(options: MappingsDiffOptions): Promise<ComparedFiles> {
  checkOptions("mappingsDiff", options);
  const { before, after, cwd = process.cwd() } = options;
  return compareMappings(resolve(cwd, before), resolve(cwd, after));
}
