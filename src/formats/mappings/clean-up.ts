import { shown } from "./json-cursor.ts";
import { KeySet } from "./key-set.ts";
import { type GivenUp, givenUp, mergeTwo } from "./merge.ts";
import { contextOf, identityOf, type Mapping, type Reference } from "./model.ts";
import { ownTexts } from "./own-texts.ts";

export type FindingKind = "duplicate" | "empty-name" | "dead-reference" | "confidence";

export const findingKinds: readonly FindingKind[] = [
  "duplicate",
  "empty-name",
  "dead-reference",
  "confidence",
];

export interface Finding {
  readonly kind: FindingKind;
  /** The number of the mapping, from 0. */
  readonly index: number;
  readonly original: string;
  readonly context: string;
  /** What is wrong, in words. */
  readonly problem: string;
  /** What the mend does, in words. */
  readonly mend: string;
  /** The values that the mend takes away, each with what stands in its place. */
  readonly givenUp: readonly GivenUp[];
}

type Place = Pick<Finding, "kind" | "index" | "original" | "context">;

interface Repeat {
  readonly mapping: Mapping;
  /** Its place among the findings that are listed; null where it is only counted. */
  readonly listed: number | null;
}

export interface Findings {
  /** In the order of the mappings, at most as many as were asked for. */
  readonly listed: readonly Finding[];
  readonly counts: Readonly<Record<FindingKind, number>>;
}

/**
 * Looks at a collection in one pass, and mends it in a later one over the same batches in the same order. Where
 * something is there twice, one more look tells what a mend gives up, since only then the first of each is known.
 *
 * A duplicate is a mapping whose identity stood before; the mend is that of a merge, at the place of the first. An empty
 * Original is taken out, and an empty Mapped becomes the Original. A reference is dead where no mapping is its Original;
 * it is taken out. A confidence becomes the nearest of 0 to 1, and what is no number becomes 0.
 *
 * Memory: 18 bytes for each mapping, and all mappings that are there twice and references that are dead so far.
 */
export class CleanUp {
  readonly #kinds: ReadonlySet<FindingKind>;
  readonly #mostFindings: number;
  readonly #listed: Finding[] = [];
  readonly #counts: Record<FindingKind, number> = {
    duplicate: 0,
    "empty-name": 0,
    "dead-reference": 0,
    confidence: 0,
  };
  #index = 0;
  readonly #identities = new KeySet();
  readonly #originals = new KeySet();
  /** What arrived of an identity that stood already, by that identity, in order. */
  readonly #repeats = new Map<string, Repeat[]>();
  readonly #compared = new Set<string>();
  /** References without an Original so far: where they are, as many places as can be listed, and how often. */
  readonly #dead = new Map<Reference, { readonly places: Place[]; count: number }>();
  readonly #mended = new Set<string>();

  constructor(kinds: readonly FindingKind[], options: { readonly mostFindings?: number } = {}) {
    this.#kinds = new Set(kinds);
    this.#mostFindings = options.mostFindings ?? 1000;
  }

  /** First pass, all batches in order. */
  look(mappings: readonly Mapping[]): void {
    for (const mapping of mappings) this.#lookAt(mapping, this.#index++);
  }

  /** Whether it takes another look to tell what a mend gives up. */
  get looksAgain(): boolean {
    return this.#repeats.size > 0;
  }

  /** Another pass over the same batches in the same order, before anything is mended. */
  lookAgain(mappings: readonly Mapping[]): void {
    for (const mapping of mappings) {
      const identity = identityOf(mapping);
      const repeats = this.#repeats.get(identity);
      if (repeats === undefined || this.#compared.has(identity)) continue;
      this.#compared.add(identity);
      let before = mapping;
      for (const repeat of repeats) {
        const result = mergeTwo(before, repeat.mapping, undefined);
        this.#tellGivenUp(repeat, givenUp(before, repeat.mapping, result));
        before = result;
      }
    }
  }

  /** After the looks. */
  findings(): Findings {
    const dead = [...this.#dead].flatMap(([reference, { places }]) =>
      places.map((place) => ({
        ...place,
        problem: `refers to ${reference === null ? "null" : shown(reference)}, which is the Original of no mapping`,
        mend: "take the reference out",
        givenUp: [{ member: "references", value: reference, stands: null }],
      })),
    );
    const count = [...this.#dead.values()].reduce((sum, { count }) => sum + count, 0);
    const listed = [...this.#listed, ...dead].sort((a, b) => a.index - b.index).slice(0, this.#mostFindings);
    return { listed, counts: { ...this.#counts, "dead-reference": count } };
  }

  /** Second pass, the same batches in the same order: what is left of each. Identities that arrive again are left out. */
  mend(mappings: readonly Mapping[]): readonly Mapping[] {
    const left: Mapping[] = [];
    for (const mapping of mappings) {
      const identity = identityOf(mapping);
      if (this.#kinds.has("empty-name") && mapping.original === "") continue;
      if (this.#mended.has(identity)) continue;
      let mended = mapping;
      const repeats = this.#repeats.get(identity);
      if (repeats !== undefined) {
        for (const repeat of repeats) mended = mergeTwo(mended, repeat.mapping, undefined);
        this.#mended.add(identity);
      }
      left.push(this.#mendOne(mended));
    }
    return left;
  }

  #lookAt(mapping: Mapping, index: number): void {
    const { original, mapped, references, confidence } = mapping;
    const kinds = this.#kinds;
    const place = { index, original, context: contextOf(mapping) };
    if (kinds.has("empty-name") && original === "") {
      const mend = mapped === "" ? "take the mapping out" : `take the mapping to ${shown(mapped)} out`;
      const lost = [{ member: "mapped", value: mapped, stands: null }];
      this.#add({ ...place, kind: "empty-name", problem: "has no Original", mend, givenUp: lost });
      // Nothing else is mended in it.
      return;
    }
    const isRepeat = kinds.has("duplicate") && this.#lookForDuplicate(mapping, place);
    // What is merged into the first leaves it the name that it has.
    if (kinds.has("empty-name") && mapped === "" && !isRepeat) {
      const [problem, mend] = ["has no Mapped", "map it to its Original"];
      this.#add({ ...place, kind: "empty-name", problem, mend, givenUp: [] });
    }
    if (kinds.has("confidence") && !(confidence >= 0 && confidence <= 1)) {
      const problem = `has the confidence ${confidence}`;
      const stands = within(confidence);
      const lost = [{ member: "confidence", value: confidence, stands }];
      this.#add({ ...place, kind: "confidence", problem, mend: `make it ${stands}`, givenUp: lost });
    }
    if (!kinds.has("dead-reference")) return;
    if (this.#originals.add(original)) this.#dead.delete(original);
    for (const reference of references) {
      if (reference === null || !this.#originals.has(reference))
        this.#doubt(reference, { ...place, kind: "dead-reference" });
    }
  }

  #lookForDuplicate(mapping: Mapping, place: Pick<Finding, "index" | "original" | "context">): boolean {
    const identity = identityOf(mapping);
    if (this.#identities.add(identity)) return false;
    const own = ownTexts(mapping);
    const listed = this.#add({
      ...place,
      kind: "duplicate",
      problem: "is there again with the same Original and context",
      mend: "merge it into the first",
      givenUp: [],
    });
    const repeat = { mapping: own, listed };
    const repeats = this.#repeats.get(identity);
    if (repeats === undefined) this.#repeats.set(identityOf(own), [repeat]);
    else repeats.push(repeat);
    return true;
  }

  #tellGivenUp({ listed }: Repeat, given: readonly GivenUp[]): void {
    const finding = listed === null ? undefined : this.#listed[listed];
    if (listed === null || finding === undefined || given.length === 0) return;
    const values = given.map(({ member, value, stands }) => `${member} ${told(value)} for ${told(stands)}`);
    const mend = `merge it into the first, and give up ${values.join(", ")}`;
    this.#listed[listed] = { ...finding, mend, givenUp: given };
  }

  #doubt(reference: Reference, place: Place): void {
    const doubted = this.#dead.get(reference);
    if (doubted === undefined) this.#dead.set(reference, { places: [place], count: 1 });
    else {
      doubted.count++;
      if (doubted.places.length < this.#mostFindings) doubted.places.push(place);
    }
  }

  #mendOne(mapping: Mapping): Mapping {
    const kinds = this.#kinds;
    const { original, mapped, confidence, references } = mapping;
    const isNameless = kinds.has("empty-name") && mapped === "";
    const isUnsure = kinds.has("confidence") && !(confidence >= 0 && confidence <= 1);
    const isReferring =
      kinds.has("dead-reference") && references.some((reference) => this.#dead.has(reference));
    if (!isNameless && !isUnsure && !isReferring) return mapping;
    return {
      ...mapping,
      mapped: isNameless ? original : mapped,
      confidence: isUnsure ? within(confidence) : confidence,
      references: isReferring ? references.filter((reference) => !this.#dead.has(reference)) : references,
    };
  }

  /** Its place among those that are listed; null where it is only counted. */
  #add(finding: Finding): number | null {
    this.#counts[finding.kind]++;
    return this.#listed.length < this.#mostFindings ? this.#listed.push(finding) - 1 : null;
  }
}

function told(value: GivenUp["value"]): string {
  return typeof value === "string" ? shown(value) : String(value);
}

function within(confidence: number): number {
  return Number.isNaN(confidence) ? 0 : Math.min(1, Math.max(0, confidence));
}
