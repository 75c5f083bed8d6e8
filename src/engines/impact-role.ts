import type { LockScope } from "../core/frozen-plan.ts";
import type { ObjectName, Statement } from "../core/plan.ts";
import type { Session } from "./engine.ts";

/** What a statement means for those who use the database meanwhile, and for its data; told from its text alone. */
export interface StatementImpact {
  /** Locks on what is there already. */
  readonly locks: readonly StatementLock[];
  readonly hazards: readonly StatementHazard[];
  /** Tables and indexes that it makes: what later statements do to them concerns nobody else. */
  readonly creates: readonly ObjectName[];
}

export interface StatementLock {
  readonly object: ObjectName;
  /** As the engine names it. */
  readonly mode: string;
  readonly blocks: LockScope;
}

export type HazardType =
  /** Tables, columns or rows are gone. */
  | "drops-data"
  /** UPDATE or DELETE without a condition. */
  | "changes-all-rows"
  /** All rows are written anew, while others wait. */
  | "rewrites-table"
  /** All rows are read, while others wait. */
  | "scans-table"
  /** Programs that use the old name fail. */
  | "renames"
  /** What it does, its text does not tell. */
  | "unknown-effect";

export interface StatementHazard {
  readonly type: HazardType;
  /** What it is about, e.g. a table; without one that the plan itself makes, it is no hazard. */
  readonly object: ObjectName;
  /** Completes "the statement …": "drops the column orders.note with its values". */
  readonly message: string;
}

/** null: the server has no statistics of it. */
export interface KnownSize {
  readonly rows: number | null;
  readonly bytes: number | null;
}

export interface ImpactRole {
  /** After `syntax.load`. */
  describe(statement: Statement): StatementImpact;
  /** Sizes by the server's statistics, for each table; null where there is none of that name. */
  estimates(session: Session, tables: readonly ObjectName[]): Promise<readonly (KnownSize | null)[]>;
}

/** Types whose loss is final: they are agreed to by name. */
export const dangers: ReadonlySet<HazardType> = new Set(["drops-data", "changes-all-rows"]);

export function isDanger(name: string): boolean {
  return (dangers as ReadonlySet<string>).has(name);
}

export const noImpact: StatementImpact = { locks: [], hazards: [], creates: [] };

/** "sales.orders" */
export function objectText({ schema, name }: ObjectName): string {
  return schema === undefined ? name : `${schema}.${name}`;
}
