import type { PortableCollation, PortableColumn } from "../../core/portable.ts";
import { closestCollation, languageOf, wordOf } from "./closest-collation.ts";
import { countsOf, rulesName } from "./column-type.ts";
import { namedServer } from "./server-version.ts";

/**
 * For tables: by code points, with trailing spaces that count, so that keys that differ in the source differ here.
 * The two servers have it under different names; each reads its own comment.
 */
export const tableCollation = "/*!80017 utf8mb4_0900_bin*//*M! utf8mb4_nopad_bin*/";

/** The collation of a column of text, on a server as ServerFacts.version names it; null is the table's. */
export function columnCollation(
  { collation, type }: Pick<PortableColumn, "collation" | "type">,
  server: string | undefined,
): string | null {
  if (collation === null || !/^(text|enum|set)$/.test(type.kind)) return null;
  if (isOfFamily(collation.name)) return closestCollation(collation, namedServer(server));
  if (collation.caseInsensitive || collation.accentInsensitive) return "utf8mb4_unicode_520_ci";
  return collation.padSpace ? "utf8mb4_bin" : null;
}

/** Other engines call theirs otherwise. */
function isOfFamily(name: string): boolean {
  return /^[a-z]+\w*_(?:bin|ci|cs|ks|w2)$/.test(name);
}

/** What is otherwise under the column's new collation. */
export function collationLoss(column: PortableColumn, server: string | undefined): string | null {
  const { collation } = column;
  if (collation === null) return null;
  const kept = columnCollation(column, server);
  const { name, rules = name, caseInsensitive, accentInsensitive } = collation;
  const isByCode = kept === null || kept === "utf8mb4_bin";
  const mariaDb = namedServer(server)?.mariaDb;
  if (isByCode ? !isOfWords(collation) : rulesOf(rulesName(kept, mariaDb === true)) === rulesOf(rules))
    return null;
  const becomes = kept ?? (mariaDb === false ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin");
  const counts = countsOf(becomes);
  const language = languageOf(name);
  const differences = [
    ...(isByCode ? ["compares code points"] : []),
    ...(!isByCode && counts.caseInsensitive !== caseInsensitive
      ? [counts.caseInsensitive ? "ignores case" : "tells upper and lower case apart"]
      : []),
    ...(!isByCode && counts.accentInsensitive !== accentInsensitive
      ? [counts.accentInsensitive ? "ignores accents" : "tells accents apart"]
      : []),
    ...(counts.padSpace !== collation.padSpace
      ? [counts.padSpace ? "ignores trailing spaces" : "counts trailing spaces"]
      : []),
    ...(language !== null && wordOf(becomes) !== (wordOf(name) ?? language)
      ? [`does not know the order of ${language}`]
      : []),
  ];
  if (differences.length === 0)
    differences.push(
      becomes === name
        ? "on MySQL takes dŽ, lJ and nJ for dž, lj and nj"
        : "orders some characters otherwise",
    );
  return `the collation ${name}: it becomes ${becomes}, which ${differences.join(" and ")}`;
}

/** Whether it is more than an order of code points. */
function isOfWords({ name, caseInsensitive, accentInsensitive }: PortableCollation): boolean {
  return caseInsensitive || accentInsensitive || (isOfFamily(name) && !name.endsWith("_bin"));
}

/** The name without the form of Unicode that it is for: the rules are the same. */
function rulesOf(name: string): string {
  return name.replace(/^(?:utf8|utf8mb[34]|ucs2|utf16|utf16le|utf32)_/, "");
}
