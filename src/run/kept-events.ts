import type { EventType, GodwitEvent } from "../core/event.ts";

/** Mere signs of life: what they say is out of date with the next one, and proves nothing. */
const fleeting: ReadonlySet<EventType> = new Set(["activity:seen", "script:progressed"]);

/** Samples of a guard that are kept are this far apart at least, and at most. */
const closestMs = 1_000;
const farthestMs = 60_000;
/** Of a run so long, about this many samples are kept: enough for a chart, whatever the length. */
const samplesOfRun = 200;

/**
 * Chooses what of a run's events is kept in the ledger: all but signs of life, and of a guard's samples so many that
 * a run of a day has some hundreds. The sample before a pause or an abort is kept, because it is the reason.
 */
export class KeptEvents {
  readonly #start = performance.now();
  #lastSampleMs = Number.NEGATIVE_INFINITY;
  #skipped: GodwitEvent | null = null;

  /** The events to keep now, in order. */
  after(event: GodwitEvent, nowMs: number): readonly GodwitEvent[] {
    if (fleeting.has(event.type)) return [];
    if (event.type === "guard:sampled") {
      const apartMs = Math.min(farthestMs, Math.max(closestMs, (nowMs - this.#start) / samplesOfRun));
      if (nowMs - this.#lastSampleMs < apartMs) {
        this.#skipped = event;
        return [];
      }
      this.#lastSampleMs = nowMs;
      this.#skipped = null;
      return [event];
    }
    const sample = this.#skipped;
    if (sample === null || (event.type !== "guard:paused" && event.type !== "guard:aborted")) return [event];
    this.#lastSampleMs = nowMs;
    this.#skipped = null;
    return [sample, event];
  }
}
