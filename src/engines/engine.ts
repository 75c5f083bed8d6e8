import type { LockHolder } from "../core/event.ts";
import type { Effect, Statement } from "../core/plan.ts";
import type { SchemaModel } from "../core/schema.ts";
import type { EngineId, Target } from "../core/target.ts";
import type { ImpactRole } from "./impact-role.ts";
import type { BackupRole } from "./backup-role.ts";
import type {
  ChunkRole,
  DigestRole,
  NormalizeRole,
  ProfileRole,
  ReadRole,
  RenderRole,
  SnapshotRole,
  SwapRole,
  WriteRole,
} from "./data-roles.ts";
import type { RowSnapshotRole } from "./row-snapshot-role.ts";

/**
 * An engine is a record of small roles; the same file names stand in every engine's folder. A role that is
 * missing is the statement that the engine can't. Differences that are plain facts are in `traits`.
 */
export interface Engine {
  readonly id: EngineId;
  readonly traits: Traits;
  readonly connect: ConnectRole;
  readonly errors: ErrorsRole;
  readonly syntax: SyntaxRole;
  readonly probe: ProbeRole;
  readonly lock: LockRole;
  readonly store: StoreRole;
  readonly inspect: InspectRole;
  readonly health: HealthRole;
  readonly impact: ImpactRole;
  /** Missing: the engine has no load that could be told, so a guard watches only what its runner knows. */
  readonly signals?: SignalsRole;
  /** Missing: rows that a migration changes cannot be kept. */
  readonly rowSnapshot?: RowSnapshotRole;
  /** The data path; an engine without these roles cannot be copied from, or to. */
  readonly normalize?: NormalizeRole;
  readonly render?: RenderRole;
  readonly profile?: ProfileRole;
  readonly snapshot?: SnapshotRole;
  readonly chunk?: ChunkRole;
  readonly read?: ReadRole;
  readonly write?: WriteRole;
  readonly digest?: DigestRole;
  /** Missing: a copy cannot refresh tables, only empty and fill them. */
  readonly swap?: SwapRole;
  /** Missing: the engine's databases cannot be backed up. */
  readonly backup?: BackupRole;
}

export interface Traits {
  /** The engine's name for people. */
  readonly title: string;
  /** DDL can be rolled back and committed with its record. */
  readonly transactionalDdl: boolean;
  /** `CREATE INDEX CONCURRENTLY` or the like exists and can leave an invalid index. */
  readonly concurrentIndex: boolean;
  /** A statement's lock wait can be bounded. */
  readonly lockTimeout: boolean;
  /** Statements go on at the server when their client dies. */
  readonly statementsOutliveClient: boolean;
  /** A running statement can be cancelled from outside. */
  readonly cancellable: boolean;
  /** Why a table or a column cannot have that name, as what it does: "is longer than 63 bytes"; null where it can. */
  readonly refusesName: (name: string) => string | null;
  /** A name for a key, an index or a constraint, cut or changed to what the engine takes. */
  readonly fitName: (name: string) => string;
  /** A schema has each such name once: keys and indexes, beside its tables; checks and foreign keys. */
  readonly sharedNames: { readonly indexes: boolean; readonly constraints: boolean };
  /** Names of tables and columns that differ in case only are two names. */
  readonly distinguishesCase: boolean;
  readonly quote: (name: string) => string;
  /** Before the name of a table that is not partitioned: without the rows of those that inherit from it. Missing is nothing. */
  readonly only?: string;
  /** Before the VALUES of an INSERT that gives the numbers of a column which always makes its own. */
  readonly overriding?: string;
  /** How the n-th parameter of a statement is written, n from 1. */
  readonly placeholder: (n: number) => string;
}

// ── connect ────────────────────────────────────────────────────────────────────────────────────────────────

export interface SessionOptions {
  /** Shown by the server for this session, e.g. "godwit 0192ab". */
  readonly tag: string;
  readonly connectTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Server notices and warnings. */
  readonly onNotice?: (severity: string, message: string) => void;
}

export type Value = string | number | bigint | boolean | null | Uint8Array | Date | readonly Value[];
export interface Write {
  readonly sql: string;
  readonly parameters: readonly Value[];
}

export type Row = Readonly<Record<string, unknown>>;

/**
 * One server session. Not for concurrent use. Every method rejects with the driver's error, which the errors
 * role classifies; after a lost connection the session is dead and only `close` may be called.
 */
export interface Session {
  /** The server's id for it: backend pid, connection id. */
  readonly id: string;
  /** Rows of one statement. Parameters are written as the engine does (`traits.placeholder`). 64-bit integers and decimals come as strings or bigint, never rounded. */
  query(sql: string, parameters?: readonly Value[]): Promise<Row[]>;
  /** Runs one statement exactly as written, without parameters; the rows affected where the server tells. */
  execute(sql: string): Promise<number | null>;
  /** Runs one statement with parameters; the rows affected. */
  run(sql: string, parameters: readonly Value[]): Promise<number>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Whether everything was undone: false where a table without transactions kept its rows. */
  rollback(): Promise<boolean>;
  /** Inside a transaction: the login's own role and encoding, whatever the migration has set, for the ledger's rows. */
  asLogin?(): Promise<void>;
  /** After that transaction: the migration's settings again, where its end did not bring them back. */
  asMigration?(): Promise<void>;
  /**
   * Runs the writes and commits, all in one round trip. Resolves to null when everything is committed, or to the
   * error of the first write that failed, after which the transaction was rolled back as a whole; rejects when
   * COMMIT itself fails. Missing where the protocol has no pipeline.
   */
  commitWith?(writes: readonly Write[]): Promise<unknown>;
  /** `commitWith` also refuses where a write does not hit exactly one row. */
  readonly verifiesWrites?: boolean;
  /** Sets the limits for the statements to come; 0 is none. Issues nothing when they are so already. */
  limit(limits: { lockTimeoutMs: number; statementTimeoutMs: number }): Promise<void>;
  /** Puts back every setting a migration may have changed, keeping the run's lock and tag. */
  reset(): Promise<void>;
  /** Changes the tag that the server shows. */
  retag(tag: string): Promise<void>;
  /**
   * Bytes that have come and gone on the connection, while an answer is waited for; null where none is, or where the
   * server that does the work is not told by `id`. Missing where the server is this process.
   */
  bytesWhileAsked?(): number | null;
  /** Asks the server, from outside, to cancel what the session executes. Never rejects. */
  cancel(): Promise<void>;
  /** Ends the session; never rejects. */
  close(): Promise<void>;
}

export interface ServerFacts {
  /** "PostgreSQL 15.18", "MariaDB 10.11.14", "SQLite 3.53.0" */
  readonly version: string;
  readonly product: string;
  readonly database: string;
  readonly user: string;
  /** What identifies this server and not its twin: system identifier, server_uuid, file path; "" if not known. */
  readonly identity: string;
  /** How a new session takes names and texts, for people: "the schemas public", "the sql_mode ANSI"; "" where all do alike. */
  readonly settings: string;
  /** Where it is, in its own words: its name or address, "" for a file; and its port, null where it has none. */
  readonly host: string;
  readonly port: number | null;
  readonly readOnly: boolean;
  /** Why a run is refused on this version; null where it is not. */
  readonly unsupported: string | null;
  /** The server's clock, ISO 8601 in UTC with milliseconds. */
  readonly now: string;
}

export interface ConnectRole {
  open(target: Target, options: SessionOptions): Promise<Session>;
  facts(session: Session): Promise<ServerFacts>;
}

// ── errors ─────────────────────────────────────────────────────────────────────────────────────────────────

export type ErrorKind =
  | "connection-lost"
  | "unreachable"
  | "starting-up"
  | "timeout"
  | "authentication"
  | "tls"
  | "unknown-database"
  | "permission"
  | "read-only"
  | "lock-timeout"
  | "statement-timeout"
  | "deadlock"
  | "serialization"
  | "cancelled"
  | "syntax"
  | "duplicate-object"
  | "missing-object"
  | "constraint"
  | "disk-full"
  | "too-many-connections"
  | "other";

export interface NativeError {
  readonly kind: ErrorKind;
  /** SQLSTATE, errno name or number. */
  readonly native: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Offset into the statement in code points, from 0, where the server tells. */
  readonly position?: number;
}

export interface ErrorsRole {
  /** Maps whatever the driver threw to the closed set of kinds. Never throws. */
  classify(error: unknown): NativeError;
}

// ── syntax ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface SyntaxRole {
  /** Loads the parser, where there is one; called once before `statements`. */
  load(): Promise<void>;
  /** Splits and judges a file's text. Throws GW2003 for a NUL character, GW2004 to GW2007, GW2011, GW2012 with `file` and line in the message. */
  statements(text: string, file: string): Statement[];
  /** The token texts that count for the semantic hash, in order: no comments, no white space, names and keywords as written. */
  tokens(text: string, file: string): string[];
  /** `-- godwit: …` directives in their order, with their places. */
  directives(
    text: string,
    file: string,
  ): { readonly words: readonly string[]; readonly line: number; readonly offset: number }[];
}

// ── probe ──────────────────────────────────────────────────────────────────────────────────────────────────

export type Settlement = "done" | "not-done" | "unknown";

export interface ProbeRole {
  /** What to remember before a statement outside a transaction; JSON. */
  capture(session: Session, effect: Effect): Promise<unknown>;
  /**
   * Whether it took effect, from the catalogue. Removes what a failed attempt left (an invalid index), and says
   * so through `onCleaned`, before it answers "not-done".
   */
  settle(
    session: Session,
    effect: Effect,
    before: unknown,
    onCleaned: (index: string, table: string) => void,
  ): Promise<Settlement>;
  /** Phase and counts of what another session executes now, with those it waits for; null where it is not known. */
  activity?(session: Session, sessionId: string): Promise<Activity | null>;
}

export interface Activity {
  /** The session executes nothing: a client that still waits for its reply has lost it. */
  readonly idle: boolean;
  readonly phase: string;
  readonly done: number | null;
  readonly total: number | null;
  readonly waitingFor: readonly LockHolder[];
}

// ── lock ───────────────────────────────────────────────────────────────────────────────────────────────────

/** How much may be changed on one server at a time, by all processes; null is no limit. */
export interface HostLimits {
  /** Sessions of runs that write. */
  readonly workers: number | null;
  /** Databases with a run. */
  readonly schemas: number | null;
}

export interface LockRole {
  /** Takes the run lock of this database on this session, without waiting; it ends with the session. */
  tryAcquire(session: Session): Promise<boolean>;
  /** Whether this very session holds it, asked of the server. False behind a transaction-mode pooler. */
  verify(session: Session): Promise<boolean>;
  release(session: Session): Promise<void>;
  /** Who holds it now; null when nobody does or the server does not tell. */
  holder(session: Session): Promise<LockHolder | null>;
  /**
   * Marks a further session of a run, before it does anything: what it executes, and the locks that it holds, may
   * outlive the run. The mark ends with the session. Missing where no statement outlives its client.
   */
  enlist?(session: Session): Promise<void>;
  /** A session that is marked so; null when none is. */
  enlisted?(session: Session): Promise<LockHolder | null>;
  /**
   * Whether this server, with all its databases, has room for a run whose session has its lock, or for a further session
   * that is marked: null, or who has the places. One's own place ends with the session, or with `release`. Several that
   * ask at once may all be refused. Missing where a server has one database.
   */
  claim?(session: Session, as: "run" | "worker", limits: HostLimits): Promise<readonly LockHolder[] | null>;
  /** Ends a session of this process's own that it can no longer reach. */
  end?(session: Session, sessionId: string): Promise<void>;
  /** The sessions that a given session waits for, or that hold locks on what it wants. */
  blockers(session: Session, sessionId: string): Promise<LockHolder[]>;
}

// ── store ──────────────────────────────────────────────────────────────────────────────────────────────────

export const ledgerTables = [
  "ledger",
  "run",
  "step",
  "migration",
  "chunk",
  "quarantine",
  "watermark",
  "plan",
  "event",
  "control",
  "approval",
  "artifact",
] as const;

export type LedgerTable = (typeof ledgerTables)[number];

export interface StoreRole {
  /** The qualified, quoted name of a ledger table. */
  table(name: LedgerTable): string;
  /** Ends a SELECT that keeps its rows as they are until the transaction ends; "" where there is one writer at a time. */
  readonly shareLock: string;
  /** Whether there is a ledger: its version, or null where it was never made. Other failures reject. */
  version(session: Session): Promise<number | null>;
  /**
   * A query for all rows of a table as one text, `rows`: a JSON array of arrays. Its numbers are read as JavaScript
   * reads them. Missing where the server bounds the length of such a text.
   */
  jsonRows?(query: { readonly columns: string; readonly table: string; readonly order: string }): string;
  /** Forward-only: entry n brings the ledger from version n to n + 1. Each is safe to repeat where DDL is not transactional. */
  readonly scripts: readonly (readonly string[])[];
}

// ── inspect ────────────────────────────────────────────────────────────────────────────────────────────────

export interface InspectRole {
  /** The user's schema, without system objects and without the ledger; sorted by name, so that equal schemas give equal models. */
  schema(session: Session): Promise<SchemaModel>;
  /** The same as SQL text that makes it again; deterministic, without dates, owners or counters. */
  dump(session: Session): Promise<string>;
}

// ── health (doctor) ────────────────────────────────────────────────────────────────────────────────────────

export interface Finding {
  readonly check: string;
  readonly status: "ok" | "warning" | "error";
  readonly message: string;
  /** What to do, e.g. the exact GRANT. */
  readonly remedy?: string;
}

/** Something that an interrupted job has left in the database, and that nobody uses. */
export interface Remnant {
  /** "invalid index", "replication slot", … */
  readonly what: string;
  readonly name: string;
  readonly message: string;
  /** What takes it away, or makes it whole; null where a person must decide. */
  readonly remedy: string | null;
}

export interface HealthRole {
  /** Versions, privileges, settings that matter to a run. */
  findings(session: Session): Promise<Finding[]>;
  /** What interrupted jobs have left. Catalogue only. */
  remnants(session: Session): Promise<Remnant[]>;
}

// ── signals (guard) ────────────────────────────────────────────────────────────────────────────────────────

/** What a server answered; `unknown` says why it could not be had, and is a breach of any limit on it. */
export type Reading<T> = { readonly value: T } | Unknown;

export interface Unknown {
  readonly unknown: string;
  /** What makes it known, e.g. the exact GRANT. */
  readonly remedy?: string;
  /** It was never to be had: this user may not see it, or this server does not keep it. */
  readonly withheld?: true;
}

export interface ReplicaLag {
  /** As the server names it: application name, host and port. The same at every sample. */
  readonly name: string;
  readonly lagMs: Reading<number>;
}

/** What is asked of one sample. */
export interface SignalQuestions {
  /** Sessions of the run, by the server's ids: who waits for one of them waits because of us. */
  readonly ownSessions: readonly string[];
  /** Queries whose latency is watched: how they are recognised among the server's statistics, or a statement to time. */
  readonly queries: readonly NamedQuery[];
  /**
   * A table, with its schema or without, that something else writes the time into: a time with its zone, or one in
   * UTC. Its copy on a replica tells that one's lag, in place of what the replica says of itself; null for none.
   */
  readonly heartbeat: { readonly table: string; readonly column: string } | null;
  /** Sessions on the replicas that the configuration names. One that is lost makes that replica's lag unknown. */
  readonly replicas: readonly Session[];
  /** Names of replicas that have to be there, because they were before, say: one that is not is unknown. */
  readonly expectedReplicas?: readonly string[];
}

export interface NamedQuery {
  readonly name: string;
  /** Part of the statement's text as the server's statistics normalise it. */
  readonly like?: string;
  /** A read-only statement that is run and timed, where there is no `like` or the server has no such statistics. */
  readonly probe?: string;
}

/** Calls of a named query since the server began to count; the guard takes differences. Milliseconds. */
export interface QueryLatency {
  readonly name: string;
  /** Of a probe: this one's time. */
  readonly elapsedMs?: number;
  /** Of statistics: how many calls, and their total time, until now; a histogram by upper bound where the server keeps one. */
  readonly calls?: number;
  readonly totalMs?: number;
  /** The sum of the squares of their times, where the server tells: with the total it gives the spread. */
  readonly squaresMs2?: number;
  readonly histogram?: readonly { readonly upToMs: number; readonly calls: number }[];
  /** Why there is none of them: a breach, as of any other signal. */
  readonly unknown?: string;
  readonly remedy?: string;
}

/** One sample. A member that is missing is one that the engine, this version or this server does not have. */
export interface Signals {
  /** Empty where nothing replicates. */
  readonly replicas?: Reading<readonly ReplicaLag[]>;
  /** Sessions that wait for a lock of the run's, or behind one that does, with how long the longest has waited. */
  readonly lockWaiters?: Reading<{ readonly waiters: readonly LockHolder[]; readonly longestMs: number }>;
  /** Statements that others execute now, on the whole server. */
  readonly activeQueries?: Reading<number>;
  /** Age of the oldest transaction that is not the run's; 0 where there is none. */
  readonly oldestTransactionMs?: Reading<number>;
  readonly latencies?: Reading<readonly QueryLatency[]>;
  /** Bytes of WAL or binary log written since some fixed point of this session: the guard takes differences. */
  readonly logBytes?: Reading<number>;
  /** Log segments that wait to be archived. */
  readonly archiveQueue?: Reading<number>;
  /** Of the file system of the data directory. `totalBytes` is what can be used, as `df` counts it. */
  readonly disk?: Reading<{ readonly usedBytes: number; readonly totalBytes: number }>;
  /** What failed, and all, since some fixed point; of this database where the server counts so, or else of the server. */
  readonly errors?: Reading<{ readonly failed: number; readonly total: number }>;
  /** Why a member is missing. */
  readonly absent: Readonly<Partial<Record<SignalName, string>>>;
}

export type SignalName = Exclude<keyof Signals, "absent">;

export interface SignalsRole {
  /**
   * Read-only, quick, on a session of the guard's own, the same one each time: what is compared with the sample before
   * is kept with the session. Its statement time-out bounds each question. Rejects only where the connection is lost.
   */
  sample(session: Session, questions: SignalQuestions): Promise<Signals>;
}
