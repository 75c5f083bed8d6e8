import type { PortableColumn } from "../../core/portable.ts";

/**
 * For tables: by code points, with trailing spaces that count, so that keys that differ in the source differ here.
 * The two servers have it under different names; each reads its own comment.
 */
export const tableCollation = "/*!80017 utf8mb4_0900_bin*//*M! utf8mb4_nopad_bin*/";

/** Collations of utf8mb4 that both servers have; those of UCA 9 are MySQL's, those of UCA 14 MariaDB's. */
function isShared(name: string): boolean {
  return name.startsWith("utf8mb4_") && !/_0900_|_uca1400_|_nopad_/.test(name);
}

/** The collation of a column of text; null is the table's. */
export function columnCollation({
  collation,
  type,
}: Pick<PortableColumn, "collation" | "type">): string | null {
  if (collation === null || !/^(text|enum|set)$/.test(type.kind)) return null;
  if (isShared(collation.name)) return collation.name;
  if (collation.caseInsensitive || collation.accentInsensitive) return "utf8mb4_unicode_520_ci";
  return collation.padSpace ? "utf8mb4_bin" : null;
}

export function collationLoss(column: PortableColumn): string | null {
  const { collation } = column;
  if (collation === null) return null;
  const kept = columnCollation(column);
  if (kept === null || kept === collation.name || kept === "utf8mb4_bin") return null;
  return [
    `the collation ${collation.name}: ${kept} ignores case`,
    ...(collation.accentInsensitive ? [] : ["and accents"]),
    ...(collation.padSpace ? [] : ["and trailing spaces"]),
  ].join(" ");
}
