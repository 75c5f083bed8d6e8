import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import type { Target } from "../core/target.ts";
import type { Session } from "../engines/engine.ts";
import { fileRefused } from "../run/files/file-refused.ts";
import { sessionOutside } from "../run/session-outside.ts";
import type { MappingsProject } from "./project.ts";

/** The journal of an output: a database beside it that has the ledger of all its runs. */
export function journalOf(output: string): string {
  return `${output}.godwit.db`;
}

/**
 * Makes the journal, if there is none. It tells names of symbols and paths, so it is its owner's alone; the engine gives
 * the file of its lock the same rights.
 */
export async function makeJournal(project: MappingsProject, output: string): Promise<Target> {
  const path = journalOf(output);
  try {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    const handle = await open(path, flags, 0o600);
    await handle.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw fileRefused("written", path, error);
  }
  return project.journalTarget(path);
}

/** Reads the journal outside of any run; null where there is none. */
export async function readingJournal<T>(
  project: MappingsProject,
  output: string,
  work: (session: Session) => Promise<T>,
): Promise<T | null> {
  const path = journalOf(output);
  try {
    await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileRefused("read", path, error);
  }
  const session = await sessionOutside(
    { ...project, target: project.journalTarget(path) },
    { tag: "godwit mappings" },
  );
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
