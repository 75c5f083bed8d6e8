import type { ObjectName, RowChange } from "../core/plan.ts";
import type { TableName } from "../core/portable.ts";
import type { Session } from "./engine.ts";

/**
 * Keeps the rows that a statement changes, so that they can be put back. What is the same on all engines is in
 * run/row-snapshot; here stands what their SQL has of its own. `table` and `kept` are quoted names or aliases.
 */
export interface RowSnapshotRole {
  /** What a statement does to rows that are there, from its text alone; null where it changes none. */
  changeOf(text: string): RowChange | Refusal | null;
  /** The table of that name, under the session's settings; null where there is none. */
  table(session: Session, name: ObjectName): Promise<KeptTable | null>;
  /** Makes an empty table of the same columns beside it, with a mark by which the schema's readers leave it out. */
  make(session: Session, table: KeptTable, name: string): Promise<void>;
  drop(session: Session, table: TableName): Promise<void>;
  /** The tables that were made so and are still there, by the mark. */
  made(session: Session): Promise<readonly TableName[]>;
  /** Fills that table with the rows that the statement is about to change; others cannot change them from here on. */
  capture(session: Session, keeping: Keeping): Promise<void>;
  /** Called when the statement is done, before anything is asked. */
  captured?(session: Session): Promise<void>;
  /** Condition: the statement has written this row. */
  isChanged(columns: readonly KeptColumn[], table: string, kept: string): string;
  /** How many rows the statement changed, by the server's word, in the sense of `isChanged`; null: it cannot tell. */
  affected(session: Session, change: RowChange, reported: number | null): number | null;
  /** Condition: two values are not the same bytes. */
  differs(column: KeptColumn, left: string, right: string): string;
  /** Bytes of a row's values. */
  size(columns: readonly KeptColumn[], row: string): string;
  /**
   * Keeps others from changing those rows of `table t` that have a partner in `kept s`, and from inserting one; null
   * where there is one writer at a time.
   */
  lock(table: string, kept: string, on: string): string | null;
  /** The end of a query that must answer by the rows as they are, where the transaction has a view that is older. */
  readonly current: string;
  /** Sets columns of `table t` to those of `kept s`. */
  update(statement: { table: string; kept: string; columns: readonly string[]; on: string }): string;
  /** The head of an INSERT that takes any value for any column. */
  insertInto(table: string, columns: readonly string[]): string;
  /**
   * Inserts rows of which one may refer to another that comes after it, where the server checks each at once. Throws
   * GW8304 where one of them lacks its parent then. `inserted` is a FROM clause of the rows as `t`.
   */
  insertAll?(
    session: Session,
    table: KeptTable,
    insert: () => Promise<unknown>,
    inserted: string,
  ): Promise<void>;
  /** Rows are put back as they were, so nothing of the user's may change them on the way. */
  undisturbed(session: Session, table: KeptTable, work: () => Promise<void>): Promise<void>;
}

export interface Refusal {
  /** Completes "the rows of this statement cannot be kept: …". */
  readonly refused: string;
}

export interface Keeping {
  readonly change: RowChange;
  readonly table: KeptTable;
  readonly key: readonly string[];
  readonly into: string;
}

export interface KeptTable extends TableName {
  readonly columns: readonly KeptColumn[];
  /** Unique keys without NULLs, the primary key first. */
  readonly keys: readonly (readonly string[])[];
  /** Why its rows cannot be kept, as what it does: "has no transactions"; null where they can. */
  readonly refused: string | null;
  /** What else happens when its rows are changed, for people. */
  readonly consequences: readonly Consequence[];
}

export interface KeptColumn {
  readonly name: string;
  readonly type: string;
  /** It is computed from others, so it is never written. */
  readonly generated: boolean;
  /** An UPDATE can set it to a value. */
  readonly updatable: boolean;
}

export interface Consequence {
  /** The changes that set it off. */
  readonly on: readonly RowChange["action"][];
  /** Only where one of these columns is set; null: always. */
  readonly columns: readonly string[] | null;
  /** "the trigger orders_audit runs" */
  readonly message: string;
}
