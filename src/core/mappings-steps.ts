import type { StepBase } from "./plan.ts";

/** What a file held at some moment: enough to know it again. */
export interface FileMark {
  readonly bytes: number;
  readonly sha256: string;
  /** Permission bits. */
  readonly mode: number;
}

/** A copy, byte by byte, beside the file; it has a row in the ledger. */
export interface MappingsCopy extends FileMark {
  readonly file: string;
  readonly backup: string;
  /** The id that its row gets. */
  readonly artifact: string;
}

/** Where a file is made, and what must be in its place until then. */
export interface MappingsPlace {
  /** Absolute, and no symbolic link. */
  readonly output: string;
  /** Beside it: the file has this name until all of it is on the disk and was read back. */
  readonly partial: string;
  /** What is there now; null where nothing is. */
  readonly before: FileMark | null;
  /** Of the new file: that of the old one, or of what it is made from. */
  readonly mode: number;
  /** The copy of what is there; null where nothing is, or none was wanted. */
  readonly backup: MappingsCopy | null;
  /** The id that the new file's row in the ledger gets. */
  readonly artifact: string;
}

/** A database file, and beside it what the version that is written has no place for. */
export interface MappingsPlaces {
  readonly database: MappingsPlace;
  readonly aside: MappingsPlace | null;
  /** Where nothing is kept aside now: what was, of the content that is replaced. It goes when the new file is there. */
  readonly outdated: MappingsPlace | null;
}

/** A file that is read, as it was when the plan was made. */
export interface MappingsInput {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A database that is read. */
export interface MappingsSource extends MappingsInput {
  /** Of its schema. */
  readonly version: "1.0" | "1.1";
  /** What an earlier downgrade has kept aside of it, and what is put back now. */
  readonly restores: MappingsInput | null;
}

export type MappingsTarget =
  | { readonly format: "msgpack" }
  | {
      readonly format: "json";
      readonly shape: "list" | "keyed" | "flat";
      readonly naming: "pascal" | "camel" | "snake";
    };

/** Faults of mappings that can be mended. */
export const faultKinds = ["duplicate", "empty-name", "dead-reference", "confidence"] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What is read, and what is made of it. */
export interface MappingsJob {
  /** In the order in which they are merged. */
  readonly inputs: readonly MappingsSource[];
  readonly target: MappingsTarget;
  /** Of the schema. */
  readonly version: "1.0" | "1.1";
  /** A mapping that does not say from which file it comes gets the file's name; only version 1.1 has a place for it. */
  readonly marksOrigin: boolean;
  /** Format and version of what is read, for the history that the file keeps: "json 1.0". */
  readonly from: string;
  /** Kinds of faults that are mended. */
  readonly clean: readonly FaultKind[];
  /** So many mappings between two looks at what may stop the run. */
  readonly batch: number;
  /** What is written where the files are silent, ISO 8601: the same when the run goes on. */
  readonly now: string;
  /** Of the files as they are, before anything is done to them: what the new file must give back. */
  readonly read: MappingsSums;
  /** Where it is known before: how many mappings will be written. */
  readonly count: number | null;
  /** Names that flat JSON needs for what stands beside its mappings; no mapping gets one of them for a key. */
  readonly beside: readonly string[];
  /** Where nothing but the file is new: the forms of the frame that was read, as the reader gives them. */
  readonly wire: unknown;
}

/** What a database of mappings holds, in numbers that do not depend on how it is written. */
export interface MappingsFacts {
  readonly mappings: number;
  readonly patterns: number;
  /** By the name of the type, in the order of the names; pairs, because a context may have any name. */
  readonly types: readonly (readonly [name: string, mappings: number])[];
  readonly contexts: readonly (readonly [name: string, mappings: number])[];
  /** Mappings of further contexts, where there are very many. */
  readonly otherContexts: number;
  readonly references: number;
  /** SHA-256 of what all of it means. */
  readonly content: string;
}

/** What a migration has to preserve, in sums; null where it changes that by intent. */
export interface MappingsSums {
  readonly mappings: number;
  /** Of the symbols in their order, where mappings are joined. */
  readonly identities: string | null;
  /** Of the mappings in their order, as both versions have them. */
  readonly values: string | null;
  /** A decimal text, because it may be long. */
  readonly usage: string | null;
  /** Of origin files and notes. */
  readonly aside: string | null;
  readonly history: string;
  readonly patterns: string;
  readonly statistics: string | null;
  readonly surplus: string;
}

/** Copies files beside themselves before anything is changed. */
export interface MappingsBackupStep extends StepBase {
  readonly kind: "mappings-backup";
  readonly copies: readonly MappingsCopy[];
}

/** Reads files of mappings as one database and writes that beside the output. */
export interface MappingsWriteStep extends StepBase {
  readonly kind: "mappings-write";
  /** What an interrupted run has left, and nobody needs: it goes first. */
  readonly litter: readonly string[];
  readonly places: MappingsPlaces;
  readonly job: MappingsJob;
}

/** Reads what was written back, and holds it against what was read. */
export interface MappingsCheckStep extends StepBase {
  readonly kind: "mappings-check";
  readonly places: MappingsPlaces;
  readonly job: MappingsJob;
  /** The step that wrote it. */
  readonly written: string;
}

/** Gives the written files their names, if what is there is still what was there. */
export interface MappingsPlaceStep extends StepBase {
  readonly kind: "mappings-place";
  readonly places: MappingsPlaces;
  /** The step that has the marks of the written files. */
  readonly checked: string;
}

/** Puts back what was there before: the bytes of the copy, or nothing. */
export interface MappingsRestoreStep extends StepBase {
  readonly kind: "mappings-restore";
  /** What an interrupted run has left, and nobody needs. */
  readonly litter: readonly string[];
  readonly files: readonly MappingsRestored[];
}

export interface MappingsRestored {
  readonly place: MappingsPlace;
  /** What is there now, and is replaced; null where nothing is. */
  readonly found: FileMark | null;
  /** Where a copy of what is replaced goes that nobody else has: it was changed since. Null where it was not. */
  readonly keeps: string | null;
  /** Whether the place has a row in the ledger, which says from now on that it was rolled back. */
  readonly isRecorded: boolean;
}

/** What is done to files of symbol mappings. */
export type MappingsStep =
  | MappingsBackupStep
  | MappingsWriteStep
  | MappingsCheckStep
  | MappingsPlaceStep
  | MappingsRestoreStep;
