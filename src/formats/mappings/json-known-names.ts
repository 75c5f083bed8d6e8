import type { Naming } from "./model.ts";

/** What a schema knows of a mapping. */
export const mappingParts = [
  "Original",
  "Mapped",
  "Type",
  "Context",
  "Confidence",
  "LastUpdated",
  "UsageCount",
  "References",
  "OriginFile",
  "Note",
] as const;

/** The members of a mapping that are no unknown ones; the number of each is its place in this list. */
export const mappingMembers = [...mappingParts, "$msgpack", "$extra"] as const;

export const patternMembers = [
  "Pattern",
  "Description",
  "TargetType",
  "Confidence",
  "Replacement",
  "Example",
  "$msgpack",
  "$extra",
] as const;

export const statisticsMembers = [
  "CreatedAt",
  "LastModified",
  "TotalMappings",
  "LastVersion",
  "$msgpack",
  "$extra",
] as const;

export const recordMembers = ["At", "From", "To", "By", "Mappings"] as const;

export const collectionMembers = [
  "Version",
  "Mappings",
  "Patterns",
  "Statistics",
  "History",
  "$frame",
  "$extra",
] as const;

/** `LastUpdated` as `lastUpdated` or `last_updated`. A name of Godwit's own, with a dollar sign, has one spelling. */
export function spelled(name: string, naming: Naming): string {
  if (naming === "pascal" || name.startsWith("$")) return name;
  if (naming === "camel") return name.charAt(0).toLowerCase() + name.slice(1);
  return name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
}

/** The place in the list by each of its three spellings. */
export function spellings(names: readonly string[]): ReadonlyMap<string, number> {
  const all: readonly Naming[] = ["pascal", "camel", "snake"];
  return new Map(
    names.flatMap((name, index) => all.map((naming) => [spelled(name, naming), index] as const)),
  );
}
