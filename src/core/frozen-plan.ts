import type { Approval } from "./approval.ts";
import { digest } from "./canonical.ts";
import type { CompareStep, CopyRowsStep, Fingerprint, Hazard, Plan, PlanKind, Step } from "./plan.ts";

/**
 * A plan as a document for review: what will be done, to which database as it was then, and who has agreed. Its hash
 * covers everything but the approvals, which are bound to the hash.
 */
export interface FrozenPlan {
  /** Tells a plan from any other JSON. */
  readonly godwit: "plan";
  readonly format: typeof frozenFormat;
  readonly id: string;
  /** By the server's clock, ISO 8601 in UTC. */
  readonly madeAt: string;
  /** The version of Godwit that made it. */
  readonly tool: string;
  readonly author: string;
  readonly ticket: string | null;
  readonly kind: FrozenKind;
  /** What was asked for; JSON. A feature knows its own. */
  readonly intent: unknown;
  readonly target: FrozenSide;
  /** The database that is read, where there is another one. */
  readonly source: FrozenSide | null;
  readonly steps: readonly Step[];
  /** How the steps are undone, as it was when they were planned; null where a plan of this kind has no way back. */
  readonly undo: Undo | null;
  /** Where the steps came from: paths within the migrations folder, with the SHA-256 of their bytes. */
  readonly files: readonly PlannedFile[];
  readonly hazards: readonly Hazard[];
  readonly locks: readonly PlannedLock[];
  /** Of the tables that it touches. */
  readonly estimates: readonly TouchedTable[];
  /** What it does, apart from where: the same in every database that it runs in. */
  readonly contentHash: string;
  readonly hash: string;
  readonly approvals: readonly Approval[];
}

export const frozenFormat = 1 as const;

export type FrozenKind = Extract<PlanKind, "apply" | "rollback" | "copy">;

export interface FrozenSide extends DatabaseState {
  /** The URL without its password. */
  readonly display: string;
  /** The profile by which it was named; null for a URL. */
  readonly profile: string | null;
}

/** A database as a plan found it: what makes the plan stale when it changes. */
export interface DatabaseState extends Fingerprint {
  /** The server's version, for people. */
  readonly version: string;
  /** How a session took names and texts: the same plan means something else under others. */
  readonly settings: string;
  /** The run that had not ended, and which of its steps had an effect. */
  readonly unfinished: { readonly run: string; readonly steps: readonly string[] } | null;
  /** The schema as SQL, and its SHA-256. */
  readonly schema: { readonly hash: string; readonly text: string };
}

export interface Undo {
  /** In the order in which they would run. */
  readonly steps: readonly Step[];
  /** Units without a way back, by their titles. */
  readonly missing: readonly string[];
}

export interface PlannedFile {
  readonly path: string;
  readonly hash: string;
}

/** A lock that a statement takes on something that is there already. */
export interface PlannedLock {
  readonly step: string;
  /** Of the statement within its step, from 1. */
  readonly statement: number;
  readonly object: string;
  /** As the engine names it: "ACCESS EXCLUSIVE". */
  readonly mode: string;
  /** Who has to wait while it is held. */
  readonly blocks: LockScope;
}

export type LockScope = "nobody" | "schema changes" | "writes" | "reads and writes";

export interface TouchedTable {
  readonly table: string;
  /** By the server's statistics; null where it has none. */
  readonly rows: number | null;
  readonly bytes: number | null;
}

type FrozenBody = Omit<FrozenPlan, "godwit" | "format" | "contentHash" | "hash" | "approvals">;

/** Makes the document: nobody has approved it yet. */
export function freezePlan(body: FrozenBody): FrozenPlan {
  const whole = {
    godwit: "plan" as const,
    format: frozenFormat as typeof frozenFormat,
    ...body,
    contentHash: contentHash(body.kind, body.steps),
  };
  return { ...whole, hash: digest(whole), approvals: [] };
}

/** The hash that the document should have. */
export function frozenHash({ hash: _, approvals: __, ...body }: FrozenPlan): string {
  return digest(body);
}

/** The plan that the executor runs: exactly the steps of the document, under its hash. */
export function thawPlan(frozen: FrozenPlan): Plan {
  const { kind, steps, hazards, hash } = frozen;
  const { engine, server, database, historyHead } = frozen.target;
  return { format: 1, kind, target: { engine, server, database, historyHead }, steps, hazards, hash };
}

/**
 * What a plan does, apart from where and when: equal for the same change to another database. A copy's steps count
 * without the sizes of its tables.
 */
export function contentHash(kind: PlanKind, steps: readonly Step[]): string {
  return digest([kind, steps.map(contentOf)]);
}

/** What the way back does, in the same sense. */
export function undoHash(undo: Undo | null): string {
  return digest((undo?.steps ?? []).map(contentOf));
}

function contentOf(step: Step): unknown {
  const history = step.history.map(({ action, version, rawHash }) => [action, version, rawHash]);
  const what = isOfTables(step) ? step.tables.map(unsized) : step.hash;
  return [step.kind, step.key, what, history];
}

function isOfTables(step: Step): step is CopyRowsStep | CompareStep {
  return step.kind === "copy-rows" || step.kind === "compare";
}

function unsized<T extends { readonly estimate: unknown }>({
  estimate: _,
  ...table
}: T): Omit<T, "estimate"> {
  return table;
}
