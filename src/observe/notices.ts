import { hostname } from "node:os";
import type { GodwitError } from "../core/error.ts";
import type { StampedEvent } from "../core/event.ts";
import type { NotifyKind } from "../core/receiver-settings.ts";
import { redact } from "../core/secret.ts";
import { plainError } from "./receiver.ts";

/** What people are told of a run. */
export interface Notice {
  readonly kind: NotifyKind;
  readonly at: string;
  readonly database: string;
  readonly run: string | null;
  /** apply, rollback, copy, …; null where no run was begun. */
  readonly plan: string | null;
  /** One sentence. */
  readonly message: string;
  readonly host: string;
  readonly error: Readonly<Record<string, unknown>> | null;
  readonly durationMs: number | null;
}

/** Of pauses that come one upon the other, so many milliseconds apart are told. */
const pauseGapMs = 60_000;

/** Makes notices of a run's events. */
export class Notices {
  readonly #database: string;
  #run: string | null = null;
  #plan: string | null = null;
  #begunMs = 0;
  #pausedMs = Number.NEGATIVE_INFINITY;
  #hasFailed = false;

  constructor(database: string) {
    this.#database = database;
  }

  /** Null for an event of which nobody need be told. */
  of(event: StampedEvent): Notice | null {
    const atMs = Date.parse(event.at);
    switch (event.type) {
      case "run:started":
      case "run:resumed": {
        const isSame = this.#run === event.runId;
        this.#run = event.runId;
        this.#plan = event.kind;
        this.#hasFailed = false;
        // After a lost connection a run goes on by itself.
        if (isSame) return null;
        this.#begunMs = atMs;
        const what = event.type === "run:started" ? "was begun" : "goes on after an interruption";
        return this.#notice("started", event.at, `${what}: ${event.steps} steps`);
      }
      case "guard:paused": {
        if (atMs - this.#pausedMs < pauseGapMs) return null;
        this.#pausedMs = atMs;
        return this.#notice("paused", event.at, `is paused by ${event.signal}: ${event.reason}`);
      }
      case "run:stopped":
        return this.#failure(event.at, event.error, event.state);
      case "rollback:finished": {
        const { undone, kept, verified } = event;
        const left = kept.length === 0 ? "" : `; not undone: ${kept.join(", ")}`;
        const proof = verified ? "verified" : "not verified";
        return this.#notice(
          "rolled-back",
          event.at,
          `was rolled back, ${undone.length} steps, ${proof}${left}`,
        );
      }
      case "run:finished":
        return this.#notice("done", event.at, "is done", { durationMs: atMs - this.#begunMs });
      default:
        return null;
    }
  }

  /** The command ended with an error that no event told of. */
  ofError(error: GodwitError, at: string): Notice | null {
    // A mistake on the command line or in the configuration concerns whoever made it.
    if (this.#hasFailed || (this.#run === null && error.code.startsWith("GW1"))) return null;
    return this.#failure(at, error, "resumable");
  }

  #failure(at: string, error: GodwitError, state: "resumable" | "blocked"): Notice {
    this.#hasFailed = true;
    const what = error.code === "GW4006" ? "was interrupted" : "failed";
    const next = state === "blocked" ? "; it is blocked until somebody decides" : "";
    const message = `${what}: ${error.code} ${error.message}${next}`;
    const durationMs = this.#run === null ? null : Date.parse(at) - this.#begunMs;
    return this.#notice("failed", at, message, { error: plainError(error), durationMs });
  }

  #notice(
    kind: NotifyKind,
    at: string,
    what: string,
    more: Partial<Pick<Notice, "error" | "durationMs">> = {},
  ): Notice {
    const subject = this.#run === null ? "godwit" : `${this.#plan} ${this.#run.slice(0, 8)}`;
    const { error = null, durationMs = null } = more;
    const message = redact(`${subject} on ${this.#database} ${what}`);
    const about = { database: this.#database, run: this.#run, plan: this.#plan, host: hostname() };
    return { kind, at, ...about, message, error, durationMs };
  }
}
