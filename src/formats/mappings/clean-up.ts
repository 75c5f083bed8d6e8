import { shown } from "./json-cursor.ts";
import { IdentitySet } from "./identity-set.ts";
import { type GivenUp, givenUp, mergeTwo } from "./merge.ts";
import { contextOf, identityOf, type Mapping, type Reference } from "./model.ts";
import { ownText, ownTexts, sharedText } from "./own-texts.ts";

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
 * something is there twice, one more look tells what a mend gives up, since only then the first of each is known; and
 * where a mapping refers to one that is not known yet, that look tells which references are dead.
 *
 * A duplicate is a mapping whose identity stood before; the mend is that of a merge, at the place of the first. An empty
 * Original is taken out, and an empty Mapped becomes the Original. A reference is dead where no mapping is its Original;
 * it is taken out. A confidence becomes the nearest of 0 to 1, and what is no number becomes 0.
 *
 * Memory: see {@link IdentitySet}, all mappings that are there twice, and the findings that are listed.
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
  #indexAgain = 0;
  readonly #identities = new IdentitySet();
  #isInDoubt = false;
  /** What arrived of an identity that stood already, by that identity, in order. */
  readonly #repeats = new Map<string, Repeat[]>();
  readonly #compared = new Set<string>();
  /** Those that are listed. */
  readonly #dead: Finding[] = [];
  readonly #mended = new Set<string>();

  constructor(kinds: readonly FindingKind[], options: { readonly mostFindings?: number } = {}) {
    this.#kinds = new Set(kinds);
    this.#mostFindings = options.mostFindings ?? 1000;
  }

  /** First pass, all batches in order. */
  look(mappings: readonly Mapping[]): void {
    for (const mapping of mappings) this.#lookAt(mapping, this.#index++);
  }

  /** Whether it takes another look to tell what a mend gives up, and which references are dead; to mend takes none. */
  get looksAgain(): boolean {
    return this.#repeats.size > 0 || this.#isInDoubt;
  }

  /** Another pass over the same batches in the same order, before anything is mended. */
  lookAgain(mappings: readonly Mapping[]): void {
    for (const mapping of mappings) {
      const index = this.#indexAgain++;
      if (this.#repeats.size > 0) this.#compare(mapping);
      if (this.#isInDoubt) this.#lookForDead(mapping, index);
    }
  }

  /** After the looks. */
  findings(): Findings {
    if (this.looksAgain && this.#indexAgain !== this.#index) throw new Error("Another look is needed");
    const listed = [...this.#listed, ...this.#dead].sort((a, b) => a.index - b.index);
    return { listed: listed.slice(0, this.#mostFindings), counts: { ...this.#counts } };
  }

  /** Second pass, the same batches in the same order: what is left of each. Identities that arrive again are left out. */
  mend(mappings: readonly Mapping[]): readonly Mapping[] {
    const left: Mapping[] = [];
    for (const mapping of mappings) {
      if (this.#isNameless(mapping)) continue;
      if (this.#repeats.size === 0) {
        left.push(this.#mendOne(mapping));
        continue;
      }
      const identity = identityOf(mapping);
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

  #isNameless({ original }: Mapping): boolean {
    return this.#kinds.has("empty-name") && original === "";
  }

  #isDead(reference: Reference): boolean {
    return reference === null || !this.#identities.hasOriginal(reference);
  }

  #compare(mapping: Mapping): void {
    const identity = identityOf(mapping);
    const repeats = this.#repeats.get(identity);
    if (repeats === undefined || this.#compared.has(identity)) return;
    this.#compared.add(identity);
    let before = mapping;
    for (const repeat of repeats) {
      const result = mergeTwo(before, repeat.mapping, undefined);
      this.#tellGivenUp(repeat, givenUp(before, repeat.mapping, result));
      before = result;
    }
  }

  #lookAt(mapping: Mapping, index: number): void {
    const { mapped, references, confidence } = mapping;
    const kinds = this.#kinds;
    if (this.#isNameless(mapping)) {
      const mend = mapped === "" ? "take the mapping out" : `take the mapping to ${shown(mapped)} out`;
      const lost = [{ member: "mapped", value: ownText(mapped), stands: null }];
      this.#add(mapping, { index, kind: "empty-name", problem: "has no Original", mend, givenUp: lost });
      // Nothing else is mended in it.
      return;
    }
    const areKnown = kinds.has("duplicate") || kinds.has("dead-reference");
    const isRepeat = areKnown && !this.#identities.add(mapping) && kinds.has("duplicate");
    if (isRepeat) this.#keepRepeat(mapping, index);
    // What is merged into the first leaves it the name that it has.
    if (kinds.has("empty-name") && mapped === "" && !isRepeat) {
      const [problem, mend] = ["has no Mapped", "map it to its Original"];
      this.#add(mapping, { index, kind: "empty-name", problem, mend, givenUp: [] });
    }
    if (kinds.has("confidence") && !(confidence >= 0 && confidence <= 1)) {
      const problem = `has the confidence ${confidence}`;
      const stands = within(confidence);
      const lost = [{ member: "confidence", value: confidence, stands }];
      this.#add(mapping, { index, kind: "confidence", problem, mend: `make it ${stands}`, givenUp: lost });
    }
    if (!kinds.has("dead-reference") || this.#isInDoubt) return;
    this.#isInDoubt = references.some((reference) => this.#isDead(reference));
  }

  #keepRepeat(mapping: Mapping, index: number): void {
    const own = ownTexts(mapping);
    const listed = this.#add(mapping, {
      index,
      kind: "duplicate",
      problem: "is there again with the same Original and context",
      mend: "merge it into the first",
      givenUp: [],
    });
    const repeat = { mapping: own, listed };
    const identity = identityOf(own);
    const repeats = this.#repeats.get(identity);
    if (repeats === undefined) this.#repeats.set(identity, [repeat]);
    else repeats.push(repeat);
  }

  /** By now all originals are known. */
  #lookForDead(mapping: Mapping, index: number): void {
    if (this.#isNameless(mapping)) return;
    for (const reference of mapping.references) {
      if (!this.#isDead(reference)) continue;
      this.#counts["dead-reference"]++;
      if (this.#dead.length === this.#mostFindings) continue;
      this.#dead.push({
        ...namesOf(mapping),
        kind: "dead-reference",
        index,
        problem: `refers to ${reference === null ? "null" : shown(reference)}, which is the Original of no mapping`,
        mend: "take the reference out",
        givenUp: [
          { member: "references", value: reference === null ? null : ownText(reference), stands: null },
        ],
      });
    }
  }

  #tellGivenUp({ listed }: Repeat, given: readonly GivenUp[]): void {
    const finding = listed === null ? undefined : this.#listed[listed];
    if (listed === null || finding === undefined || given.length === 0) return;
    const values = given.map(({ member, value, stands }) => `${member} ${told(value)} for ${told(stands)}`);
    const mend = `merge it into the first, and give up ${values.join(", ")}`;
    this.#listed[listed] = { ...finding, mend, givenUp: given };
  }

  #mendOne(mapping: Mapping): Mapping {
    const kinds = this.#kinds;
    const { original, mapped, confidence, references } = mapping;
    const isNameless = kinds.has("empty-name") && mapped === "";
    const isUnsure = kinds.has("confidence") && !(confidence >= 0 && confidence <= 1);
    const isReferring =
      kinds.has("dead-reference") && references.some((reference) => this.#isDead(reference));
    if (!isNameless && !isUnsure && !isReferring) return mapping;
    return {
      ...mapping,
      mapped: isNameless ? original : mapped,
      confidence: isUnsure ? within(confidence) : confidence,
      references: isReferring ? references.filter((reference) => !this.#isDead(reference)) : references,
    };
  }

  /** Its place among those that are listed; null where it is only counted. */
  #add(mapping: Mapping, finding: Omit<Finding, "original" | "context">): number | null {
    this.#counts[finding.kind]++;
    if (this.#listed.length === this.#mostFindings) return null;
    return this.#listed.push({ ...namesOf(mapping), ...finding }) - 1;
  }
}

function namesOf(mapping: Mapping): Pick<Finding, "original" | "context"> {
  return { original: ownText(mapping.original), context: sharedText(contextOf(mapping)) };
}

function told(value: GivenUp["value"]): string {
  return typeof value === "string" ? shown(value) : String(value);
}

function within(confidence: number): number {
  return Number.isNaN(confidence) ? 0 : Math.min(1, Math.max(0, confidence));
}
