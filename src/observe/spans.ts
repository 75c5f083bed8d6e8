import { randomBytes } from "node:crypto";
import type { StampedEvent } from "../core/event.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A span of OpenTelemetry; times in milliseconds since the epoch. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** Null: it ended well. */
  readonly error: string | null;
}

interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** The span that the program itself is part of, as CI systems hand it down (W3C trace context). */
export interface ParentSpan {
  readonly traceId: string;
  readonly spanId: string;
}

export function parentSpan(traceparent: string | undefined): ParentSpan | null {
  const [, traceId = "", spanId = ""] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent ?? "") ?? [];
  return traceId === "" || /^0+$/.test(traceId) || /^0+$/.test(spanId) ? null : { traceId, spanId };
}

interface OpenSpan extends Omit<Span, "endMs" | "error" | "events" | "attributes"> {
  attributes: Attributes;
  readonly events: SpanEvent[];
}

/** What happened inside a span, beside its statements. */
const mostEvents = 100;

/** Makes spans of a run's events: one for the run, below it one for each unit, below that one for each step. */
export class Spans {
  readonly #parent: ParentSpan | null;
  readonly #database: string;
  #run: OpenSpan | null = null;
  #unit: OpenSpan | null = null;
  #step: OpenSpan | null = null;

  constructor(options: { readonly database: string; readonly parent: ParentSpan | null }) {
    this.#database = options.database;
    this.#parent = options.parent;
  }

  /** The spans that ended with the event. */
  after(event: StampedEvent): Span[] {
    const atMs = Date.parse(event.at);
    switch (event.type) {
      case "run:started":
      case "run:resumed": {
        // After a lost connection the same run goes on.
        if (this.#run?.attributes["godwit.run.id"] === event.runId) {
          this.#happened(this.#run, event.type, atMs, {});
          return this.#endBelow(atMs, "the connection was lost");
        }
        const ended = this.end(atMs, "another run was begun");
        this.#run = this.#open(`godwit ${event.kind}`, atMs, null, {
          "godwit.run.id": event.runId,
          "godwit.run.kind": event.kind,
          "godwit.run.epoch": event.epoch,
          "godwit.run.steps": event.steps,
          "godwit.database": this.#database,
        });
        return ended;
      }
      case "unit:started": {
        const ended = this.#endBelow(atMs, null);
        this.#unit = this.#open(event.title, atMs, this.#run, { "godwit.unit": event.unit });
        return ended;
      }
      case "step:started":
        this.#step = this.#open(event.title, atMs, this.#unit ?? this.#run, {
          "godwit.step": event.key,
          "godwit.transaction": event.transaction,
        });
        return [];
      case "statement:finished":
        this.#happened(this.#step, event.type, atMs, {
          "godwit.statement": event.index,
          "godwit.duration_ms": event.durationMs,
          ...(event.rows === null ? {} : { "godwit.rows": event.rows }),
        });
        return [];
      case "retry:scheduled":
      case "connection:lost":
        this.#happened(this.#step ?? this.#run, event.type, atMs, { "godwit.reason": event.reason });
        return [];
      case "guard:paused":
      case "guard:aborted":
        this.#happened(this.#step ?? this.#run, event.type, atMs, {
          "godwit.signal": event.signal,
          "godwit.reason": event.reason,
        });
        return [];
      case "guard:resumed":
        this.#happened(this.#step ?? this.#run, event.type, atMs, { "godwit.paused_ms": event.pausedMs });
        return [];
      case "step:finished":
        return this.#close("step", atMs, null);
      case "unit:finished":
        return [...this.#close("step", atMs, null), ...this.#close("unit", atMs, null)];
      case "run:finished":
        return this.end(atMs, null);
      case "run:stopped":
        return this.end(atMs, `${event.error.code} ${event.error.message}`);
      default:
        return [];
    }
  }

  /** Ends whatever is open. */
  end(atMs: number, error: string | null): Span[] {
    return [...this.#endBelow(atMs, error), ...this.#close("run", atMs, error)];
  }

  #endBelow(atMs: number, error: string | null): Span[] {
    return [...this.#close("step", atMs, error), ...this.#close("unit", atMs, error)];
  }

  #open(name: string, startMs: number, above: OpenSpan | null, attributes: Attributes): OpenSpan {
    return {
      traceId: above?.traceId ?? this.#parent?.traceId ?? hex(16),
      spanId: hex(8),
      parentSpanId: above?.spanId ?? this.#parent?.spanId ?? null,
      name,
      startMs,
      attributes,
      events: [],
    };
  }

  #close(which: "run" | "unit" | "step", endMs: number, error: string | null): Span[] {
    const span = which === "run" ? this.#run : which === "unit" ? this.#unit : this.#step;
    if (which === "run") this.#run = null;
    else if (which === "unit") this.#unit = null;
    else this.#step = null;
    return span === null ? [] : [{ ...span, endMs, error }];
  }

  #happened(span: OpenSpan | null, name: string, atMs: number, attributes: Attributes): void {
    if (span !== null && span.events.length < mostEvents) span.events.push({ name, atMs, attributes });
  }
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
