import { durationForms } from "./duration.ts";
import type { Setting } from "./settings.ts";

/** The settings of what a run's events are told to. None is on by default. */
export const receiverSettings = {
  "log.file": {
    title: "Event file",
    description:
      "A file to which each event of a run is appended as a line of JSON, relative to the configuration file; null for none. It is made readable by its owner alone.",
    expects: "the path of a file, or null",
    default: null,
  },
  "metrics.file": {
    title: "Metrics file",
    description:
      "A file that is kept up to date with the run's metrics in Prometheus' text format, for the textfile collector of node_exporter: a name that ends in .prom. Null for none.",
    expects: "the path of a file, or null",
    default: null,
  },
  "metrics.interval": {
    title: "Interval of the metrics file",
    description: "How often the metrics file is written while a run goes on.",
    expects: durationForms,
    default: "15s",
  },
  "metrics.listen": {
    title: "Metrics address",
    description:
      "While a run goes on, its metrics are served here under /metrics: a port of this machine alone (9187, 127.0.0.1:9187), or any address where `metrics.remote` is true. Null for none.",
    expects: "a port, or an address with a port, or null",
    default: null,
  },
  "metrics.remote": {
    title: "Metrics for other machines",
    description:
      "Allows an address in `metrics.listen` that other machines reach. Whoever reaches it can read the names of tables.",
    expects: "true or false",
    default: false,
  },
  "otel.endpoint": {
    title: "OpenTelemetry endpoint",
    description:
      "Where spans of runs, units and steps are sent as OTLP over HTTP in JSON, e.g. http://localhost:4318. OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT win over it. Null for nowhere.",
    expects: "an http or https URL, or null",
    default: null,
  },
  "otel.headers": {
    title: "OpenTelemetry headers",
    description:
      "Headers of each request to the endpoint, e.g. { Authorization: Bearer ${OTEL_TOKEN} }. OTEL_EXPORTER_OTLP_HEADERS wins over it.",
    expects: "names of headers with their values",
    default: null,
  },
  notify: {
    title: "Notifications",
    description:
      "Who is told of runs: a list of { webhook: URL, secret: ${HOOK_SECRET}, on: [failed, done] } and { slack: URL }. Without `on` it is told of all: started, paused, failed, rolled-back, done. A URL must be https, or http to this machine; `insecure: true` allows others.",
    expects:
      "a list of { webhook, secret, on, insecure } and { slack, on }, with https URLs (http to this machine, or with insecure: true)",
    default: [],
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type ReceiverKey = keyof typeof receiverSettings;
export const receiverKeys = Object.keys(receiverSettings) as readonly ReceiverKey[];
