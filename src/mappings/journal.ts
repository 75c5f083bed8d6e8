import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { basename } from "node:path";
import { GodwitError } from "../core/error.ts";
import type { Target } from "../core/target.ts";
import type { Session } from "../engines/engine.ts";
import { kindOf, passingKinds } from "../run/failure.ts";
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

/** Reads the journal outside of any run; null where there is none. Throws GW2616 for one that is damaged. */
export async function readingJournal<T>(
  project: MappingsProject,
  output: string,
  work: (session: Session) => Promise<T>,
): Promise<T | null> {
  const path = journalOf(output);
  if (!(await isThere(path))) return null;
  try {
    const session = await sessionOutside(
      { ...project, target: project.journalTarget(path) },
      { tag: "godwit mappings" },
    );
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  } catch (error) {
    throw ofJournal(project, output, error);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw fileRefused("read", path, error);
  }
}

/** Codes of a database that cannot be opened, and of one whose ledger cannot be read. */
const unreadable: ReadonlySet<string> = new Set(["GW3001", "GW5006"]);

/** There is no server that could be down, and no privilege that could be missing: the file is not what it was. */
function ofJournal({ engine }: MappingsProject, output: string, error: unknown): unknown {
  const kind = kindOf(engine, error);
  if (passingKinds.has(kind)) return error;
  if (error instanceof GodwitError ? !unreadable.has(error.code) : kind !== "other") return error;
  const [name, journal] = [basename(output), journalOf(output)];
  const native = error instanceof GodwitError ? error.cause : error;
  return new GodwitError("GW2616", {
    message: `${journal} cannot be read: ${engine.errors.classify(native ?? error).message}`,
    hint: `Put a copy of it back, if there is one. Else move it away, and the next migration begins a new one: ${name} stays as it is, but only by hand can it be put back to one of its backups, ${name}.backup.<time>.`,
    details: { output, journal },
    cause: error,
  });
}
