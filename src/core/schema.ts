/** The neutral schema model: what `inspect` reads from any engine. Types and expressions are the engine's own text. */
export interface SchemaModel {
  readonly tables: readonly Table[];
  /** Views, materialised views, routines, triggers, types, sequences, extensions, …: kept as their definition. */
  readonly objects: readonly DefinedObject[];
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  /** Indexes that do not belong to a constraint. */
  readonly indexes: readonly Index[];
  readonly comment: string | null;
  /** What the engine says of the table beyond the above, as DDL text: PARTITION BY …, ENGINE=…, STRICT. */
  readonly options: string;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** The default as the engine prints it, or null. */
  readonly default: string | null;
  readonly generated: { readonly expression: string; readonly stored: boolean } | null;
  readonly identity: "always" | "by default" | "auto_increment" | null;
  readonly collation: string | null;
  readonly comment: string | null;
}

export interface Constraint {
  readonly name: string;
  readonly kind: "primary key" | "unique" | "foreign key" | "check" | "exclusion" | "not null";
  readonly columns: readonly string[];
  /** The clause as the engine prints it, e.g. "FOREIGN KEY (a) REFERENCES t(b)". */
  readonly definition: string;
  readonly references: {
    readonly schema: string;
    readonly table: string;
    readonly columns: readonly string[];
  } | null;
  readonly validated: boolean;
}

export interface Index {
  readonly name: string;
  readonly unique: boolean;
  /** Column names or expressions in key order. */
  readonly keys: readonly string[];
  /** False for an index that a failed concurrent build left behind. */
  readonly valid: boolean;
  readonly definition: string;
}

export interface DefinedObject {
  readonly kind:
    | "view"
    | "materialized view"
    | "routine"
    | "trigger"
    | "collation"
    | "text search"
    | "type"
    | "domain"
    | "sequence"
    | "extension"
    | "event"
    | "rule"
    | "policy"
    | "statistics"
    | "server"
    | "schema";
  readonly schema: string;
  readonly name: string;
  readonly definition: string;
}
