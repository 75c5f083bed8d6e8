import type { PortableCollation } from "../../core/portable.ts";
import { atLeast, type NamedServer } from "./server-version.ts";

/*
 * Both servers have the collations of utf8mb4 that are older than their parting. Those of newer versions of Unicode
 * have other names on each: MySQL's are of UCA 9 and count trailing spaces, MariaDB's are of UCA 14 and do as they say.
 */

/** MySQL's languages by MariaDB's names of them; of several with one order the first is taken back. */
const languages: readonly (readonly [string, string])[] = [
  ["hr", "croatian"],
  ["cs", "czech"],
  ["da", "danish"],
  ["de_pb", "german2"],
  ["eo", "esperanto"],
  ["es", "spanish"],
  ["es_trad", "spanish2"],
  ["et", "estonian"],
  ["hu", "hungarian"],
  ["is", "icelandic"],
  ["la", "roman"],
  ["lt", "lithuanian"],
  ["lv", "latvian"],
  ["pl", "polish"],
  ["ro", "romanian"],
  ["sk", "slovak"],
  ["sl", "slovenian"],
  ["sv", "swedish"],
  ["tr", "turkish"],
  ["vi", "vietnamese"],
  ["bs", "croatian"],
  ["gl", "spanish"],
  ["nb", "danish"],
  ["nn", "danish"],
  ["sr_latn", "croatian"],
];
/** Of the older collations there are two more. */
const words: ReadonlySet<string> = new Set([...languages.map(([, word]) => word), "persian", "sinhala"]);

const ofUnicode = /^(?:utf8|utf8mb3|ucs2|utf16|utf16le|utf32)_/;
const mariaDbAlone = /_(?:croatian_mysql561_ci|myanmar_ci|thai_520_w2|general1400_as_ci)$/;

/**
 * The collation of utf8mb4 on that server, or on any where it is not known, under which texts are equal, and then in
 * order, as nearly as they were. Where none is as near, one that tells more texts apart: no key is broken by it. Null
 * is the order of code points in which trailing spaces count, which has two names.
 */
export function closestCollation(collation: PortableCollation, server: NamedServer | null): string | null {
  const { caseInsensitive, accentInsensitive, padSpace } = collation;
  const own = (collation.rules ?? collation.name)
    .replace(ofUnicode, "utf8mb4_")
    .replace("_general_mysql500_", "_general_");
  if (own.endsWith("_bin")) return padSpace ? "utf8mb4_bin" : null;
  if (has(server, own)) return own;
  const name = own.replace("_croatian_mysql561_", "_croatian_");
  if (has(server, name)) return name;
  const word = wordOf(name);
  const older = word === null ? "utf8mb4_unicode_520_ci" : `utf8mb4_${word}_ci`;
  if (caseInsensitive && accentInsensitive && padSpace) return older;
  if (server === null) return caseInsensitive ? older : padSpace ? "utf8mb4_bin" : null;
  if (server.mariaDb && hasUca14(server)) {
    const language = word === null ? "" : `_${word}`;
    const accents = accentInsensitive ? "ai" : "as";
    return `utf8mb4_uca1400${language}${padSpace ? "" : "_nopad"}_${accents}_${caseInsensitive ? "ci" : "cs"}`;
  }
  if (server.mariaDb) {
    if (!caseInsensitive) return padSpace ? "utf8mb4_bin" : null;
    return padSpace ? older : "utf8mb4_unicode_520_nopad_ci";
  }
  if (caseInsensitive && !accentInsensitive) return "utf8mb4_0900_as_ci";
  const code = languages.find(([, each]) => each === word)?.[0];
  return `utf8mb4_${code === undefined ? "" : `${code}_`}0900_${caseInsensitive ? "ai_ci" : "as_cs"}`;
}

function has(server: NamedServer | null, name: string): boolean {
  if (!name.startsWith("utf8mb4_")) return false;
  if (/_0900_/.test(name)) return server?.mariaDb === false;
  if (/_uca1400_/.test(name)) return server?.mariaDb === true && hasUca14(server);
  if (name.includes("_tolower_")) return false;
  if (/_nopad_/.test(name) || mariaDbAlone.test(name)) return server?.mariaDb === true;
  return true;
}

function hasUca14({ version }: NamedServer): boolean {
  return atLeast(version, 10, 10);
}

/** MariaDB's name of the language whose order the collation has; null: it has none, or the other server has not. */
export function wordOf(name: string): string | null {
  const code = languageOf(name);
  return languages.find(([each]) => each === code)?.[1] ?? (code !== null && words.has(code) ? code : null);
}

/** As the collation says it: "de_pb", "german2". */
export function languageOf(name: string): string | null {
  const said =
    /^utf8mb4_(\w+)_0900_|_uca1400_(?!nopad_|a[is]_)([a-z0-9]+)_|_(thai|myanmar)_/.exec(name) ?? [];
  const [, mySql, mariaDb, alone] = said;
  if (said.length > 0) return mySql ?? mariaDb ?? alone ?? null;
  const older = /^[a-z0-9]+_([a-z0-9]+)_(?:nopad_)?(?:ci|cs)$/.exec(name)?.[1];
  return older !== undefined && words.has(older) ? older : null;
}
