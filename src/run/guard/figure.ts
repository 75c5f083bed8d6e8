import type { SignalName } from "../../core/guard-settings.ts";

const units: Readonly<Record<SignalName, "ms" | "count" | "bytes/s" | "share">> = {
  lag: "ms",
  "lock-waiters": "count",
  "active-queries": "count",
  "oldest-transaction": "ms",
  latency: "share",
  "log-rate": "bytes/s",
  "archive-queue": "count",
  disk: "share",
  errors: "share",
};

/** A signal's figure as people read it: "12.3 s", "7", "52.4 MB/s", "91.2%". */
export function figureText(signal: SignalName, value: number): string {
  switch (units[signal]) {
    case "ms":
      return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
    case "bytes/s":
      return `${(value / 1e6).toFixed(1)} MB/s`;
    case "share":
      return `${(value * 100).toFixed(1)}%`;
    case "count":
      return String(Math.round(value));
  }
}
