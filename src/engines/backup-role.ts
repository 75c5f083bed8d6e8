import type { PortableType, TableEstimate, TableName } from "../core/portable.ts";
import type { Target } from "../core/target.ts";
import type { DdlStatement, KeyColumn } from "./data-roles.ts";
import type { Session } from "./engine.ts";

/** A part of the schema: statements that make one thing, or a few that belong together, as its server prints them. */
export interface SchemaPart {
  /** For people: "table sales.orders". */
  readonly title: string;
  /** One or more statements. */
  readonly text: string;
  /** Settings of the session under which the text means what it meant. */
  readonly settings: readonly string[];
  /** Made by us after a native restore, too: its program would end at what this server lacks. */
  readonly afterNative?: boolean;
}

export interface BackupColumn {
  readonly name: string;
  readonly type: PortableType;
  /** The declaration. */
  readonly sql: string;
  /** As in PortableColumn: the text's own bytes are kept. */
  readonly encoding?: string;
}

export interface BackupTable extends TableName {
  /** Those that hold values of their own: what the server computes is not kept. */
  readonly columns: readonly BackupColumn[];
  /** By which it is cut into chunks; empty where pages serve. */
  readonly key: readonly KeyColumn[];
  readonly estimate: TableEstimate;
}

/** All that has to be kept of a database beside its rows. */
export interface BackupContents {
  /** As `inspect.dump` gives it: what a restored database must give again. */
  readonly schema: string;
  /** What must be there before rows come in; in order. */
  readonly before: readonly SchemaPart[];
  readonly tables: readonly BackupTable[];
  /** Keys and indexes, each table's together; they do not depend on one another. */
  readonly keys: readonly SchemaPart[];
  /** The rest, in order: references, views, triggers, routines, counters. */
  readonly after: readonly SchemaPart[];
  /** What begins to work by itself, when all is there and compared; not in a scratch database. */
  readonly finish: readonly SchemaPart[];
  /** What the backup does not hold, for people: "roles and their passwords". */
  readonly notHeld: readonly string[];
  /** Data that is there, and that the portable form leaves out: with any of it, a backup is not whole. For people. */
  readonly missing: readonly string[];
}

/** Databases that live for the time of a proof, beside the one they prove something of. */
export interface ScratchRole {
  create(session: Session, name: string): Promise<void>;
  drop(session: Session, name: string): Promise<void>;
  /** The same server and login, another database. */
  target(target: Target, name: string): Target;
}

export interface BackupRole {
  /** Which of the `read` role's forms gives every value back exactly on the same engine. */
  readonly rowForm: "text" | "native";
  /** On a session that reads a snapshot; tables are locked against changes of their structure where that can be. */
  contents(session: Session, form: "portable" | "native"): Promise<BackupContents>;
  /** Points in time by which other means of recovery go on from this backup: "lsn", "timeline", "gtid". */
  markers(session: Session): Promise<Readonly<Record<string, string>>>;
  /** Some of what the user has in the database, for people; empty where nothing is. The ledger does not count. */
  inhabitants(session: Session): Promise<readonly string[]>;
  /** Removes all of that. Throws GW8210 for what cannot be removed. */
  clear(session: Session): Promise<readonly DdlStatement[]>;
  /**
   * The schema's text without what a restored database has not yet, or cannot have on this server (grants to roles that it
   * lacks): `lacks` are lines of that kind.
   */
  fitting(
    session: Session,
    schema: string,
  ): Promise<{ readonly schema: string; readonly lacks: readonly string[] }>;
  readonly scratch: ScratchRole;
  /** Missing: there is the portable form alone. */
  readonly native?: NativeRole;
}

export interface NativeOptions {
  readonly target: Target;
  readonly signal: AbortSignal;
  /** Where a file may be kept for the time of the work; for its owner alone. */
  readonly folder: string;
}

/** Dumps by the server's own programs, or by the engine itself. They hold what the portable form holds, and more. */
export interface NativeRole {
  /** A restore that fails, or is killed, leaves nothing. */
  readonly isAtomic: boolean;
  /** As of the portable form. */
  readonly notHeld: readonly string[];
  /** Finds the programs and holds their versions against the server's. Throws GW8208. */
  programs(session: Session): Promise<Readonly<Record<string, string>>>;
  /**
   * The dump, without the ledger, of exactly that state which the session shows from then on. `position` is where the log
   * stood, where that is another one than the snapshot's.
   */
  dump(
    session: Session,
    options: NativeOptions,
  ): Promise<{ readonly pieces: AsyncIterable<Uint8Array>; readonly position: string | null }>;
  /** Into a database that holds the ledger's tables alone; they stay. Never by a program that knows a shell. */
  restore(session: Session, pieces: AsyncIterable<Uint8Array>, options: NativeOptions): Promise<void>;
}
