/** One of several workers that do batches at the same time, counted from 0. */
export interface Place {
  readonly worker: number;
  readonly workers: number;
  /** How long its last batch took; 0 before the first. */
  readonly tookMs: number;
}

/** A rest is no pause: what changes meanwhile is heard soon. */
const longestRestMs = 60_000;

/** So many of the workers work at a pace: the others wait, since fewer sessions are easier on a server than slower ones. */
export function workersAtWork(pace: number, workers: number): number {
  return Math.max(1, Math.ceil(pace * workers));
}

/** How long a worker rests after a batch, so that all that work come to the pace. */
export function restMs(pace: number, { workers, tookMs }: Place): number {
  const share = (pace * workers) / workersAtWork(pace, workers);
  return share >= 1 ? 0 : Math.min(longestRestMs, tookMs * (1 / share - 1));
}
