/**
 * Versions are compared part by part as whole numbers of any size: 1.10 comes after 1.9, 20260131093000 after
 * both, and 1.0 equals 1. The canonical text (no leading zeros in Flyway's form, no trailing ".0") is the key of
 * the history.
 */
export function canonicalVersion(text: string): string {
  // A time, the usual case, is canonical as it is.
  if (/^[1-9]\d*$/.test(text)) return text;
  const parts = text.split(/[._]/).map((part) => BigInt(part));
  while (parts.length > 1 && parts.at(-1) === 0n) parts.pop();
  return parts.join(".");
}

/**
 * Negative, zero or positive, as for sort. Takes canonical versions. What is none, as in a history row that somebody
 * edited, comes before all of them: it has to be shown, not tripped over.
 */
export function compareVersions(a: string, b: string): number {
  // Times of one length, the usual case, compare as text does.
  if (a.length === b.length && digits.test(a) && digits.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (!canonical.test(a) || !canonical.test(b)) {
    return Number(canonical.test(a)) - Number(canonical.test(b)) || (a < b ? -1 : a > b ? 1 : 0);
  }
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [BigInt(left[i] ?? 0), BigInt(right[i] ?? 0)];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Whether a text given by a user can be a version at all. */
export function isVersion(text: string): boolean {
  return /^\d{1,30}([._]\d{1,30}){0,9}$/.test(text);
}

const digits = /^\d+$/;
const canonical = /^\d+(\.\d+)*$/;
