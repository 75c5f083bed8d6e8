import type { GuardSettings, SignalLimits, SignalName } from "../../core/guard-settings.ts";
import { signalNames } from "../../core/guard-settings.ts";
import { figureText } from "./figure.ts";
import type { Breach } from "./verdict.ts";

/**
 * One figure of one sample; `of` is whose: "replica db2", "the source", "query pay". Signals of several are judged each by
 * itself. What could not be read is a breach of every limit on it.
 */
export type Observation =
  | { readonly signal: SignalName; readonly of: string; readonly value: number }
  /** Of `server` nothing at all could be read. */
  | {
      readonly signal: SignalName | "server";
      readonly of: string;
      readonly unknown: string;
      /** It was never to be had, on this server or by this user. */
      readonly withheld?: true;
    };

/** What is remembered from one sample to the next, of each signal of each server. */
interface Track {
  /** Samples in a row that were calm; null while it does not hold the run up. */
  readonly calm: number | null;
  /** Samples in a row over the abort limit. */
  readonly over: number;
  /** The first figure: what the signal was before the run did anything. */
  readonly start: number | null;
}

export interface GuardState {
  readonly tracks: ReadonlyMap<string, Track>;
  /** The share of its full speed at which the run may work. */
  readonly pace: number;
}

export type Decision =
  | { readonly do: "go" }
  | { readonly do: "slower" }
  | ({ readonly do: "pause" } & Breach)
  | ({ readonly do: "abort" } & Breach);

export type DecisionRules = Pick<
  GuardSettings,
  "limits" | "resumeBelow" | "resumeSamples" | "abortSamples" | "headroom"
>;

export const initialGuardState: GuardState = { tracks: new Map(), pace: 1 };

/*
 * Additive increase, multiplicative decrease: of several that slow down by the same signal, each ends with a fair share
 * (Chiu and Jain, "Analysis of the Increase and Decrease Algorithms", 1989).
 */
const increase = 0.05;
const decrease = 0.7;
/** A run that never moves would not see that the signal has nothing to do with it. */
const slowest = 0.05;

/** A fuller disk does not become emptier, and an older transaction not younger, when the run slows down. */
const paced: ReadonlySet<Observation["signal"]> = new Set([
  "lag",
  "lock-waiters",
  "active-queries",
  "latency",
  "log-rate",
  "archive-queue",
]);

const noLimit: SignalLimits = { pause: null, abort: null };
const ranks: readonly string[] = ["server", ...signalNames];

/** Their figures are rises since the run began, or cannot be had before it works. */
const risesByRun: ReadonlySet<Observation["signal"]> = new Set(["latency", "log-rate"]);

const fresh: Track = { calm: null, over: 0, start: null };

/**
 * What one more sample means. Over its limit a signal holds the run up until it was under a share of the limit for some
 * samples in a row: between the two nothing changes, so it does not flap.
 */
export function decide(
  state: GuardState,
  observations: readonly Observation[],
  rules: DecisionRules,
): { readonly state: GuardState; readonly decision: Decision } {
  const seen = withMissing(state, observations);
  const tracks = new Map<string, Track>();
  const breaches: { readonly is: "pause" | "abort"; readonly rank: number; readonly breach: Breach }[] = [];
  let load = 0;
  for (const observation of seen) {
    const { signal } = observation;
    const limits = signal === "server" ? noLimit : rules.limits[signal];
    if (signal !== "server" && limits.pause === null && limits.abort === null) continue;
    const name = trackName(observation);
    const before = state.tracks.get(name) ?? fresh;
    const after = nextTrack(before, observation, limits, rules);
    tracks.set(name, after);
    const rank = ranks.indexOf(signal);
    if (after.over >= rules.abortSamples && limits.abort !== null) {
      breaches.push({ is: "abort", rank, breach: breachOf(observation, limits.abort) });
    } else if (after.calm !== null) {
      breaches.push({ is: "pause", rank, breach: breachOf(observation, limits.pause ?? limits.abort) });
    }
    load = Math.max(load, loadOf(observation, limits, after));
  }
  const first = (is: "pause" | "abort") =>
    breaches.filter((found) => found.is === is).sort((a, b) => a.rank - b.rank)[0]?.breach;
  const pace = nextPace(state.pace, load, rules.headroom);
  const next = { tracks, pace };
  const [abort, pause] = [first("abort"), first("pause")];
  if (abort !== undefined) return { state: next, decision: { do: "abort", ...abort } };
  if (pause !== undefined) return { state: next, decision: { do: "pause", ...pause } };
  return { state: next, decision: { do: pace < 1 ? "slower" : "go" } };
}

/** What a server told before and does not tell any more is not known: only what it never had is left out. */
function withMissing(state: GuardState, observations: readonly Observation[]): readonly Observation[] {
  const names = new Set(observations.map(trackName));
  const lost = [...state.tracks.keys()]
    .filter((name) => !names.has(name) && !name.startsWith("server\0"))
    .map((name): Observation => {
      const [signal = "", of = ""] = name.split("\0");
      return { signal: signal as SignalName, of, unknown: "the server does not tell it any more" };
    });
  return lost.length === 0 ? observations : [...observations, ...lost];
}

function trackName({ signal, of }: Observation): string {
  return `${signal}\0${of}`;
}

function nextTrack(
  before: Track,
  observation: Observation,
  { pause, abort }: SignalLimits,
  { resumeBelow, resumeSamples }: DecisionRules,
): Track {
  if ("unknown" in observation) return { ...before, calm: 0, over: 0 };
  const { value } = observation;
  const start = before.start ?? value;
  const over = abort !== null && value > abort ? before.over + 1 : 0;
  // Without a limit to pause at, what is over the one to abort at waits for its samples.
  const limit = pause ?? abort ?? Number.POSITIVE_INFINITY;
  if (value > limit) return { calm: 0, over, start };
  if (before.calm === null) return { calm: null, over, start };
  const calm = value <= limit * resumeBelow ? before.calm + 1 : 0;
  return { calm: calm >= resumeSamples ? null : calm, over, start };
}

/** How much of the room between what the signal was at the start and its limit is used up; over 1 is over the limit. */
function loadOf(observation: Observation, { pause, abort }: SignalLimits, { start }: Track): number {
  const limit = pause ?? abort;
  if (!paced.has(observation.signal) || limit === null) return 0;
  if ("unknown" in observation) return 1;
  const base = risesByRun.has(observation.signal) ? 0 : Math.min(start ?? 0, limit);
  // A signal that was near its limit before the run began leaves it little room, but some to be measured.
  const room = Math.max(limit - base, limit / 10);
  return Math.max(0, (observation.value - base) / room);
}

function nextPace(pace: number, load: number, headroom: number): number {
  // Rounded, so that steps up and down meet the whole again.
  const next = load > headroom ? pace * decrease : pace + increase;
  return Math.round(Math.min(1, Math.max(slowest, next)) * 1_000) / 1_000;
}

function breachOf(observation: Observation, limit: number | null): Breach {
  const { signal, of } = observation;
  const whose = of === "" ? "" : ` of ${of}`;
  if ("unknown" in observation) {
    const what = titles[signal];
    return { signal, reason: `${what}${whose} is not known: ${observation.unknown}`, value: null, limit };
  }
  const { value } = observation;
  const what = titles[observation.signal];
  const figure = figureText(observation.signal, value);
  const bound = limit === null ? "" : figureText(observation.signal, limit);
  const reason =
    limit !== null && value <= limit
      ? `${what}${whose} is ${figure}, not yet far enough below its limit of ${bound}`
      : `${what}${whose} is ${figure}, over its limit of ${bound}`;
  return { signal, reason, value, limit };
}

const titles: Readonly<Record<Observation["signal"], string>> = {
  server: "the load",
  lag: "the lag",
  "lock-waiters": "the number of sessions that wait for the run's locks",
  "active-queries": "the number of active queries",
  "oldest-transaction": "the age of the oldest transaction",
  latency: "the rise of the latency",
  "log-rate": "the log rate",
  "archive-queue": "the archive queue",
  disk: "the use of the disk",
  errors: "the share of errors",
};
