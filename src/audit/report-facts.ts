import type { LoggedEvent } from "./read-events.ts";
import type { Attempt, DowntimePart, Pause, RunReport, Sample, StatementFacts } from "./run-report.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The chart of the rate has so many points. */
const rateParts = 60;
/** A chart cannot show more, and a report should stay a document. */
const mostSamples = 2_000;
const mostListed = 1_000;
const slowestListed = 10;

/** These take a lock on a whole table that others notice; what is built CONCURRENTLY does not. */
const locking =
  /^(ALTER|DROP (TABLE|INDEX|COLUMN|VIEW|TRIGGER)|TRUNCATE|RENAME|LOCK|REINDEX|CLUSTER|OPTIMIZE|REFRESH|CREATE (UNIQUE )?(INDEX|TRIGGER)|VACUUM FULL)\b/i;

interface OpenStep {
  readonly transaction: boolean;
  /** Since when a lock on a whole table may be held. */
  lockedSince: { readonly at: string; readonly label: string } | null;
}

/** What a run's events say, gathered one by one, so that a long run's log need not be in memory. */
export class ReportFacts {
  readonly attempts = new Map<number, Writable<Attempt>>();
  readonly gates: RunReport["status"]["gates"][number][] = [];
  readonly controls: RunReport["status"]["controls"][number][] = [];
  readonly warnings: RunReport["status"]["warnings"][number][] = [];
  readonly made: { what: string; name: string }[] = [];
  readonly undone = new Map<string, { what: string; name: string; reason: string }>();
  readonly backups: { at: string; file: string; bytes: number }[] = [];
  readonly compared = new Map<string, RunReport["validation"]["tables"][number]>();
  readonly settled: { key: string; outcome: string; by: string }[] = [];
  readonly lag: Sample[] = [];
  readonly pauses: Writable<Pause>[] = [];
  readonly windows: DowntimePart["windows"][number][] = [];
  slowest: StatementFacts[] = [];
  statements = 0;
  retries = 0;
  connectionsLost = 0;
  rows = 0;
  mostWaiting: number | null = null;
  undo: { verified: boolean | null; different: readonly string[] } | null = null;
  readonly #begun = new Map<string, { readonly at: string; readonly label: string; readonly line: number }>();
  readonly #open = new Map<string, OpenStep>();
  readonly #rate: number[] = Array.from({ length: rateParts }, () => 0);
  readonly #startMs: number;
  readonly #partMs: number;

  constructor(startedAt: string, endedAt: string) {
    this.#startMs = Date.parse(startedAt);
    this.#partMs = Math.max(1, (Date.parse(endedAt) - this.#startMs) / rateParts);
  }

  /** Rows a second. */
  rate(): Sample[] {
    return this.rows === 0
      ? []
      : this.#rate.map((rows, part) => ({
          at: new Date(this.#startMs + (part + 0.5) * this.#partMs).toISOString(),
          value: Math.round((rows * 1_000) / this.#partMs),
        }));
  }

  add(event: LoggedEvent): void {
    const { type, at, epoch, actor, facts } = event;
    const text = (name: string) => String(facts[name] ?? "");
    const number = (name: string) => Number(facts[name] ?? 0);
    const key = text("key");
    switch (type) {
      case "run:started":
      case "run:resumed":
        this.attempts.set(epoch, { epoch, actor, startedAt: at, endedAt: null, end: "cut off", error: null });
        break;
      case "run:finished":
      case "run:stopped":
        this.#end(event);
        break;
      case "step:started":
        this.#open.set(key, { transaction: facts.transaction === true, lockedSince: null });
        break;
      case "step:finished":
        this.#release(key, at);
        break;
      case "statement:started":
        this.#begin(key, { at, label: text("label"), line: number("line") }, number("index"));
        break;
      case "statement:finished":
        this.#finish(event);
        break;
      case "chunk:finished":
        if (facts.reads !== true) this.#count(number("rows"), at, number("durationMs"));
        break;
      case "table:compared": {
        const { table, rows, differences, by, durationMs } = facts;
        this.compared.set(String(table), {
          table: String(table),
          rows: Number(rows),
          differences: Number(differences),
          by: String(by),
          durationMs: Number(durationMs),
        });
        break;
      }
      case "object:made":
        this.undone.delete(`${text("what")} ${text("name")}`);
        push(this.made, { what: text("what"), name: text("name") });
        break;
      case "object:undone":
        this.undone.set(`${text("what")} ${text("name")}`, {
          what: text("what"),
          name: text("name"),
          reason: text("reason"),
        });
        break;
      case "step:settled":
        push(this.settled, { key, outcome: text("outcome"), by: text("by") });
        break;
      case "retry:scheduled":
        this.retries += 1;
        break;
      case "connection:lost":
        this.connectionsLost += 1;
        break;
      case "gate:settled":
        push(this.gates, { gate: text("gate"), outcome: text("outcome"), reason: text("reason") });
        break;
      case "control:taken": {
        const value = facts.value === null ? null : text("value");
        push(this.controls, {
          at,
          command: text("command"),
          value,
          actor: text("actor"),
          host: text("host"),
        });
        break;
      }
      case "warning:raised":
        push(this.warnings, { at, code: text("code"), message: text("message") });
        break;
      case "rollback:verified": {
        const { verified, different } = facts;
        const names = Array.isArray(different) ? different.map(String) : [];
        this.undo = { verified: typeof verified === "boolean" ? verified : null, different: names };
        break;
      }
      case "backup:made":
        push(this.backups, { at, file: text("file"), bytes: number("bytes") });
        break;
      case "guard:sampled":
        if (typeof facts.lagMs === "number" && this.lag.length < mostSamples)
          this.lag.push({ at, value: facts.lagMs });
        if (typeof facts.lockWaiters === "number")
          this.mostWaiting = Math.max(this.mostWaiting ?? 0, facts.lockWaiters);
        break;
      case "guard:paused":
        push(this.pauses, { at, pausedMs: null, signal: text("signal"), reason: text("reason") });
        break;
      case "guard:resumed": {
        const open = this.pauses.findLast(({ pausedMs }) => pausedMs === null);
        if (open !== undefined) open.pausedMs = number("pausedMs");
        break;
      }
    }
  }

  #end({ type, at, epoch, actor, facts }: LoggedEvent): void {
    const begun = this.attempts.get(epoch) ?? { epoch, actor, startedAt: null };
    const end = type === "run:finished" ? "done" : facts.state === "blocked" ? "blocked" : "resumable";
    const error = type === "run:stopped" ? errorText(facts.error) : null;
    this.attempts.set(epoch, { ...begun, endedAt: at, end, error });
  }

  #begin(key: string, statement: { at: string; label: string; line: number }, index: number): void {
    this.#begun.set(`${key} ${index}`, statement);
    const step = this.#open.get(key);
    if (step !== undefined && step.lockedSince === null && isLocking(statement.label)) {
      step.lockedSince = { at: statement.at, label: statement.label };
    }
  }

  #finish({ at, facts }: LoggedEvent): void {
    const key = String(facts.key);
    const name = `${key} ${Number(facts.index)}`;
    const begun = this.#begun.get(name);
    this.#begun.delete(name);
    this.statements += 1;
    const durationMs = Number(facts.durationMs);
    const rows = typeof facts.rows === "number" ? facts.rows : null;
    if (rows !== null) this.#count(rows, at, durationMs);
    if (begun === undefined) return;
    const { label, line } = begun;
    const slow = [...this.slowest, { key, label, line, at: begun.at, rows, durationMs }];
    this.slowest = slow.sort((a, b) => b.durationMs - a.durationMs).slice(0, slowestListed);
    // In a transaction the lock is held until its end, with the step's.
    if (isLocking(label) && this.#open.get(key)?.transaction !== true) {
      push(this.windows, { key, label, at: begun.at, heldMs: durationMs });
    }
  }

  #release(key: string, at: string): void {
    const step = this.#open.get(key);
    this.#open.delete(key);
    if (step?.transaction !== true || step.lockedSince === null) return;
    const { label, at: since } = step.lockedSince;
    push(this.windows, { key, label, at: since, heldMs: Math.max(0, Date.parse(at) - Date.parse(since)) });
  }

  /** Rows are spread over the time in which they were written. */
  #count(rows: number, at: string, durationMs: number): void {
    this.rows += rows;
    const end = (Date.parse(at) - this.#startMs) / this.#partMs;
    const start = Math.max(0, end - durationMs / this.#partMs);
    const [first, last] = [partOf(start), partOf(end)];
    for (let part = first; part <= last; part++) {
      const share =
        first === last ? 1 : (Math.min(end, part + 1) - Math.max(start, part)) / Math.max(end - start, 1e-9);
      this.#rate[part] = (this.#rate[part] ?? 0) + rows * share;
    }
  }
}

function partOf(position: number): number {
  return Math.min(rateParts - 1, Math.max(0, Math.floor(position)));
}

function isLocking(label: string): boolean {
  return locking.test(label) && !/\bCONCURRENTLY\b/i.test(label);
}

function push<T>(list: T[], item: T): void {
  if (list.length < mostListed) list.push(item);
}

function errorText(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return [code, message].filter((part) => part !== undefined).join(" ");
}
