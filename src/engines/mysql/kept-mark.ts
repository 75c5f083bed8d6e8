/** Begins the comment of a table of kept rows: it is the ledger's kind, and no part of the user's schema. */
export const keptMark = "godwit: rows kept before a change";

export function isKept(comment: unknown): boolean {
  return String(comment ?? "").startsWith(keptMark);
}
