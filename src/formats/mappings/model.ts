import type { FrameForms } from "./frame-forms.ts";

/** A whole number of a file. A bigint only beyond ±(2^53 - 1), so that each value has one form. */
export type Integer = number | bigint;

/** A moment, exact to the nanosecond. .NET counts ticks of 100 ns, from year 1 to 9999; `nanos` is 0 to 999,999,999. */
export interface Timestamp {
  /** Since 1970-01-01T00:00:00Z; negative before. */
  readonly seconds: number;
  readonly nanos: number;
}

/** A member of a JSON object that no version of the schema knows: its name, and its value as compact JSON text. */
export type UnknownMember = readonly [name: string, json: string];

/** What a file holds beyond the schema, kept through a round trip. */
export interface Surplus {
  /** Elements of a MessagePack array after the known ones, each one whole value in MessagePack. */
  readonly extra: readonly Uint8Array[] | null;
  readonly members: readonly UnknownMember[] | null;
}

/** The name of a symbol that a mapping refers to. An array of .NET can hold null. */
export type Reference = string | null;

/** Names of the symbol types, in the order of their numbers in a file. */
export const symbolTypes = ["Function", "Class", "Variable", "Parameter", "Property", "Method"] as const;

export interface Mapping extends Surplus {
  readonly original: string;
  readonly mapped: string;
  /** See {@link symbolTypes}; a number that stands for none is kept. */
  readonly type: Integer;
  /** Null means "global" and stays null. */
  readonly context: string | null;
  /** From 0 to 1 by right; a file may hold any double, NaN too. */
  readonly confidence: number;
  readonly lastUpdated: Timestamp;
  readonly usageCount: Integer;
  /** A null among them is no empty text: the original tool writes it as nil. */
  readonly references: readonly Reference[];
  /** Version 1.1: the file that the mapping came from. Null in version 1.0. */
  readonly originFile: string | null;
  /** Version 1.1. */
  readonly note: string | null;
  /**
   * The bytes of the mapping in its MessagePack file, where they are not those that the writer would choose (a longer
   * form of a number, a shorter array). A writer uses them only while they still mean what the other members say, so a
   * changed mapping need not clear them.
   */
  readonly wire: Uint8Array | null;
  /**
   * The members of {@link silence} that the file did not say, a bit each: what stands there is a default. Left out where
   * it said all of them.
   */
  readonly silent?: number;
}

/**
 * A bit for each member whose silence is told apart, by its place in the file. An origin file is silent where it is
 * that which a migration names for mappings that have none.
 */
export const silence = {
  mapped: 1 << 1,
  type: 1 << 2,
  confidence: 1 << 4,
  lastUpdated: 1 << 5,
  originFile: 1 << 8,
} as const;

export const allSilence = silence.mapped | silence.type | silence.confidence | silence.lastUpdated;

export function isSilent(mapping: Pick<Mapping, "silent">, member: keyof typeof silence): boolean {
  return ((mapping.silent ?? 0) & silence[member]) !== 0;
}

export interface NamingPattern extends Surplus {
  readonly pattern: string;
  readonly description: string;
  readonly targetType: Integer;
  readonly confidence: number;
  /** Only JSON holds these two by name; undefined where the file was silent. */
  readonly replacement?: string | null;
  readonly example?: string | null;
  readonly wire: Uint8Array | null;
}

export interface DatabaseStatistics extends Surplus {
  readonly createdAt: Timestamp;
  readonly lastModified: Timestamp;
  readonly totalMappings: Integer;
  readonly lastVersion: string;
  readonly wire: Uint8Array | null;
}

/** One entry of the history that version 1.1 keeps in the collection. */
export interface MigrationRecord {
  readonly at: Timestamp;
  /** Format and version, such as "json 1.0". */
  readonly from: string;
  readonly to: string;
  /** The program that did it, such as "godwit 0.1.0". */
  readonly by: string;
  readonly mappings: Integer;
}

export type SchemaVersion = "1.0" | "1.1";

export const schemaVersions: readonly SchemaVersion[] = ["1.0", "1.1"];

/** All of a collection but its mappings. */
export interface CollectionHeader extends Surplus {
  readonly version: SchemaVersion;
  readonly patterns: readonly NamingPattern[];
  /** Null where the file is silent; see `completeStatistics`. */
  readonly statistics: DatabaseStatistics | null;
  /** Empty in version 1.0. */
  readonly history: readonly MigrationRecord[];
  /** Forms of the MessagePack file that a writer would not choose; null where there is none. */
  readonly wire: FrameForms | null;
}

/** How the member names of a JSON file are written. */
export type Naming = "pascal" | "camel" | "snake";

/** `list` is Godwit's own: "Mappings" is an array. `keyed`: it is an object. `flat`: there is no "Mappings" at all. */
export type JsonShape = "list" | "keyed" | "flat";

export type FileFormat =
  | { readonly format: "msgpack"; readonly compression: "none" | "lz4-block" | "lz4-block-array" }
  | { readonly format: "json"; readonly shape: JsonShape; readonly naming: Naming };

/** The context in which a mapping counts. */
export function contextOf(mapping: Pick<Mapping, "context">): string {
  return mapping.context ?? "global";
}

/** Equal only for mappings that are one and the same to the original tool. Any character can be part of either name. */
export function identityOf(mapping: Pick<Mapping, "original" | "context">): string {
  const context = mapping.context ?? "global";
  return `${context.length}:${context}${mapping.original}`;
}
