import type { PortableColumn } from "../core/portable.ts";
import type { RuledTable } from "./rules/ruled-table.ts";

/**
 * By the source's names, the encodings of texts that both sides of one product keep in the same one, so that their bytes
 * can be copied as they are. What a rule makes of a text has none, nor has a declaration of its own.
 */
export function sharedEncodings(
  { columns }: RuledTable,
  twinOf: (source: PortableColumn, target: string) => PortableColumn | undefined,
): ReadonlyMap<string, string> {
  return new Map(
    columns.flatMap(({ column, name, value, declared }): [string, string][] => {
      const encoding = value === null && declared === null ? column.encoding : undefined;
      if (encoding === undefined) return [];
      const twin = twinOf(column, name);
      return twin?.encoding === encoding && isAlike(column, twin) ? [[column.name, encoding]] : [];
    }),
  );
}

/** A text of a fixed length has no trailing spaces of its own, which another one keeps. */
function isAlike({ type }: PortableColumn, { type: other }: PortableColumn): boolean {
  return type.kind === "text" && other.kind === "text" && type.fixed === other.fixed;
}

/** The column that a new table gets: made in the source's own words it keeps its encoding, in neutral ones it has none. */
export function newTwin(source: PortableColumn): PortableColumn | undefined {
  return source.own === undefined ? undefined : source;
}
