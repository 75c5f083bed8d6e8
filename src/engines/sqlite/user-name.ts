import { userInfo } from "node:os";

/** The operating system's user, which is the only user that SQLite has. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return String(process.getuid?.() ?? "");
  }
}
