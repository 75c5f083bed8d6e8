import type { Expression } from "./expression.ts";

/**
 * The neutral schema: what a copy translates through. An engine's `normalize` role reads its catalogue into it, its
 * `render` role writes it as DDL; so N engines need N readers and N writers, and no pair is a case of its own.
 */
export interface PortableSchema {
  readonly tables: readonly PortableTable[];
  readonly views: readonly PortableView[];
  /** Sequences that belong to no column. */
  readonly sequences: readonly PortableSequence[];
  /** What cannot be carried over by rule: triggers, routines, events, rules, … with their own text. */
  readonly leftovers: readonly Leftover[];
}

/** A table or other named relation. `schema` is "" for engines whose database is the only schema. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface PortableTable extends TableName {
  readonly columns: readonly PortableColumn[];
  readonly primaryKey: PortableKey | null;
  readonly uniques: readonly PortableKey[];
  /** Indexes that belong to no constraint. */
  readonly indexes: readonly PortableIndex[];
  readonly foreignKeys: readonly PortableForeignKey[];
  readonly checks: readonly PortableCheck[];
  readonly partitioning: Partitioning | null;
  readonly comment: string | null;
  readonly estimate: TableEstimate;
  readonly own?: OwnTable;
  /** Why its server lets nobody write rows to it; missing where it does. */
  readonly unwritable?: string;
}

/**
 * What the neutral model has no word for, in the engine's own words: a copy between two servers of one product passes
 * it on, and any other leaves it out before anything is decided. Each is SQL.
 */
export interface OwnTable {
  /** Between CREATE and TABLE: "UNLOGGED". */
  readonly before: string;
  /** After the columns: "ENGINE=Aria ROW_FORMAT=DYNAMIC", "WITHOUT ROWID, STRICT". */
  readonly after: string;
  /** Constraints that were not held against the rows that are there, by their names: "NOT VALID". */
  readonly notValid?: readonly string[];
  /** All that makes it, where its engine says that itself. It counts as long as the table keeps its name. */
  readonly whole?: OwnMaking;
  /** The whole statement, of an engine that prints one and takes it apart by itself: the rest is empty then. */
  readonly statement?: string;
}

/** The statements of a table, in the phases of a copy. */
export interface OwnMaking {
  readonly of: TableName;
  /** Tables without which it cannot be made so: it inherits columns from them. */
  readonly needs: readonly TableName[];
  readonly create: readonly OwnStatement[];
  readonly keys: readonly OwnStatement[];
  readonly constraints: readonly OwnStatement[];
  readonly finish: readonly OwnStatement[];
}

export interface OwnStatement {
  readonly sql: string;
  /** For people: "index orders_customer". */
  readonly title: string;
  /** Within its phase it stands in this order among the statements of all tables. */
  readonly place: number;
  /** Left out where that table is not copied. */
  readonly needs?: TableName;
}

/** As OwnTable, of a column. */
export interface OwnColumn {
  /** The type with all that belongs to it, its character set and collation too: "citext", "varchar(20) COLLATE latin1_bin". */
  readonly type: string;
  /** What comes after it: "INVISIBLE", "STORAGE EXTERNAL". */
  readonly words: string;
  /** The type behind it that older servers have, too, where expressions of the table are of it: they are passed on as they are. */
  readonly base?: string;
}

/** The server's own statistics: for order, progress and time left, never for correctness. */
export interface TableEstimate {
  readonly rows: number;
  readonly bytes: number;
}

export interface PortableColumn {
  readonly name: string;
  readonly type: PortableType;
  /** The declaration in the source, for people: "int(10) unsigned". */
  readonly declared: string;
  /**
   * The source does not enforce the type (SQLite outside of STRICT tables): any value may be there. So storage class,
   * format and range are asked for, whatever the target's column takes. Missing is false.
   */
  readonly advisory?: boolean;
  readonly nullable: boolean;
  readonly default: PortableDefault | null;
  readonly identity: PortableIdentity | null;
  readonly generated: {
    readonly expression: Expression | null;
    readonly text: string;
    readonly stored: boolean;
  } | null;
  /** When the server itself wrote this version of the row, or took it away: no other one has the same. Missing is false. */
  readonly ofVersion?: boolean;
  /** MySQL's ON UPDATE CURRENT_TIMESTAMP. */
  readonly onUpdateNow: boolean;
  readonly collation: PortableCollation | null;
  /**
   * Of a text, a character set with several codes for one character, or with bytes for none: by their characters not
   * all texts come back as they were. Missing is one in which they do.
   */
  readonly encoding?: string;
  /** What the declaration says that only its own engine does, each as it is told elsewhere: "the zeros before its digits". */
  readonly beside?: readonly string[];
  readonly comment: string | null;
  readonly own?: OwnColumn;
}

/** A default: the neutral expression, or null where the text means nothing to the translator. */
export interface PortableDefault {
  readonly expression: Expression | null;
  readonly text: string;
}

export interface PortableIdentity {
  /** Whether the server refuses values given by the client. */
  readonly always: boolean;
  /** The next value by the source's own counter, as digits; null where it has none. */
  readonly next: string | null;
  readonly increment: string;
}

export interface PortableCollation {
  readonly name: string;
  /** An engine's name for its rules, where servers of the engine have several under its own. */
  readonly rules?: string;
  readonly caseInsensitive: boolean;
  readonly accentInsensitive: boolean;
  /** Trailing spaces do not count in comparisons (MySQL's PAD SPACE). */
  readonly padSpace: boolean;
}

/**
 * What a column holds, without an engine's spelling. Lengths of `text` are characters, of `bytes` bytes, null is
 * unbounded. `precision` of times is digits of a second.
 */
export type PortableType =
  | { readonly kind: "boolean" }
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 24 | 32 | 64; readonly unsigned: boolean }
  /** Null is unbounded, as PostgreSQL's numeric. */
  | { readonly kind: "decimal"; readonly precision: number | null; readonly scale: number | null }
  | { readonly kind: "float"; readonly bits: 32 | 64 }
  | { readonly kind: "text"; readonly length: number | null; readonly fixed: boolean }
  | { readonly kind: "bytes"; readonly length: number | null; readonly fixed: boolean }
  | { readonly kind: "bits"; readonly length: number; readonly varying: boolean }
  | { readonly kind: "date" }
  /** A time of day; `signed` is MySQL's TIME, which runs from -838:59:59 to 838:59:59. */
  | {
      readonly kind: "time";
      readonly precision: number;
      readonly zone: boolean;
      readonly signed: boolean;
    }
  /** `zone`: a point in time, kept and compared in UTC; otherwise a local date and time. */
  | { readonly kind: "timestamp"; readonly precision: number; readonly zone: boolean }
  | { readonly kind: "interval" }
  | { readonly kind: "year" }
  | { readonly kind: "uuid" }
  /** `binary`: the server keeps the value and not the text (jsonb, MySQL's json). */
  | { readonly kind: "json"; readonly binary: boolean }
  | { readonly kind: "enum"; readonly name: string | null; readonly labels: readonly string[] }
  | { readonly kind: "set"; readonly labels: readonly string[] }
  | { readonly kind: "array"; readonly of: PortableType }
  /** SQLite without a declared type: each value has its own. */
  | { readonly kind: "any" }
  /** Known to its own engine only; carried as its text (inet, tsvector, geometry as hexadecimal EWKB or WKB with SRID). */
  | { readonly kind: "native"; readonly name: string };

export interface PortableKey {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface PortableIndex {
  readonly name: string;
  readonly unique: boolean;
  readonly method: "btree" | "hash" | "gin" | "gist" | "brin" | "fulltext" | "spatial" | "other";
  readonly parts: readonly IndexPart[];
  /** Columns that are only stored in it (INCLUDE). */
  readonly include: readonly string[];
  readonly where: { readonly expression: Expression | null; readonly text: string } | null;
  /** The source's own statement, for reports and for a copy within one engine. */
  readonly definition: string;
  /** As OwnTable: what follows the table's name, or its parts: "USING gin (tags) WITH (fastupdate='false')". */
  readonly own?: string;
}

export interface IndexPart {
  readonly column: string | null;
  readonly expression: Expression | null;
  /** The expression as the source prints it; the column's name where it is one. */
  readonly text: string;
  readonly descending: boolean;
  /** Only so many characters (bytes, for `bytes`) of the column; null is all. */
  readonly prefix: number | null;
  /** As OwnTable: its collation and operator class, where they are not the column's and the type's. */
  readonly own?: string;
}

export type ReferentialAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

export interface PortableForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: TableName & { readonly columns: readonly string[] };
  readonly onUpdate: ReferentialAction;
  readonly onDelete: ReferentialAction;
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  readonly match: "simple" | "full";
}

export interface PortableCheck {
  readonly name: string;
  readonly expression: Expression | null;
  readonly text: string;
  /** It belongs to the column's type, a domain, and goes along with the type in its own words. Missing is false. */
  readonly ofType?: boolean;
}

export interface Partitioning {
  readonly method: "range" | "list" | "hash";
  /** Column names, or the expression's text where it is one. */
  readonly columns: readonly string[];
  readonly expression: Expression | null;
  readonly text: string;
  /** By hash, how rows are spread where the source has several ways: MySQL's "LINEAR KEY ALGORITHM = 1". */
  readonly spread?: string;
  readonly partitions: readonly Partition[];
}

export interface Partition {
  readonly name: string;
  /** Range: the exclusive upper bound of each column, "MAXVALUE" is none. Literal texts, quoted as SQL strings are. */
  readonly upTo: readonly string[] | null;
  /** Range with a lower bound of its own (PostgreSQL); null is the end of the one before. */
  readonly from: readonly string[] | null;
  /** List: the values, one tuple each. */
  readonly values: readonly (readonly string[])[] | null;
  readonly modulus: { readonly of: number; readonly remainder: number } | null;
  readonly isDefault: boolean;
}

export interface PortableView extends TableName {
  /** The query as the source prints it. */
  readonly text: string;
  readonly columns: readonly string[];
  /** What its columns hold, in their order; `any` where the engine does not know. */
  readonly types: readonly PortableType[];
  readonly materialized: boolean;
  readonly comment: string | null;
  /** What it says beside its query, in the engine's own words: "CASCADED CHECK OPTION". Missing is nothing. */
  readonly beside?: readonly string[];
  readonly making: Making;
}

/** How an engine makes an object again, in its own words: for a copy within one engine. */
export interface Making {
  /** Settings of the session, then the statements that make it, each without a terminator. */
  readonly settings: readonly string[];
  /** As OwnTable: further settings, of whoever made it. */
  readonly own?: readonly string[];
  readonly statements: readonly string[];
  /** Takes it away again; null where nothing does. */
  readonly drop: string | null;
  /** Tables can be made only after it, for all that its engine knows: a type, a function that a default calls. */
  readonly beforeTables: boolean;
  /** Its place among the schema's objects, in an order in which they can be made. */
  readonly place: number;
  /** What of it is not as it was, for people; missing where all is. */
  readonly note?: string;
  /** Tables and views without which it could be made, and would fail when it is used. */
  readonly needs?: readonly TableName[];
  /** It keeps what it has read of them: the statement by which it reads them again. */
  readonly refill?: string;
}

export interface PortableSequence extends TableName {
  readonly making: Making;
  readonly next: string;
  readonly increment: string;
  readonly minimum: string | null;
  readonly maximum: string | null;
  readonly cycle: boolean;
}

export interface Leftover extends TableName {
  readonly kind: string;
  /** The table it belongs to, where it does. */
  readonly table: TableName | null;
  readonly definition: string;
  /** Null where a copy within the engine cannot make it either. */
  readonly making: Making | null;
  /** Why it cannot, where there is more to say. */
  readonly reason?: string | null;
  /** As in its making, where it has none. */
  readonly refill?: string | undefined;
  /**
   * It goes along in its engine's own words: of a table, where that is made as a `whole`, or where its `parts` are made
   * in its own words; without a table, a type or the rights of what is copied, of which another engine is told nothing.
   */
  readonly own?: "whole" | "parts";
  /** Of several things of one kind and name, such as the rights of a role: what this one is about. */
  readonly about?: TableName;
  /** Of a trigger or a routine, what a draft for another engine can be made of. */
  readonly action?: PortableAction | undefined;
}

/** A trigger or a routine in parts. */
export type PortableAction =
  | {
      readonly kind: "trigger";
      readonly timing: "before" | "after" | "instead of";
      /** "insert", "update", "update of a, b", "delete". */
      readonly events: readonly string[];
      readonly forEach: "row" | "statement";
      readonly condition: string | null;
      readonly body: string;
      /** It is switched off, and does not fire. */
      readonly isOff?: boolean;
    }
  | {
      readonly kind: "routine";
      /** Null: a procedure, or an event. */
      readonly returns: PortableType | "other" | null;
      readonly parameters: readonly {
        readonly name: string;
        readonly mode: "in" | "out" | "inout";
        /** Null where the neutral model has none. */
        readonly type: PortableType | null;
        readonly declared: string;
      }[];
      readonly body: string;
    };

/**
 * A way in which values of the source might not fit the target's column. Each is looked for in the data before
 * anything is written; what is found stops the plan until it is accepted by name.
 */
export type Risk =
  /** Values that are neither 0 nor 1. */
  | { readonly kind: "not-boolean" }
  | { readonly kind: "range"; readonly minimum: string; readonly maximum: string }
  /** More characters, or bytes, than the target takes. */
  | { readonly kind: "length"; readonly limit: number; readonly unit: "characters" | "bytes" }
  /** Digits after the point (of a number), or of a second, that the target would cut off. */
  | { readonly kind: "scale"; readonly digits: number }
  | { readonly kind: "precision"; readonly digits: number }
  /** U+0000, which PostgreSQL's text cannot hold. */
  | { readonly kind: "nul-character" }
  | { readonly kind: "invalid-encoding" }
  /** Bytes that the source's character set has no character for: its server would send "?" in their place. */
  | { readonly kind: "undefined-bytes" }
  /** 0000-00-00, or a date with a zero month or day. */
  | { readonly kind: "zero-date" }
  | { readonly kind: "not-a-number" }
  | { readonly kind: "infinity" }
  /** Before the year 1, or after 9999. */
  | { readonly kind: "year-range" }
  /** Not a time of day: negative, or from 24:00:00. */
  | { readonly kind: "time-range" }
  /** SQLite: a value whose storage class is not that of its column. */
  | { readonly kind: "storage-class"; readonly expected: readonly StorageClass[] }
  /** Text that is not written as the target's type demands (a date as 'yesterday'). */
  | {
      readonly kind: "format";
      readonly of: "date" | "time" | "timestamp" | "number" | "integer" | "uuid" | "json";
    }
  /** '' of an enum: an invalid value that MySQL has accepted. */
  | { readonly kind: "empty-enum" }
  /** JSON with duplicate keys, or numbers that the target would round. */
  | { readonly kind: "json-lossy" }
  /** NULL where the target's column is NOT NULL. */
  | { readonly kind: "null" };

export type RiskKind = Risk["kind"];
export type StorageClass = "integer" | "real" | "text" | "blob";

/** How a column of the source becomes one of the target. */
export interface TypeDecision {
  /** The target's declaration, without NOT NULL and the like: "numeric(20)". */
  readonly sql: string;
  /** What the target's column holds: what is written into it and compared. */
  readonly type: PortableType;
  /** Why, for people; "" where the two types are the same. */
  readonly reason: string;
  /** What is lost by design, whatever the data (a time zone, a collation); null is nothing. */
  readonly loses: string | null;
  readonly risks: readonly Risk[];
  /** What is taken instead where the data show the first risk (tinyint(1) with a 2 in it); null: the plan stops. */
  readonly otherwise: TypeDecision | null;
}
