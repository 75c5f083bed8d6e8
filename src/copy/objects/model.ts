import type { ComparedView } from "../../core/plan.ts";

/** A view, trigger, routine or the like of the source. */
export interface SourceObject {
  /** "view", "trigger", "function", … */
  readonly what: string;
  /** The source's name, for people. */
  readonly name: string;
  /** As the source keeps it. */
  readonly original: string;
  /** What a person can go on from, in the target's language; null where nothing can be drafted. */
  readonly draft: string | null;
}

/** One that the copy does not make, and why. */
export interface Undone extends SourceObject {
  readonly reason: string;
}

/** One that the copy makes, if the target takes it. */
export interface PlannedObject extends SourceObject {
  /** The target's schema in which it stands; "" where there is none. */
  readonly schema: string;
  /** The target's name by which others need it; null where none does. */
  readonly relation: string | null;
  /** The target's names of what it reads. */
  readonly needs: readonly string[];
  readonly settings: readonly string[];
  /** Each holds one or more statements. */
  readonly statements: readonly string[];
  readonly drop: string | null;
  readonly compared: ComparedView | null;
  /** What the copy makes differently, for people. */
  readonly note: string | null;
}

/** What becomes of a schema's objects beside its tables. */
export interface ObjectsPlan {
  /** Made before the tables, which may need them. */
  readonly before: readonly PlannedObject[];
  /** Made when the rows are there, so that no trigger fires for them. */
  readonly after: readonly PlannedObject[];
  readonly undone: readonly Undone[];
}

export const noObjects: ObjectsPlan = { before: [], after: [], undone: [] };

/** Without rows on the target, a view gives none. */
export function uncompared(object: PlannedObject): PlannedObject {
  return { ...object, compared: null };
}

/** What of the planned objects is made in another way than it was, for people. */
export function notesOf({ before, after }: ObjectsPlan): string[] {
  return [...before, ...after].flatMap(({ what, name, note }) =>
    note === null ? [] : `${what} ${name} is made ${note}`,
  );
}
