import type { Expression } from "../core/expression.ts";
import type {
  OwnMaking,
  PortableAction,
  PortableColumn,
  PortableForeignKey,
  PortableSchema,
  PortableTable,
  PortableType,
  PortableView,
  Risk,
  RiskKind,
  TableEstimate,
  TableName,
  TypeDecision,
} from "../core/portable.ts";
import type { Session } from "./engine.ts";

/*
 * The roles of the data path: schemas and rows from one database to another. Rows travel as PostgreSQL's COPY text
 * (design: bytes, not objects): fields end with a tab, rows with a newline, NULL is \N, and in a field a backslash,
 * tab, newline and carriage return are written \\ \t \n \r. The source's server writes each field in the form that
 * the target reads; Node only moves the bytes. The form of each type:
 *
 *   boolean 1, 0 · integers and decimals plain digits, no exponent · floats shortest round-trip, NaN, Infinity,
 *   -Infinity · text, json, enum, native as they are, UTF-8 · bytes, and texts of columns that share an `encoding`,
 *   lower-case hexadecimal after `bytesPrefix` ·
 *   bits as 0 and 1 · date YYYY-MM-DD · time [-]HH:MM:SS[.f] · timestamp YYYY-MM-DD HH:MM:SS[.f], one with a zone in
 *   UTC and without an offset · year digits · uuid lower case with hyphens · set a,b · array {a,"b c"} as PostgreSQL
 *   writes it, but JSON where the target's type is json · interval as PostgreSQL writes it (IntervalStyle postgres)
 *
 * The sessions of both sides have their time zone at UTC and UTF-8 as their encoding.
 */

// ── normalize ──────────────────────────────────────────────────────────────────────────────────────────────

/** A table with what each column holds, in their order. */
export interface TypedTable extends TableName {
  readonly columns: readonly { readonly name: string; readonly type: PortableType }[];
}

export interface NormalizeRole {
  /**
   * The user's schema in the neutral model, without system objects and without the ledger; sorted by name. Catalogue
   * only: no table is scanned. Expressions that the translator does not know come as text alone.
   */
  schema(session: Session): Promise<PortableSchema>;
  /** The columns' types as `schema` gives them, and nothing else, in a fraction of its time. Where it is missing, that is asked. */
  columnTypes?(session: Session): Promise<readonly TypedTable[]>;
  /**
   * Of the tables that are there, and of those that are to be made in the engine's own words, each of which the session
   * would not be given all rows, with the reason. Where it is missing, none is hidden from whoever may read.
   */
  hidden?(
    session: Session,
    tables: { readonly there: readonly TableName[]; readonly made: readonly OwnMaking[] },
  ): Promise<readonly string[]>;
}

// ── render ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface ColumnUsage {
  readonly table: TableName;
  /** It is part of the primary key, of a unique key, or of an index without a prefix length. */
  readonly keyed: boolean;
  /** It is part of the primary key, of a unique key, or of a reference to one: what is equal decides there. Missing is false. */
  readonly identifies?: boolean;
  /** The target's server, as ServerFacts.version names it; where it is missing, what all servers of the engine take. */
  readonly server?: string;
  /** The column's declaration is one of this engine. */
  readonly sameEngine?: boolean;
}

/** A column under its target name, with what it becomes. */
export interface TargetColumn extends PortableColumn {
  readonly decision: TypeDecision;
}

/** A table as it will be made: names are the target's, also in keys, indexes, checks and foreign keys. */
export interface TargetTable extends Omit<PortableTable, "columns"> {
  readonly columns: readonly TargetColumn[];
  /** As in ColumnUsage. */
  readonly server?: string;
}

export interface DdlStatement {
  readonly sql: string;
  /** For people: "index orders_customer". */
  readonly title: string;
  /** Within its phase, where it stands among the statements of all tables; missing is 0. */
  readonly place?: number;
}

/** What makes a table, in phases. Within `keys` the statements are independent of one another and may run at once. */
export interface TableDdl {
  /** Types and the table itself, without what slows a load down. */
  readonly create: readonly DdlStatement[];
  /** Primary and unique keys and indexes, where they are made after the load. */
  readonly keys: readonly DdlStatement[];
  /** Checks and foreign keys, after all tables are loaded and keyed; in order (NOT VALID, then VALIDATE). */
  readonly constraints: readonly DdlStatement[];
  /** The next values of identities, from the data and from the source's counter; triggers, comments, statistics. */
  readonly finish: readonly DdlStatement[];
  /** What of the source's table has no equivalent and is not made, for the report: "FULLTEXT index posts_body". */
  readonly undone: readonly string[];
}

/** A trigger or routine of another engine, of which a draft is made. */
export interface DraftRequest {
  /** As the target will call it, and the table to which it belongs. */
  readonly name: TableName;
  readonly table: TableName | null;
  readonly action: PortableAction;
  /** What it does to the new row, in this engine's words, where it does nothing else. */
  readonly assignments: readonly { readonly column: string; readonly value: string }[] | null;
}

export interface RenderRole {
  /**
   * Statements from which a person can go on: what is not translated fails by its name when it is run. Null where the
   * engine has nothing of the kind.
   */
  draft(request: DraftRequest): string | null;
  /** Which type of this engine takes a column of the neutral type, why, and what has to be looked for first. */
  type(column: PortableColumn, usage: ColumnUsage): TypeDecision;
  ddl(table: TargetTable): TableDdl;
  /** Whether the engine computes a column by itself, because its expression can be said here; else its values are copied. */
  generates(table: TargetTable, column: TargetColumn): boolean;
  /** When two texts of the column are equal in a key; null where only the same ones are. */
  equality(column: TargetColumn, server: string | undefined): TextEquality | null;
  /** A view with a query in this engine's words; a stored one becomes a plain one where there are no others. */
  view(
    view: Pick<PortableView, "schema" | "name" | "columns" | "materialized"> & { readonly text: string },
  ): {
    readonly create: DdlStatement;
    readonly drop: DdlStatement;
  };
  /** CREATE SCHEMA and the like for a name that is not there yet; none where the database is the only schema. */
  schema(name: string): readonly DdlStatement[];
  /** Drops those of the tables that are there, with what was made for them, whatever references there are among them. */
  drop(tables: readonly TableName[]): readonly DdlStatement[];
  /** Empties them, as they are on the target, and no other one, whatever references there are among them. */
  truncate(
    tables: readonly Pick<PortableTable, "schema" | "name" | "partitioning">[],
  ): readonly DdlStatement[];
  /** The next values of identities, from the data and from the source's counter: also a part of `ddl`. */
  counters(table: TargetTable): readonly DdlStatement[];
  /**
   * Takes references away while rows come in, in any order, and makes and validates them again. Missing where the
   * server does not look at them meanwhile: then those who copy do, when all is there.
   */
  references?(
    table: PortableTable,
    keys: readonly PortableForeignKey[],
  ): { readonly drop: readonly DdlStatement[]; readonly add: readonly DdlStatement[] };
  /** Where a table without a schema of its own lands: "public", or "" where there are none. */
  readonly defaultSchema: string;
}

// ── swap ───────────────────────────────────────────────────────────────────────────────────────────────────

/** A table that was loaded beside the one whose place it is to take. */
export interface SwappedTable {
  readonly beside: TableName;
  readonly name: TableName;
  /** Whether there was one to take the place of, when the plan was made. */
  readonly isThere: boolean;
}

export interface SwapRole {
  /** Where a table of this database stands until it takes its place. */
  beside(table: TableName, database: string): TableName;
  /**
   * Keys, constraints and counters are made beside as well, so that a moment is enough for the swap. False where their
   * names are the database's: there they are made after it, in its transaction.
   */
  readonly isWhole: boolean;
  /** Makes room beside, which is an error where there is such a room already; none where tables need none. */
  open(tables: readonly SwappedTable[]): readonly DdlStatement[];
  /** All tables take their places at once, and those that stood there are dropped, as is the room. */
  swap(tables: readonly SwappedTable[]): readonly DdlStatement[];
  /** What would be broken or lost with the tables that are there; for people. */
  obstacles(session: Session, tables: readonly SwappedTable[]): Promise<readonly string[]>;
  /** What stands in the room: an earlier refresh left it; for people. */
  leftovers(session: Session, tables: readonly SwappedTable[]): Promise<readonly string[]>;
  /** Drops what stands in the room. */
  discard(tables: readonly SwappedTable[]): readonly DdlStatement[];
}

// ── profile ────────────────────────────────────────────────────────────────────────────────────────────────

export interface Question {
  readonly column: string;
  readonly from: PortableType;
  readonly risk: Risk;
}

export interface Answer {
  /** How many rows show it. */
  readonly rows: bigint;
  /** Some of them, by key ([] where the table has none), with the value as text, or \x and hexadecimal digits. */
  readonly examples: readonly { readonly key: KeyValues; readonly value: string }[];
}

/** When two texts count as one. */
export interface TextEquality {
  /** Of the collation, for a source whose server may have it, or one like it. */
  readonly name?: string;
  readonly caseInsensitive: boolean;
  readonly accentInsensitive: boolean;
  /** Trailing spaces do not count. */
  readonly padSpace: boolean;
}

export interface KeyPart {
  readonly name: string;
  /** Null: only what is the same is equal. */
  readonly equality: TextEquality | null;
}

export interface ProfileRole {
  /** Answers all questions on a table in one scan (and another one for examples, only where something was found). */
  answers(
    session: Session,
    table: TableName,
    key: readonly KeyColumn[],
    questions: readonly Question[],
    /** Of the rows of this range only; left out is all. Only of a role that `takesRanges`. */
    range?: Range,
    /** Only rows that meet it are looked at. */
    where?: Expression | null,
  ): Promise<Answer[]>;
  /** Some of the values that are longer. By their lengths alone: the values themselves are not read. */
  longValues(session: Session, request: LongValuesRequest): Promise<readonly LongValue[]>;
  /** What this server's own conversion of a text would lose, whatever the target is. */
  readonly ofTexts?: readonly Risk[];
  /** It pays to ask several sessions for a part each: the server gives a scan one processor. */
  readonly takesRanges?: boolean;
  /**
   * Of groups of rows that are equal in the columns under the given rules, and are not all the same, two rows' values
   * as texts; at most `limit` groups. NULL is equal to nothing.
   */
  duplicates(
    session: Session,
    table: TableName,
    request: {
      readonly columns: readonly KeyPart[];
      readonly where: Expression | null;
      readonly limit: number;
    },
  ): Promise<readonly (readonly [string, string])[]>;
}

/** What can be carried at most, and what decides it. */
export interface Longest {
  readonly bytes: number;
  readonly because: string;
}

export interface LongValuesRequest {
  readonly table: TableName;
  readonly key: readonly KeyColumn[];
  /** Columns of texts or bytes, each with the length up to which its values are no concern. */
  readonly columns: readonly { readonly name: string; readonly upToBytes: number }[];
  readonly where: Expression | null;
}

export interface LongValue {
  readonly key: KeyValues;
  readonly column: string;
  readonly bytes: bigint;
}

// ── snapshot ───────────────────────────────────────────────────────────────────────────────────────────────

export interface Snapshot {
  /** Where the source's log stands: LSN, binlog file and position with GTIDs, SQLite's change counter; "" if unknown. */
  readonly position: string;
  /** Tells a later session whether anything was written since: `unchangedSince`. */
  readonly token: string;
  /** Why the sessions may see different states, e.g. a missing privilege; null where they see one. */
  readonly weakness: string | null;
}

export interface SnapshotRole {
  /** Begins a read-only transaction on each session; all of them see one and the same committed state. */
  align(sessions: readonly Session[]): Promise<Snapshot>;
  /**
   * Which of the tables, each of which the session has read from, were rewritten between its snapshot and that read, so
   * that the snapshot shows them without their rows. Missing where a server refuses such a read by itself.
   */
  rewritten?(session: Session, tables: readonly TableName[]): Promise<readonly TableName[]>;
  /** Whether the database certainly holds what it held at that snapshot; false where that cannot be known. */
  unchangedSince(session: Session, token: string): Promise<boolean>;
}

// ── chunk ──────────────────────────────────────────────────────────────────────────────────────────────────

/** A key's values as text, one for each column, in the wire form (without COPY's escapes). */
export type KeyValues = readonly string[];

export interface KeyColumn {
  readonly name: string;
  readonly type: PortableType;
  /** As in PortableColumn: the bounds of ranges are then the texts' bytes, as hexadecimal digits. */
  readonly encoding?: string;
}

/** A part of a table. All ranges of a split together hold each row exactly once, within one snapshot. */
export type Range =
  /** Rows whose key comes after `after` and not after `upTo`, in the server's own order; null is no bound. */
  | { readonly by: "key"; readonly after: KeyValues | null; readonly upTo: KeyValues | null }
  /** Physical pages, `to` exclusive and null without an end; means nothing outside of its snapshot. */
  | { readonly by: "page"; readonly from: number; readonly to: number | null }
  | { readonly by: "all" };

export interface SplitRequest {
  readonly table: TableName;
  /** A unique key without NULLs; empty where there is none. */
  readonly key: readonly KeyColumn[];
  readonly estimate: TableEstimate;
  readonly chunkBytes: number;
}

export interface Greatest {
  /** In the wire form; null where no row has a value. */
  readonly value: string | null;
  /** Rows without a value. */
  readonly unset: bigint;
}

export interface ChunkRole {
  split(session: Session, request: SplitRequest): Promise<Range[]>;
  /** The greatest value of a number, date or timestamp. */
  greatest(session: Session, table: TableName, column: KeyColumn): Promise<Greatest>;
}

// ── read, write ────────────────────────────────────────────────────────────────────────────────────────────

/** What differs in the form that targets read. */
export interface WireForm {
  /** What stands before the digits of a `bytes` value, as bytes of COPY text: PostgreSQL's \\x. */
  readonly bytesPrefix: string;
}

export interface ReadColumn {
  readonly name: string;
  /** What is read instead of the column itself, by a rule; null is the column. */
  readonly value: Expression | null;
  /** What the source's column holds. */
  readonly from: PortableType;
  /** What the target's column holds: its form is written. */
  readonly to: PortableType;
  /**
   * Losses that were accepted by name, and are made by rule: zero-date, not-a-number, infinity, empty-enum, storage-class
   * and format become NULL; nul-character is removed; length, scale and precision are cut or rounded. Any other value
   * comes through as it is, so that the target refuses what it can't hold.
   */
  readonly accepts?: readonly RiskKind[];
  /** Decimals, times and timestamps come without zeros at the end of their fraction, as digests have them. */
  readonly trimmed?: boolean;
  /** As in CopyColumn: the text comes as `bytes` do. */
  readonly encoding?: string;
}

export interface ReadRequest {
  readonly table: TableName;
  readonly columns: readonly ReadColumn[];
  readonly key: readonly KeyColumn[];
  readonly range: Range;
  readonly where: Expression | null;
  readonly form: WireForm;
}

export interface ReadRole {
  /**
   * The rows of a range as COPY text, in pieces of any size; a piece may end within a row. It reads no faster than it
   * is consumed, holds a bounded amount whatever the rows' width, and rejects when the connection is lost: it never
   * ends early. Ending the iteration early leaves the session usable or closes it.
   */
  rows(session: Session, request: ReadRequest): AsyncIterable<Uint8Array>;
  /** Whether the engine's own form of a column is that of its neutral type, in every database; missing: it always is. */
  isNative?(column: PortableColumn): boolean;
  /** Of one value as text, where not every one can be read. */
  readonly longestValue?: Longest;
  /** The same in the engine's own fastest form, for a target of the same engine whose columns have equal types. */
  native?(session: Session, request: ReadRequest): AsyncIterable<Uint8Array>;
}

export interface WriteColumn {
  readonly name: string;
  readonly type: PortableType;
  /** The target's declaration. */
  readonly sql: string;
  /** As in CopyColumn: the text comes as `bytes` do. */
  readonly encoding?: string;
}

export interface WriteRequest {
  readonly table: TableName;
  readonly columns: readonly WriteColumn[];
  /** Columns by which a row that is there is replaced; null: a row that is there is an error. */
  readonly upsertBy: readonly string[] | null;
}

export interface WriteRole {
  readonly form: WireForm;
  /**
   * Loads rows into the table, inside the session's open transaction; resolves with their number as the server
   * counted it. Any value that does not fit exactly, and any row that is skipped, rejects: nothing is coerced.
   */
  load(session: Session, request: WriteRequest, rows: AsyncIterable<Uint8Array>): Promise<bigint>;
  loadNative?(session: Session, request: WriteRequest, rows: AsyncIterable<Uint8Array>): Promise<bigint>;
  /** One load of a table may have to wait for another to end. */
  readonly inTurn?: boolean;
  /** Of one row as COPY text, where the server does not take any. */
  longestRow?(session: Session): Promise<Longest>;
  /**
   * Deletes the rows that meet the condition, or all, inside the session's open transaction. Rows of other tables that
   * refer to them stay where the server allows that.
   */
  remove(session: Session, table: TableName, where: Expression | null): Promise<void>;
  /** Which column a rejection of `load` speaks of, and why, as far as the server tells. */
  blame(error: unknown): { readonly column: string | null; readonly reason: string };
}

// ── digest ─────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The text under which values of two engines are compared. Each form has one spelling for one value:
 * integer and decimal without sign of zero, leading or trailing zeros · float of 64 bits from 1e-4 to below 1e15 as its
 * shortest digits (1500.25), zero without a sign, any other and each of 32 bits with an exponent (1.5e20), where numbers
 * are two or more apart with 17 digits, which are exact, without zeros at their end; NaN, Infinity
 * · boolean 1, 0 · bytes lower-case hexadecimal · date, time, timestamp ISO, a second's digits without zeros at their end
 * · uuid lower case · set labels in byte order, with commas · text as it is (`trimmed`: without trailing spaces)
 */
export type DigestForm =
  | {
      readonly kind:
        | "integer"
        | "decimal"
        | "boolean"
        | "bytes"
        | "bits"
        | "date"
        | "time"
        | "timestamp"
        | "uuid"
        | "set";
    }
  | { readonly kind: "float"; readonly bits: 32 | 64 }
  | { readonly kind: "text"; readonly trimmed: boolean }
  /** Compared by the program only, because no SQL of both servers says it: left out of digests. */
  | { readonly kind: "json" | "array" };

export interface DigestColumn {
  readonly name: string;
  readonly value: Expression | null;
  /** What the column holds on this side. */
  readonly type: PortableType;
  readonly form: DigestForm;
  /** As in ReadColumn: the values are compared as they were copied. */
  readonly accepts?: readonly RiskKind[];
  /** Of the source's columns with `accepts`: what the target's column holds, as in ReadColumn. */
  readonly to?: PortableType;
  /** As in CopyColumn: the form of the text is that of `bytes`. */
  readonly encoding?: string;
}

export interface DigestRequest {
  readonly table: TableName;
  readonly columns: readonly DigestColumn[];
  /** Columns of the key with their form; empty where there is none. */
  readonly key: readonly DigestColumn[];
  readonly where: Expression | null;
  /** Only the rows of a range of this server's own, with the key that it goes by; not together with a slice by key. */
  readonly within?: { readonly range: Range; readonly key: readonly KeyColumn[] };
  /**
   * Of `slice` and `buckets`: sums of the server's own hashes, instead of the text's MD5. Only where the other side
   * computes them alike (`ownHashes`), the columns' types are of one kind on both, and there is a key.
   */
  readonly own?: boolean;
}

/** Rows, and the sum over them of the first 60 bits of MD5 of each row's text, both as digits. Sums show doubled rows. */
export interface Digest {
  readonly rows: string;
  readonly sum: string;
}

/** A part of a table that means the same on two servers: integers in order, or a bucket of the key's (or row's) hash. */
export type Slice =
  | { readonly by: "key"; readonly after: string | null; readonly upTo: string | null }
  | { readonly by: "bucket"; readonly bucket: number; readonly of: number }
  | { readonly by: "all" };

export interface HashedRow {
  /** The key's values in their forms; [] where there is none. */
  readonly key: KeyValues;
  /** MD5 of the row's text, 32 hexadecimal digits. */
  readonly hash: string;
}

export interface DigestRole {
  /**
   * Of each row the text is: for each column in order, its form and ";", before which stand, for the forms that are
   * `isMeasured`, the number of its bytes and ":". A NULL is as an empty form without that number. What is no value of
   * a form that is not measured, and is empty, holds a ";" or begins with "?", has "?", its number of bytes and ":" before it. The bucket is the first 32 bits of MD5 of the key's text (the row's, where there is no key), modulo.
   */
  slice(session: Session, request: DigestRequest, slice: Slice): Promise<Digest>;
  /** All buckets in one scan; those without rows are left out. */
  buckets(session: Session, request: DigestRequest, of: number): Promise<ReadonlyMap<number, Digest>>;
  /** How many rows there are, without a look at their values. */
  count(session: Session, request: Pick<DigestRequest, "table" | "where">): Promise<bigint>;
  /** Least and greatest value of a single integer key, as digits; null of an empty table. */
  bounds(
    session: Session,
    request: DigestRequest,
  ): Promise<{ readonly least: string; readonly greatest: string } | null>;
  hashes(session: Session, request: DigestRequest, slice: Slice): AsyncIterable<HashedRow>;
  /** The forms of some rows' columns, by their keys; of a table without a key, by their hashes. */
  values(
    session: Session,
    request: DigestRequest,
    rows: readonly HashedRow[],
  ): Promise<readonly { readonly key: KeyValues; readonly values: readonly (string | null)[] }[]>;
  /**
   * Names what the server's own hashes are: two sides of one engine that say the same give one row the same hash. Null,
   * or missing, where there are none.
   */
  ownHashes?(session: Session, request: DigestRequest): Promise<string | null>;
}
