import { version } from "../core/version.ts";
import type { Span } from "./spans.ts";

/**
 * Spans as the body of an OTLP/HTTP request in JSON (opentelemetry-proto, trace/v1): ids in hexadecimal, 64-bit
 * numbers as text, enumerations as numbers.
 */
export function otlpBody(spans: readonly Span[], resource: Readonly<Record<string, string>>): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: "godwit", version }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

/** SPAN_KIND_INTERNAL. */
const internal = 1;
const status = { ok: 1, error: 2 } as const;

function spanOf({
  traceId,
  spanId,
  parentSpanId,
  name,
  startMs,
  endMs,
  attributes,
  events,
  error,
}: Span): unknown {
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name,
    kind: internal,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(Math.max(startMs, endMs)),
    attributes: attributesOf(attributes),
    events: events.map((event) => ({
      timeUnixNano: nanos(event.atMs),
      name: event.name,
      attributes: attributesOf(event.attributes),
    })),
    status: error === null ? { code: status.ok } : { code: status.error, message: error },
  };
}

function attributesOf(attributes: Readonly<Record<string, string | number | boolean>>): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: string | number | boolean): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function nanos(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n);
}
