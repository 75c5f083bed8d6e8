import { resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import {
  type AbortPolicy,
  abortPolicies,
  type GuardSettings,
  type SignalLimits,
  type SignalName,
  signalNames,
  type WatchedQuery,
} from "../core/guard-settings.ts";
import type { Target } from "../core/target.ts";
import { parseConnectionUrl } from "./connection-url.ts";
import { parseDuration } from "./duration.ts";
import { type GuardKey, type GuardSetting, guardSettings } from "./guard-settings.ts";
import { parsePercent } from "./percent.ts";
import type { ReadingPlace } from "./settings.ts";
import { parseSize } from "./size.ts";

/** As they are read: null where a limit is off. */
export type GuardValues = Readonly<Record<GuardKey, unknown>>;

/** Turns a setting as it was written into what the program uses, or throws `place.code`. */
export function readGuardSetting(value: unknown, place: ReadingPlace, key: GuardKey): unknown {
  const { kind, nullable }: GuardSetting = guardSettings[key];
  if (value === null && nullable) return null;
  const { what, code } = place;
  switch (kind) {
    case "duration":
      return parseDuration(value, { what, code });
    case "time": {
      const ms = parseDuration(value, { what, code });
      if (ms > 0) return ms;
      throw wrong(key, place);
    }
    case "percent":
      return parsePercent(value, { what, code }) / 100;
    case "count":
      return readWhole(value, 1_000_000, key, place);
    case "samples":
      return readWhole(value, 1_000, key, place);
    case "size":
      return parseSize(value, { what, code });
    case "path":
      if (typeof value === "string" && value !== "" && !value.includes("\0"))
        return resolve(place.folder, value);
      throw wrong(key, place);
    case "policy":
      if (abortPolicies.some((policy) => policy === value)) return value;
      throw wrong(key, place);
    case "urls":
      if (Array.isArray(value)) return value.map((url) => readUrl(url, key, place));
      throw wrong(key, place);
    case "queries":
      if (Array.isArray(value) && value.every(isQuery)) return value;
      throw wrong(key, place);
    case "heartbeat":
      if (hasTexts(value, ["table", "column"])) return value;
      throw wrong(key, place);
  }
}

function readUrl(value: unknown, key: GuardKey, place: ReadingPlace): Target {
  if (typeof value === "string" && value !== "") return parseConnectionUrl(value, place.folder);
  throw wrong(key, place);
}

function readWhole(value: unknown, most: number, key: GuardKey, place: ReadingPlace): number {
  const number = typeof value === "string" && /^\d{1,7}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw wrong(key, place);
}

/** Without the value itself: a misplaced one may be a password. */
function wrong(key: GuardKey, place: ReadingPlace): GodwitError {
  return new GodwitError(place.code, {
    message: `${place.what}: expected ${guardSettings[key].expects}.`,
    details: { key },
  });
}

/** What a run is guarded by, of the values that `readGuardSetting` gave. */
export function toGuardSettings(values: GuardValues, isSet: (key: GuardKey) => boolean): GuardSettings {
  const number = (key: GuardKey) => values[key] as number;
  const limits = (name: string): SignalLimits => ({
    pause: values[`guard.${name}Pause` as GuardKey] as number | null,
    abort: values[`guard.${name}Abort` as GuardKey] as number | null,
  });
  return {
    intervalMs: number("guard.interval"),
    stopFile: values["guard.stopFile"] as string | null,
    limits: Object.fromEntries(signalNames.map((name) => [name, limits(prefixes[name])])) as Record<
      SignalName,
      SignalLimits
    >,
    demanded: signalNames.filter(
      (name) =>
        isSet(`guard.${prefixes[name]}Pause` as GuardKey) ||
        isSet(`guard.${prefixes[name]}Abort` as GuardKey),
    ),
    failedBatches: values["guard.failedBatches"] as number | null,
    resumeBelow: number("guard.resumeBelow"),
    resumeSamples: number("guard.resumeSamples"),
    abortSamples: number("guard.abortSamples"),
    headroom: number("guard.headroom"),
    longestPauseMs: number("guard.longestPause"),
    onAbort: values["guard.onAbort"] as AbortPolicy,
    onCopyAbort: values["guard.onCopyAbort"] as AbortPolicy,
    queries: values["guard.queries"] as readonly WatchedQuery[],
    heartbeat: values["guard.heartbeat"] as GuardSettings["heartbeat"],
    replicas: values["guard.replicas"] as readonly Target[],
  };
}

/** What the two limits of a signal begin with. */
const prefixes: Readonly<Record<SignalName, string>> = {
  lag: "lag",
  "lock-waiters": "lockWaiters",
  "active-queries": "activeQueries",
  "oldest-transaction": "oldestTransaction",
  latency: "latency",
  "log-rate": "logRate",
  "archive-queue": "archiveQueue",
  disk: "disk",
  errors: "errors",
};

function isQuery(value: unknown): boolean {
  return hasTexts(value, ["name", "like"]) || hasTexts(value, ["name", "probe"]);
}

/** An object with these members and no others, each a text. */
function hasTexts(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const members = Object.entries(value);
  return (
    members.length === names.length &&
    members.every(([name, text]) => names.includes(name) && typeof text === "string" && text !== "")
  );
}
