import type { DatabaseSync } from "node:sqlite";

/** What a query gives, or null where SQLite refused because a value that it makes is longer than so many bytes. */
export function limited<T>(database: DatabaseSync, bytes: number, action: () => T): T | null {
  const before = database.limits.length;
  database.limits.length = bytes;
  try {
    return action();
  } catch (error) {
    // SQLITE_TOOBIG
    if ((error as { errcode?: number }).errcode === 18) return null;
    throw error;
  } finally {
    database.limits.length = before;
  }
}
