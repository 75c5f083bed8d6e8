/** The kinds of things in a dump, in the order in which they stand where dependencies leave the choice. */
export const itemKinds = [
  "schema",
  "extension",
  "server",
  "collation",
  "text search dictionary",
  "text search configuration",
  "type",
  "domain",
  "sequence",
  "routine",
  "table",
  "default",
  "attach",
  "sequence owner",
  "constraint",
  "index",
  "index attach",
  "table setting",
  "view",
  "materialized view",
  "foreign key",
  "statistics",
  "trigger",
  "rule",
  "policy",
] as const;

export type ItemKind = (typeof itemKinds)[number];

/** One or a few statements that make one thing, with its comments. */
export interface Item {
  readonly kind: ItemKind;
  readonly schema: string;
  readonly name: string;
  /** The catalogue objects that it makes, as `catalogue:oid`; what depends on one of them comes later. */
  readonly keys: readonly string[];
  /** Keys that must come first although the catalogue records no dependency. */
  readonly after?: readonly string[];
  /** The key of the thing that it belongs to, where it is no object for itself: the index of a view. */
  readonly partOf?: string;
  /** Statements with their semicolons, without a line end after the last. */
  readonly text: string;
  /** The same in several items, for dependencies that go in a circle. */
  readonly split?: () => readonly Item[];
}

/** A string constant, safe whatever `standard_conforming_strings` is. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** `name=value` pairs of the catalogue as the inside of WITH (…) or SET (…). */
export function storageOptions(options: readonly string[] | null, prefix = ""): string[] {
  return (options ?? []).map((option) => {
    const [name, value] = pair(option);
    return `${prefix}${name}=${/^[\w.]+$/.test(value) ? value : literal(value)}`;
  });
}

/** `name=value` pairs of the catalogue as the inside of a foreign object's OPTIONS (…). */
export function foreignOptions(options: readonly string[] | null): string {
  const list = (options ?? []).map((option) => {
    const [name, value] = pair(option);
    return `"${name.replaceAll('"', '""')}" ${literal(value)}`;
  });
  return list.length === 0 ? "" : ` OPTIONS (${list.join(", ")})`;
}

function pair(option: string): [string, string] {
  const at = option.indexOf("=");
  return [option.slice(0, at), option.slice(at + 1)];
}
