import type { StampedEvent } from "../core/event.ts";

type Kind = "counter" | "gauge";
type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly kind: Kind;
  readonly help: string;
}

/** All metrics. Names and units as Prometheus' naming rules want them: base units, `_total` for counters. */
const families = {
  godwit_run_info: { kind: "gauge", help: "The run that these metrics are of; always 1." },
  godwit_run_state: { kind: "gauge", help: "1 for the state that the run is in, 0 for the others." },
  godwit_run_start_time_seconds: {
    kind: "gauge",
    help: "When the run was begun, or gone on with, as Unix time.",
  },
  godwit_run_end_time_seconds: { kind: "gauge", help: "When the run ended or stopped, as Unix time." },
  godwit_steps: { kind: "gauge", help: "Steps of the plan." },
  godwit_steps_finished_total: { kind: "counter", help: "Steps that were finished." },
  godwit_units_finished_total: { kind: "counter", help: "Migrations or parts of a copy that were finished." },
  godwit_statements_total: { kind: "counter", help: "Statements that succeeded." },
  godwit_statement_seconds_total: { kind: "counter", help: "Time that these statements took." },
  godwit_rows_total: { kind: "counter", help: "Rows that statements changed and copies wrote." },
  godwit_bytes_total: { kind: "counter", help: "Bytes that copies wrote." },
  godwit_chunks_total: { kind: "counter", help: "Chunks of copies that were finished." },
  godwit_table_rows_total: { kind: "counter", help: "Rows that a copy wrote, by table." },
  godwit_rows_quarantined_total: {
    kind: "counter",
    help: "Rows that the target refused and a copy set aside.",
  },
  godwit_differences_total: { kind: "counter", help: "Differences that comparisons found." },
  godwit_retries_total: { kind: "counter", help: "Attempts that were repeated, for a lock or a deadlock." },
  godwit_connections_lost_total: { kind: "counter", help: "Connections that were lost." },
  godwit_warnings_total: { kind: "counter", help: "Warnings." },
  godwit_pauses_total: { kind: "counter", help: "Pauses, by the signal that caused them." },
  godwit_paused_seconds_total: { kind: "counter", help: "Time in pauses that are over." },
  godwit_replication_lag_seconds: {
    kind: "gauge",
    help: "Lag of the slowest replica; NaN where it is not known.",
  },
  godwit_lock_waiters: { kind: "gauge", help: "Sessions that wait for a lock of the run's." },
  godwit_active_queries: { kind: "gauge", help: "Statements that others execute." },
  godwit_oldest_transaction_seconds: { kind: "gauge", help: "Age of the oldest transaction of others." },
  godwit_log_bytes_per_second: { kind: "gauge", help: "WAL or binary log that the server writes." },
  godwit_archive_queue: { kind: "gauge", help: "Log segments that wait to be archived." },
  godwit_disk_used_ratio: { kind: "gauge", help: "How full the disk of the data directory is, 0 to 1." },
  godwit_query_p95_seconds: { kind: "gauge", help: "95th percentile of a named query." },
  godwit_pace_ratio: { kind: "gauge", help: "Share of its full speed at which the run works, 0 to 1." },
} as const satisfies Readonly<Record<string, Family>>;

type Name = keyof typeof families;

const states = ["waiting", "running", "paused", "done", "stopped"] as const;

/** A label for each table is a series for each: of a database with more tables, the rest share one. */
const mostTables = 500;
const otherTables = "(others)";

/** A run's figures, counted from its events, as text that Prometheus reads. */
export class Metrics {
  readonly #values = new Map<Name, Map<string, number>>();
  readonly #database: string;
  readonly #tables = new Set<string>();

  constructor(database: string) {
    this.#database = database;
    this.#state("waiting");
  }

  receive(event: StampedEvent): void {
    const seconds = Date.parse(event.at) / 1_000;
    switch (event.type) {
      case "run:started":
      case "run:resumed":
        this.#values.delete("godwit_run_info");
        this.#values.delete("godwit_run_end_time_seconds");
        this.#set("godwit_run_info", 1, { run: event.runId, kind: event.kind, database: this.#database });
        this.#set("godwit_run_start_time_seconds", seconds);
        this.#set("godwit_steps", event.steps);
        this.#state("running");
        break;
      case "run:finished":
      case "run:stopped":
        this.#set("godwit_run_end_time_seconds", seconds);
        this.#state(event.type === "run:finished" ? "done" : "stopped");
        break;
      case "step:finished":
        this.#add("godwit_steps_finished_total", 1);
        break;
      case "unit:finished":
        this.#add("godwit_units_finished_total", 1);
        break;
      case "statement:finished":
        this.#add("godwit_statements_total", 1);
        this.#add("godwit_statement_seconds_total", event.durationMs / 1_000);
        this.#add("godwit_rows_total", event.rows ?? 0);
        break;
      case "chunk:finished":
        if (event.reads === true) break;
        this.#add("godwit_chunks_total", 1);
        this.#add("godwit_rows_total", event.rows);
        this.#add("godwit_bytes_total", event.bytes);
        this.#add("godwit_table_rows_total", event.rows, { table: this.#tableLabel(event.table) });
        break;
      case "rows:quarantined":
        this.#add("godwit_rows_quarantined_total", event.rows);
        break;
      case "table:compared":
        this.#add("godwit_differences_total", event.differences);
        break;
      case "retry:scheduled":
        this.#add("godwit_retries_total", 1);
        break;
      case "connection:lost":
        this.#add("godwit_connections_lost_total", 1);
        break;
      case "warning:raised":
        this.#add("godwit_warnings_total", 1);
        break;
      case "guard:paused":
        this.#add("godwit_pauses_total", 1, { signal: event.signal });
        this.#state("paused");
        break;
      case "guard:resumed":
        this.#add("godwit_paused_seconds_total", event.pausedMs / 1_000);
        this.#state("running");
        break;
      case "guard:sampled":
        this.#sample(event);
        break;
    }
  }

  /** In the text format 0.0.4. */
  text(): string {
    const lines: string[] = [];
    for (const [name, { help, kind }] of Object.entries<Family>(families)) {
      const series = this.#values.get(name as Name);
      if (series === undefined) continue;
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #sample(event: Extract<StampedEvent, { type: "guard:sampled" }>): void {
    const gauges: readonly (readonly [Name, number | null | undefined, number])[] = [
      ["godwit_replication_lag_seconds", event.lagMs, 1_000],
      ["godwit_lock_waiters", event.lockWaiters, 1],
      ["godwit_active_queries", event.activeQueries, 1],
      ["godwit_oldest_transaction_seconds", event.oldestTransactionMs, 1_000],
      ["godwit_log_bytes_per_second", event.logBytesPerSecond, 1],
      ["godwit_archive_queue", event.archiveQueue, 1],
      ["godwit_disk_used_ratio", event.diskUsed, 1],
      ["godwit_pace_ratio", event.pace, 1],
    ];
    for (const [name, value, divisor] of gauges) {
      if (value !== undefined) this.#set(name, value === null ? Number.NaN : value / divisor);
    }
    for (const { name, p95Ms } of event.queries ?? []) {
      this.#set("godwit_query_p95_seconds", p95Ms === null ? Number.NaN : p95Ms / 1_000, { query: name });
    }
  }

  #state(state: (typeof states)[number]): void {
    for (const each of states) this.#set("godwit_run_state", each === state ? 1 : 0, { state: each });
  }

  #tableLabel(table: string): string {
    if (!this.#tables.has(table) && this.#tables.size >= mostTables) return otherTables;
    this.#tables.add(table);
    return table;
  }

  #set(name: Name, value: number, labels: Labels = {}): void {
    const series = this.#values.get(name) ?? new Map<string, number>();
    this.#values.set(name, series.set(labelsText(labels), value));
  }

  #add(name: Name, value: number, labels: Labels = {}): void {
    this.#set(name, (this.#values.get(name)?.get(labelsText(labels)) ?? 0) + value, labels);
  }
}

function labelsText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return value
    .replaceAll("\\", "\\\\")
    .replaceAll('"', String.raw`\"`)
    .replaceAll("\n", String.raw`\n`);
}
