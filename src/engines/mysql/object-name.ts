import { createHash } from "node:crypto";

/** Of characters: names are kept in UTF-8 of three bytes. */
const longestName = 64;

export function refusesName(name: string): string | null {
  if (name.length > longestName)
    return `is longer than the ${longestName} characters that MySQL and MariaDB keep`;
  // MariaDB refuses it, and MySQL makes a question mark of it.
  if (/[^\0-\uffff]/u.test(name))
    return "has a character beyond U+FFFF, which MySQL and MariaDB do not keep in names";
  return name.endsWith(" ") ? "ends with a space, which MySQL and MariaDB take in no name" : null;
}

/** Changed where it cannot be, with a hash of the whole where it is cut: two names stay two. */
export function fitName(name: string): string {
  const kept = name.replaceAll(/[^\0-\uffff]/gu, "_").replace(/ +$/, (spaces) => "_".repeat(spaces.length));
  if (kept.length <= longestName && kept === name) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${kept.slice(0, longestName - 9)}_${hash}`;
}
