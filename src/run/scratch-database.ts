import { randomBytes } from "node:crypto";
import { GodwitError } from "../core/error.ts";
import type { Target } from "../core/target.ts";
import type { BackupRole } from "../engines/backup-role.ts";
import type { Session } from "../engines/engine.ts";
import { type Outside, sessionOutside } from "./session-outside.ts";
import { within } from "./within.ts";

/** How it is said that there can be no scratch database, or that one is left. */
export interface ScratchFailure {
  readonly code: "GW8109" | "GW8208";
  readonly hint: string;
}

/**
 * Works in a database of its own that is made beside the target, and drops it after. An interruption ends the work and
 * not the dropping, so no signal is asked here. One that could not be dropped is told as a warning.
 */
export async function inScratchDatabase<T>(
  outside: Outside,
  { scratch: role }: BackupRole,
  { code, hint }: ScratchFailure,
  work: (scratch: Target) => Promise<T>,
): Promise<T> {
  const { engine, target, emit } = outside;
  const name = `godwit_scratch_${randomBytes(6).toString("hex")}`;
  await beside(outside, async (session) => {
    try {
      await role.create(session, name);
    } catch (error) {
      const message = `a scratch database could not be made beside ${target.display}: ${engine.errors.classify(error).message}`;
      throw new GodwitError(code, { message, hint, cause: error });
    }
  });
  try {
    return await work(role.target(target, name));
  } finally {
    await beside(outside, (session) => role.drop(session, name)).catch((error: unknown) => {
      const message = `the scratch database ${name} could not be dropped, and is left: ${(error as Error).message}`;
      emit({ type: "warning:raised", code, message });
    });
  }
}

/** Making or dropping an empty database takes no longer. */
const patienceMs = 60_000;

async function beside(outside: Outside, work: (session: Session) => Promise<void>): Promise<void> {
  const session = await sessionOutside(outside, { tag: "godwit scratch" });
  try {
    await within(patienceMs, outside.target.display, work(session));
  } finally {
    await session.close();
  }
}
