import type { GodwitError } from "../core/error.ts";
import type { StampedEvent } from "../core/event.ts";
import type { ReceiverSettings } from "../core/receiver-settings.ts";
import { registerSecret } from "../core/secret.ts";
import { version } from "../core/version.ts";
import { openEventFile } from "./event-file.ts";
import { Metrics } from "./metrics.ts";
import { openMetricsFile } from "./metrics-file.ts";
import { openMetricsServer } from "./metrics-server.ts";
import { openNotifier } from "./notifier.ts";
import { plainEvent, type Receiver, type Warn } from "./receiver.ts";
import { parentSpan } from "./spans.ts";
import { openTraceExporter } from "./trace-exporter.ts";

export interface Receivers {
  receive(event: StampedEvent): void;
  /** Sends what is left, for a bounded time. Never rejects. */
  close(error: GodwitError | null): Promise<void>;
}

/** After the run nobody waits longer than this for those who are told of it. */
const closingMs = 10_000;

/** Opens what the configuration and the environment ask for; null where that is nothing. Throws GW1006. */
export async function openReceivers(options: {
  readonly settings: ReceiverSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly database: string;
  readonly warn: Warn;
}): Promise<Receivers | null> {
  const { settings, env, database, warn } = options;
  const receivers: Receiver[] = [];
  const traces = tracesOf(settings, env);
  if (traces !== null) {
    receivers.push(openTraceExporter({ ...traces, database, warn, parent: parentSpan(env.TRACEPARENT) }));
  }
  if (settings.notify.length > 0) receivers.push(openNotifier(settings.notify, { database, warn }));
  const { file, intervalMs, listen } = settings.metrics;
  if (file !== null || listen !== null) {
    const metrics = new Metrics(database);
    receivers.push({ receive: (event) => metrics.receive(event), close: async () => {} });
    if (listen !== null) receivers.push(await openMetricsServer(listen, { metrics, warn }));
    if (file !== null) receivers.push(openMetricsFile(file, { metrics, intervalMs, warn }));
  }
  // Last, so that it gets the warnings of the others.
  const log = settings.logFile === null ? null : openEventFile(settings.logFile, { database, warn });
  if (log === null && receivers.length === 0) return null;
  return {
    receive(event) {
      const plain = plainEvent(event);
      for (const receiver of receivers) receiver.receive(event, plain);
      log?.receive(event, plain);
    },
    async close(error) {
      const late = new AbortController();
      // Unlike AbortSignal.timeout it keeps the process alive: a message that is to be sent again must not be lost.
      const timer = setTimeout(() => late.abort(), closingMs);
      await Promise.all(receivers.map((receiver) => receiver.close(error, late.signal)));
      await log?.close(error, late.signal);
      clearTimeout(timer);
    },
  };
}

/** By the variables of the OpenTelemetry specification, then by the configuration. */
function tracesOf({ traces }: ReceiverSettings, env: Readonly<Record<string, string | undefined>>) {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none") return null;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT || traces.endpoint;
  const exact = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const url = exact || (base === null || base === undefined ? null : withPath(base));
  if (url === null || URL.parse(url)?.protocol.startsWith("http") !== true) return null;
  const given = env.OTEL_EXPORTER_OTLP_TRACES_HEADERS || env.OTEL_EXPORTER_OTLP_HEADERS;
  const headers = given === undefined || given === "" ? traces.headers : headersOf(given);
  const resource = {
    "service.name": env.OTEL_SERVICE_NAME || "godwit",
    "service.version": version,
    "process.pid": String(process.pid),
  };
  return { url, headers, resource };
}

function withPath(base: string): string {
  return /\/v1\/traces\/?$/.test(base) ? base : `${base.replace(/\/+$/, "")}/v1/traces`;
}

/** "name=value,name=value", percent-encoded. */
function headersOf(text: string): Record<string, string> {
  const pairs = text.split(",").flatMap((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) return [];
    const value = decoded(pair.slice(at + 1).trim());
    registerSecret(value);
    return [[pair.slice(0, at).trim(), value] as const];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
