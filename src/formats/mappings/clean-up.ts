import { shown } from "./json-cursor.ts";
import { KeySet } from "./key-set.ts";
import { mergeTwo } from "./merge.ts";
import { contextOf, identityOf, type Mapping } from "./model.ts";
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
}

export interface Findings {
  /** In the order of the mappings, at most as many as were asked for. */
  readonly listed: readonly Finding[];
  readonly counts: Readonly<Record<FindingKind, number>>;
}

/**
 * Looks at a collection in one pass, and mends it in a second one over the same batches in the same order.
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
  readonly #repeats = new Map<string, Mapping[]>();
  /** References without an Original so far: where they are, as many places as can be listed, and how often. */
  readonly #dead = new Map<string, { readonly places: Omit<Finding, "problem" | "mend">[]; count: number }>();
  readonly #mended = new Set<string>();

  constructor(kinds: readonly FindingKind[], options: { readonly mostFindings?: number } = {}) {
    this.#kinds = new Set(kinds);
    this.#mostFindings = options.mostFindings ?? 1000;
  }

  /** First pass, all batches in order. */
  look(mappings: readonly Mapping[]): void {
    for (const mapping of mappings) this.#lookAt(mapping, this.#index++);
  }

  /** After the first pass. */
  findings(): Findings {
    const dead = [...this.#dead].flatMap(([reference, { places }]) =>
      places.map((place) => ({
        ...place,
        problem: `refers to ${shown(reference)}, which is the Original of no mapping`,
        mend: "take the reference out",
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
        for (const repeat of repeats) mended = mergeTwo(mended, repeat, undefined);
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
      this.#add({ ...place, kind: "empty-name", problem: "has no Original", mend: "take the mapping out" });
      // Nothing else is mended in it.
      return;
    }
    const isRepeat = kinds.has("duplicate") && this.#lookForDuplicate(mapping, place);
    // What is merged into the first leaves it the name that it has.
    if (kinds.has("empty-name") && mapped === "" && !isRepeat) {
      this.#add({ ...place, kind: "empty-name", problem: "has no Mapped", mend: "map it to its Original" });
    }
    if (kinds.has("confidence") && !(confidence >= 0 && confidence <= 1)) {
      const problem = `has the confidence ${confidence}`;
      this.#add({ ...place, kind: "confidence", problem, mend: `make it ${within(confidence)}` });
    }
    if (!kinds.has("dead-reference")) return;
    if (this.#originals.add(original)) this.#dead.delete(original);
    for (const reference of references) {
      if (!this.#originals.has(reference)) this.#doubt(reference, { ...place, kind: "dead-reference" });
    }
  }

  #lookForDuplicate(mapping: Mapping, place: Pick<Finding, "index" | "original" | "context">): boolean {
    const identity = identityOf(mapping);
    if (this.#identities.add(identity)) return false;
    const own = ownTexts(mapping);
    const repeats = this.#repeats.get(identity);
    if (repeats === undefined) this.#repeats.set(identityOf(own), [own]);
    else repeats.push(own);
    this.#add({
      ...place,
      kind: "duplicate",
      problem: "is there again with the same Original and context",
      mend: "merge it into the first",
    });
    return true;
  }

  #doubt(reference: string, place: Omit<Finding, "problem" | "mend">): void {
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

  #add(finding: Finding): void {
    this.#counts[finding.kind]++;
    if (this.#listed.length < this.#mostFindings) this.#listed.push(finding);
  }
}

function within(confidence: number): number {
  return Number.isNaN(confidence) ? 0 : Math.min(1, Math.max(0, confidence));
}
