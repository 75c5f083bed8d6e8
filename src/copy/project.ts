import type { Emit } from "../core/event.ts";
import type { Target } from "../core/target.ts";
import type {
  ChunkRole,
  NormalizeRole,
  ProfileRole,
  ReadRole,
  RenderRole,
  SnapshotRole,
  WriteRole,
} from "../engines/data-roles.ts";
import type { Engine } from "../engines/engine.ts";
import type { GatePolicy } from "../run/gates/policy.ts";
import type { RunSettings } from "../run/perform/context.ts";
import type { MappingRules } from "./rules/model.ts";

/** An engine that can be copied from. */
export type SourceEngine = Engine & {
  readonly normalize: NormalizeRole;
  readonly profile: ProfileRole;
  readonly snapshot: SnapshotRole;
  readonly chunk: ChunkRole;
  readonly read: ReadRole;
};

/** An engine that can be copied to. */
export type TargetEngine = Engine & {
  readonly normalize: NormalizeRole;
  readonly render: RenderRole;
  readonly write: WriteRole;
};

/** What every operation of this feature works on. */
export interface CopyProject {
  readonly source: { readonly engine: SourceEngine; readonly target: Target };
  readonly target: { readonly engine: TargetEngine; readonly target: Target };
  readonly settings: RunSettings;
  /** Of the target. */
  readonly gates: GatePolicy;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  readonly waitMs: number;
  /** What the configuration demands of copies into the target. */
  readonly phases?: CopyPhases | undefined;
  readonly commandLine?: string | undefined;
  /** Of the files that were given with --rules, already read. */
  readonly rules?: MappingRules | undefined;
}

/**
 * `create`: the tables must not be there · `truncate`: they are emptied first · `refresh`: new ones are loaded beside
 * them and take their places at once · `upsert`: rows replace those of their key · `incremental`: as upsert, and only
 * rows whose watermark lies above that of the last time.
 */
export type CopyMode = (typeof copyModes)[number];
export const copyModes = ["create", "truncate", "refresh", "upsert", "incremental"] as const;

export const copyPhases = ["auto", "stop"] as const;
export type CopyPhases = (typeof copyPhases)[number];

export interface CopyChoice {
  /** Patterns of tables, with `*`: "orders", "sales.*"; all when left out. */
  readonly tables?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly schemaOnly?: boolean | undefined;
  readonly dataOnly?: boolean | undefined;
  readonly mode?: CopyMode | undefined;
  readonly jobs?: number | undefined;
  readonly chunkBytes?: number | undefined;
  /** Rows that the target refuses are set aside, at most so many; left out: the first one stops the copy. */
  readonly quarantine?: number | undefined;
  /** Losses that may happen, each by its name: "orders.placed_at:zero-date". */
  readonly allow?: readonly string[] | undefined;
  /**
   * A column of each table that grows whenever a row is written: how far it was copied is kept in the ledger, and an
   * incremental copy begins there.
   */
  readonly watermark?: string | undefined;
  /** Gives an unfinished copy up: what it made is dropped, and this one begins anew. */
  readonly restart?: boolean | undefined;
  /** The file that gets what is left undone, with drafts in the target's language; none where left out. */
  readonly drafts?: string | undefined;
  /** Rows are copied in phases, each of which is proved before the next: to the end, or stopping at each gate. */
  readonly phases?: CopyPhases | undefined;
  /** Of the first phase, at most; default 1,000. */
  readonly phaseRows?: number | undefined;
  /** The interrupted run to go on with. */
  readonly resume?: string | undefined;
}

/** How the rows are copied: as it is asked for, or as the configuration demands of copies that can be proved so. */
export function phasesOf({ phases }: CopyProject, choice: CopyChoice): CopyPhases | undefined {
  const { mode = "create", schemaOnly = false } = choice;
  if (choice.phases !== undefined || schemaOnly || mode === "upsert" || mode === "incremental")
    return choice.phases;
  return phases;
}

const defaultJobs = 2;

/** How much of it goes on at once. */
export function jobsOf({ rules }: CopyProject, { jobs }: Pick<CopyChoice, "jobs">): number {
  return jobs ?? rules?.settings.jobs ?? defaultJobs;
}

/** Whether all is made anew, in places where nothing is: only then are views, routines and the like made, too. */
export function makesDatabase({ mode = "create", dataOnly = false }: CopyChoice): boolean {
  return mode === "create" && !dataOnly;
}

/** Whether tables are made: in their places, or beside those that are there. */
export function makesTables(choice: CopyChoice): boolean {
  return makesDatabase(choice) || choice.mode === "refresh";
}

/** Whether the target's tables will hold what is copied and nothing else. */
export function makesRowsAlone(mode: CopyMode): boolean {
  return mode !== "upsert" && mode !== "incremental";
}
