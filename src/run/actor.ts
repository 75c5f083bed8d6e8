import { userInfo } from "node:os";

let actorName: string | undefined;

/** Who runs this: GODWIT_ACTOR, or the operating system's user. */
export function actor(): string {
  actorName ??= process.env.GODWIT_ACTOR ?? userName();
  return actorName;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a uid that has no name.
    return `uid ${process.getuid?.() ?? "?"}`;
  }
}
