import { digest } from "./canonical.ts";
import type { Expression } from "./expression.ts";
import type { MappingsStep } from "./mappings-steps.ts";
import type { PortableForeignKey, PortableType, RiskKind, TableEstimate, TableName } from "./portable.ts";

/**
 * What a statement does to the catalogue, said so that it can be asked for later: after an ambiguous failure
 * (killed, reply lost) the engine's probe role answers from the catalogue whether it took effect.
 */
export type Effect =
  /** It commits together with its record; nothing to ask. */
  | { readonly type: "transactional" }
  /** It took effect if, and only if, the definition of one of these objects differs from the one captured before. */
  | {
      readonly type: "definition";
      readonly objects: readonly ObjectName[];
      /** The definition stays the same, only the object's identity changes (TRUNCATE): without one, nobody can tell. */
      readonly byIdentity?: boolean;
      /** What is there is removed before the new one is made (OR REPLACE): gone now, it may have stopped between. */
      readonly replaces?: boolean;
      /** It can leave the definition as it was, and done again it would lose what was stored since: no difference tells nothing. */
      readonly repeatDestroys?: boolean;
    }
  /** A concurrent index build; a failed one leaves an invalid index. Without a name the server chooses one. */
  | {
      readonly type: "index-build";
      /** The table; for a rebuild also an index, a schema or a database. */
      readonly table: ObjectName;
      readonly index?: string;
      /** Existing indexes are built anew (REINDEX CONCURRENTLY): it can be repeated, but what it left has to go. */
      readonly rebuild?: boolean;
    }
  /** Doing it again does the same (VACUUM, ANALYZE, settings): it is simply repeated. */
  | { readonly type: "repeatable"; readonly single?: boolean }
  /** Nobody can tell afterwards: a person decides. */
  | {
      readonly type: "opaque";
      /** It is about one thing (one account, one table), here and above: refused by the server, it did nothing. */
      readonly single?: boolean;
    };

export interface ObjectName {
  readonly kind:
    | "table"
    | "index"
    | "type"
    | "view"
    | "routine"
    | "trigger"
    | "event"
    | "sequence"
    | "schema"
    | "database"
    | "other";
  readonly schema?: string;
  readonly name: string;
}

/** One SQL statement of a file. Offsets are UTF-16 units into the file's text; lines, and columns in code points, count from 1. */
export interface Statement {
  /** The statement as written, without its terminator and surrounding comments. */
  readonly text: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  /** Its kind in words, for people: "CREATE TABLE", "INSERT". */
  readonly label: string;
  /** What it makes, where it stands in no file: "foreign key orders_customer". */
  readonly title?: string;
  /** Whether it can run inside a transaction together with its record. */
  readonly transactional: boolean;
  /** It changes only the session (SET …), so a resumed run repeats it first. */
  readonly session: boolean;
  readonly effect: Effect;
  /**
   * It may end transactions itself, or refuse to run in one, and only the server can tell: where its file asks for no
   * transaction it runs outside of one, with this effect. Absent where it keeps a transaction for its record.
   */
  readonly alone?: Effect;
  /** The rows that it changes are kept first, in its transaction, so that a rollback can put them back. */
  readonly keeps?: RowKeeping;
}

/** Where the rows go that a statement changes. The tables stand beside the one that is changed. */
export interface RowKeeping {
  /** Short, and the same whenever the plan is made again; also the artifact's in the ledger. */
  readonly id: string;
  readonly change: RowChange;
  /** The table of the rows as they were. */
  readonly before: string;
  /** The table of what they became; null where they are gone. */
  readonly after: string | null;
}

/** What a statement does to rows that are there. */
export interface RowChange {
  readonly action: "update" | "delete" | "merge";
  /** As the statement names it. */
  readonly table: ObjectName;
  /** Columns that it sets. */
  readonly assigns: readonly string[];
  /** The query for the rows that it changes, in the form that the engine needs. */
  readonly rows: string;
}

/** A statement as it runs where its file, or its script, asks for no transaction. */
export function withoutTransaction(statement: Statement): Statement {
  const { alone } = statement;
  return alone === undefined ? statement : { ...statement, transactional: false, effect: alone };
}

/** Time limits of a step in milliseconds; 0 is none, absent is the configuration's. */
export interface StepLimits {
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

/** What the completion of a step writes into the history, in the same transaction. */
export interface HistoryChange {
  readonly action: "apply" | "rollback" | "baseline" | "accept" | "forget" | "reseal";
  /** Ordering key, e.g. "20260131093000", "1.2"; "R__slug" for repeatables. */
  readonly version: string;
  readonly name: string;
  readonly kind: "versioned" | "repeatable";
  /** SHA-256 of the file's bytes, hex; empty where there is no file. */
  readonly rawHash: string;
  /** SHA-256 of its tokens: comments and white space do not count. */
  readonly sqlHash: string;
  /** The text that ran, so that a later edit can be shown as a difference; null when it is too large. */
  readonly source: string | null;
}

export interface StepBase {
  /** Stable within a run and over resumes, e.g. "20260131093000/up/2". */
  readonly key: string;
  /** For people: what it does. */
  readonly title: string;
  /** Identity of the content: a resumed run must find the same hash under the same key. */
  readonly hash: string;
  /** The unit (migration) it belongs to, e.g. "20260131093000". */
  readonly unit: string;
  /** The unit's name for people, e.g. the file's base name. */
  readonly unitTitle: string;
  readonly limits: StepLimits;
  /** How it can be undone, or why not. */
  readonly undo: string;
  /** History rows that its completion writes, in this order. */
  readonly history: readonly HistoryChange[];
}

/** SQL: all statements in one transaction with their record, or a single statement outside of one. */
export interface SqlStep extends StepBase {
  readonly kind: "sql";
  readonly file: string;
  readonly transaction: boolean;
  readonly statements: readonly Statement[];
  /** Session statements of the unit that stand before it: replayed when a run is resumed at this step. */
  readonly preamble: readonly Statement[];
}

/** A TypeScript migration's `up` or `down`. */
export interface ScriptStep extends StepBase {
  readonly kind: "script";
  readonly file: string;
  readonly direction: "up" | "down";
  readonly transaction: boolean;
}

/** Makes the empty tables for rows that are kept, where making one commits and cannot be part of the change. */
export interface RowTablesStep extends StepBase {
  readonly kind: "row-tables";
  readonly file: string;
  readonly keeps: readonly RowKeeping[];
  /** Session statements of the unit that stand before it. */
  readonly preamble: readonly Statement[];
}

/** Puts rows back that statements of a migration changed: the last change first, all in one transaction. */
export interface RestoreRowsStep extends StepBase {
  readonly kind: "restore-rows";
  readonly file: string;
  readonly transaction: true;
  /** Artifacts of the ledger, in the order in which they are put back. */
  readonly snapshots: readonly string[];
  /** Also rows that were changed since. */
  readonly overwrites: boolean;
  readonly preamble: readonly Statement[];
}

/** Drops tables of kept rows. */
export interface DropRowsStep extends StepBase {
  readonly kind: "drop-rows";
  readonly snapshots: readonly string[];
}

/** Only rows of the ledger, in one transaction: baseline, accepted edits, forgotten rows; how far a copy came. */
export interface RecordStep extends StepBase {
  readonly kind: "record";
  readonly watermarks?: readonly Watermark[];
  readonly artifacts?: readonly ArtifactChange[];
  /** Half-done units of an interrupted run that an operator has undone by hand: their steps count no more. */
  readonly abandons?: Abandoned;
}

/** How far a table was copied, by a column that grows whenever a row is written. */
export interface Watermark {
  /** The target's table, as `tableKey` writes it. */
  readonly table: string;
  /** The source's column. */
  readonly column: string;
  /** Its greatest value when the copy was planned, in the wire form. */
  readonly value: string;
}

export interface Abandoned {
  readonly runId: string;
  /** The run's epoch as it was read: abandoning raises it. */
  readonly epoch: number;
  readonly stepKeys: readonly string[];
}

/** Parts that do not depend on one another, several at once on sessions of their own; each has its own record. */
export interface ParallelStep extends StepBase {
  readonly kind: "parallel";
  readonly steps: readonly ParallelPart[];
  readonly jobs: number;
}

export type ParallelPart = SqlStep | ReadBackStep | RestoreReadStep;

/**
 * Sums up rows as the target gives them back, for the comparison. It can be done while indexes are built, which some
 * servers do with one processor.
 */
export interface ReadBackStep extends StepBase {
  readonly kind: "read-back";
  readonly table: CopyTable;
  /** Of the table's ranges, those whose number leaves `remainder` when divided by `divisor`. */
  readonly remainder: number;
  readonly divisor: number;
}

/** The same of a table that was restored, for the comparison with its backup. */
export interface RestoreReadStep extends StepBase {
  readonly kind: "restore-read";
  readonly file: string;
  /** Its number in the backup. */
  readonly table: number;
  readonly remainder: number;
  readonly divisor: number;
}

/** Rows of tables, from the source into the target, chunk by chunk; each chunk commits with its row in the ledger. */
export interface CopyRowsStep extends StepBase {
  readonly kind: "copy-rows";
  /** Largest first. */
  readonly tables: readonly CopyTable[];
  readonly jobs: number;
  readonly chunkBytes: number;
  /** So many rows that the target refuses are set aside; 0: the first one stops the copy. */
  readonly quarantine: number;
  /** One of several steps that copy more and more of the same tables, each with a gate at its end. */
  readonly phase?: CopyPhase;
}

/**
 * A part of a copy that is proved before the next one begins. The tables of a step are also those of the phases before,
 * so that a run that goes on later brings all that was copied to one state of the source; what is done is not copied
 * again.
 */
export interface CopyPhase {
  readonly number: number;
  readonly of: number;
  /** For people: "at most 1,000 rows of orders". */
  readonly title: string;
  /** The step under whose key the ledger has the chunks of all phases. */
  readonly chunksOf: string;
  /** Of the first table no more than its first chunk, of at most so many rows; null: the whole tables. */
  readonly firstRows: number | null;
  /** What is held against the source when they are copied; the last phase leaves it to the comparison of the copy. */
  readonly compares: readonly CopyTable[];
  /** The run ends at the gate, and goes on when it is told to. */
  readonly stops: boolean;
}

export interface CopyTable {
  readonly source: TableName;
  readonly target: TableName;
  /** Where it will stand in the end, for people; missing where that is where it is made. */
  readonly placed?: TableName;
  readonly columns: readonly CopyColumn[];
  /** A unique key of the source without NULLs, by which it is cut into chunks; empty where there is none. */
  readonly key: readonly {
    readonly name: string;
    readonly type: PortableType;
    readonly encoding?: string;
  }[];
  readonly where: Expression | null;
  readonly estimate: TableEstimate;
  /** All columns of the source's table when the copy was planned, also those that are not copied. */
  readonly shape?: readonly string[];
  /** Both sides are of one engine and each column has one type: the engine's own form is used. */
  readonly native: boolean;
  /**
   * The target will hold these rows alone, and gives their values in the text in which they came: so what was read can
   * be held against what is read back.
   */
  readonly readBack?: boolean;
  /** Target columns by which a row that is there is replaced; null: it is an error. */
  readonly upsertBy: readonly string[] | null;
  /** Tables of the target, as `tableKey` writes them, whose rows must be in before its own can be. */
  readonly after?: readonly string[];
  /** Only rows that meet it, on both sides, are compared; by the source's names. */
  readonly window?: Expression | null;
}

export interface CopyColumn {
  /** The source's column; with a `value` only its name for messages. */
  readonly source: string;
  /** What is read instead of the column, by a rule. */
  readonly value: Expression | null;
  readonly from: PortableType;
  readonly target: string;
  readonly to: PortableType;
  /** The target's declaration. */
  readonly sql: string;
  /** Losses that were accepted by name. */
  readonly accepts?: readonly RiskKind[];
  /** The `encoding` of both columns, on one product: the texts' own bytes are copied and compared. */
  readonly encoding?: string;
}

/** Proof that tables hold the same on both sides. */
export interface CompareStep extends StepBase {
  readonly kind: "compare";
  readonly tables: readonly CopyTable[];
  /** So many sessions read back at once. */
  readonly jobs: number;
  /** Parts that have read a table back before, all of them together the whole table. */
  readonly readBack?: readonly { readonly table: string; readonly parts: readonly string[] }[];
  /** Of the target: each row must refer to one that is there. */
  readonly references?: readonly Reference[];
}

export interface Reference {
  readonly table: TableName;
  readonly key: PortableForeignKey;
}

/**
 * Views, triggers and the like, one after another, each where the target takes it. What the target refuses, and a view
 * that does not give the source's rows, is not kept; the step's record says so, and the run goes on.
 */
export interface ObjectsStep extends StepBase {
  readonly kind: "objects";
  readonly objects: readonly ObjectToMake[];
}

export interface ObjectToMake {
  /** "view", "trigger", … */
  readonly what: string;
  readonly name: string;
  /** Those of the step, by their places, without which it cannot be. */
  readonly needs: readonly number[];
  /** Settings of the session under which it is made. */
  readonly settings: readonly string[];
  readonly make: readonly SqlStep[];
  readonly drop: SqlStep | null;
  readonly compared: ComparedView | null;
}

/** A view whose rows are held against those of the source's. */
export interface ComparedView {
  readonly source: TableName;
  readonly target: TableName;
  readonly columns: readonly { readonly name: string; readonly type: PortableType }[];
}

/** Of an objects step, what was not made; kept with its record. */
export interface RefusedObject {
  readonly what: string;
  readonly name: string;
  readonly reason: string;
}

/** All of the database, as one snapshot shows it, into an archive; the archive's row in the ledger is written with the step. */
export interface BackupStep extends StepBase {
  readonly kind: "backup";
  readonly form: "portable" | "native";
  /** An absolute path. */
  readonly file: string;
  /** The id that its row gets. */
  readonly artifact: string;
  readonly encrypted: boolean;
  readonly jobs: number;
  readonly chunkBytes: number;
}

/** Rows from an archive into tables that were made for them; each chunk commits with its row in the ledger. */
export interface RestoreStep extends StepBase {
  readonly kind: "restore";
  readonly file: string;
  readonly jobs: number;
}

/** Proof that the database holds what the archive says: its rows, table by table, and its schema. */
export interface RestoreCheckStep extends StepBase {
  readonly kind: "restore-check";
  readonly file: string;
  readonly jobs: number;
  /** Parts that have read a table back before, by its number in the backup. */
  readonly readBack: readonly { readonly table: number; readonly parts: readonly string[] }[];
}

/** What becomes of the row in the ledger of a backup or a rehearsal. */
export interface ArtifactChange {
  readonly id: string;
  /** Of a row that is not there yet; default "backup". */
  readonly kind?: string;
  readonly state: "made" | "verified" | "removed" | "failed" | "rolled-back";
  /** For a row that is not there yet; JSON. */
  readonly body?: unknown;
  readonly name?: string;
}

/** Each kind of work the executor knows. A new feature adds a member here and its performer in run/perform/. */
export type Step =
  | SqlStep
  | ScriptStep
  | RecordStep
  | RowTablesStep
  | RestoreRowsStep
  | DropRowsStep
  | ParallelStep
  | CopyRowsStep
  | ReadBackStep
  | RestoreReadStep
  | ObjectsStep
  | CompareStep
  | BackupStep
  | RestoreStep
  | RestoreCheckStep
  | MappingsStep;

/** A typed danger of a plan; loss of data is allowed by name only. */
export interface Hazard {
  /** "drops-data", "rewrites-table", … */
  readonly type: string;
  readonly step: string;
  /** Of the statement within its step, from 1, where it is one statement's. */
  readonly statement?: number;
  /** A danger is agreed to by its type before it happens; the others are told. */
  readonly level: "danger" | "warning";
  readonly message: string;
}

/** What a plan was computed against. A difference makes it stale. */
export interface Fingerprint {
  readonly engine: string;
  readonly server: string;
  readonly database: string;
  /** Hash of the newest history row, or "" when there is none. */
  readonly historyHead: string;
}

export interface Plan {
  readonly format: 1;
  readonly kind: PlanKind;
  readonly target: Fingerprint;
  /** The database that is read, where there is another one. */
  readonly source?: Fingerprint;
  readonly steps: readonly Step[];
  readonly hazards: readonly Hazard[];
  /** SHA-256 over everything above. */
  readonly hash: string;
}

export type PlanKind = "apply" | "rollback" | "record" | "copy" | "backup" | "restore" | "mappings";

/** Runs of one family stand in each other's way; those of two do not end or continue one another. */
export type RunFamily = "migration" | "copy" | "backup" | "restore" | "mappings";

export function familyOf(kind: PlanKind): RunFamily {
  return kind === "apply" || kind === "rollback" || kind === "record" ? "migration" : kind;
}

export function sealPlan(plan: Omit<Plan, "format" | "hash">): Plan {
  const body = { format: 1 as const, ...plan };
  return { ...body, hash: digest(body) };
}
