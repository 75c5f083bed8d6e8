/** A quarter of an hour of samples a second. What is older is late by any limit. */
const mostMarks = 900;

interface Mark {
  readonly position: bigint;
  readonly firstMs: number;
  lastMs: number;
}

export interface Missing {
  /** For so long, at least, something has been written that a replica at this position does not have. */
  readonly atLeastMs: number;
  /** No longer than that; null where it is not known. */
  readonly atMostMs: number | null;
}

/**
 * Where a primary's log stood at each sample. What a server says of its replicas can be old: of one that is frozen
 * the last word stays good. For how long a replica has lacked what was written tells its position alone, on one
 * clock, whatever the two machines' clocks say.
 */
export class LagHistory {
  #marks: Mark[] = [];

  /** `atMs` on any clock that does not jump. Positions of one log, in order. */
  note(position: bigint, atMs: number): void {
    const last = this.#marks.at(-1);
    if (last?.position === position) last.lastMs = atMs;
    else {
      // A log that went back is another one: a restored or promoted server's.
      if (last !== undefined && position < last.position) this.#marks = [];
      this.#marks.push({ position, firstMs: atMs, lastMs: atMs });
      if (this.#marks.length > mostMarks) this.#marks.shift();
    }
  }

  /** For how long a replica that is at `position` has been late, as of `nowMs`. */
  missing(position: bigint, nowMs: number): Missing {
    const next = this.#marks.find((mark) => mark.position > position);
    const before = this.#marks.findLast((mark) => mark.position <= position);
    return {
      atLeastMs: next === undefined ? 0 : Math.max(0, nowMs - next.firstMs),
      atMostMs: before === undefined ? null : Math.max(0, nowMs - before.lastMs),
    };
  }
}
