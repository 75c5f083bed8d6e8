/** What a run's events are also told to, beside the terminal and the ledger. */
export interface ReceiverSettings {
  /** Absolute path of the file that gets each event as a line of JSON; null for none. */
  readonly logFile: string | null;
  readonly metrics: MetricsSettings;
  readonly traces: TraceSettings;
  readonly notify: readonly NotifyTarget[];
}

export interface MetricsSettings {
  /** A file in Prometheus' text format. */
  readonly file: string | null;
  readonly intervalMs: number;
  /** Where they are served while a run goes on. */
  readonly listen: { readonly host: string; readonly port: number } | null;
}

export interface TraceSettings {
  /** Of an OTLP receiver; /v1/traces is added where it is missing. */
  readonly endpoint: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export const notifyKinds = ["started", "paused", "failed", "rolled-back", "done"] as const;
export type NotifyKind = (typeof notifyKinds)[number];

export interface NotifyTarget {
  readonly form: "webhook" | "slack";
  readonly url: string;
  /** Of a webhook: what its signature is made with; null: it is not signed. */
  readonly secret: string | null;
  readonly on: readonly NotifyKind[];
}
