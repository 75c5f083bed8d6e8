import type { Mapping } from "./model.ts";

const members = ["mapped", "type", "confidence", "originFile", "note"] as const;

/** From which input each value of a merge comes that stands now: that which had the symbol first, or a later one. */
export class ValueOrigins {
  readonly #first: number[] = [];
  readonly #later = new Map<string, number>();

  /** A symbol that was not there before; its place is the next one. */
  add(input: number): void {
    this.#first.push(input);
  }

  /** The input that has the value which stands at a place. */
  of(place: number, member: string): number {
    return this.#later.get(`${place} ${member}`) ?? this.#first[place] ?? 0;
  }

  first(place: number): number {
    return this.#first[place] ?? 0;
  }

  /** What the merge of two has taken from `input`. */
  note(place: number, before: Mapping, result: Mapping, input: number): void {
    for (const member of members)
      if (!Object.is(before[member], result[member])) this.#later.set(`${place} ${member}`, input);
    if (before.extra === null && result.extra !== null) this.#later.set(`${place} $extra`, input);
    if (before.members === result.members) return;
    const stood = new Set(before.members?.map(([name]) => name));
    for (const [name] of result.members ?? [])
      if (!stood.has(name)) this.#later.set(`${place} ${name}`, input);
  }
}
