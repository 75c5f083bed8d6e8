import { GodwitError } from "../core/error.ts";
import type { Emit } from "../core/event.ts";
import type { Fingerprint } from "../core/plan.ts";
import type { Target } from "../core/target.ts";
import type { Engine, ServerFacts, Session } from "../engines/engine.ts";
import type { ExecuteOptions } from "../run/executor.ts";
import { type GatePolicy, noGates } from "../run/gates/policy.ts";
import { sessionOutside } from "../run/session-outside.ts";
import type { RunSettings } from "../run/perform/context.ts";

/** What every operation on backups works on. */
export interface BackupProject {
  readonly engine: Engine;
  readonly target: Target;
  /** With the key of archives, where there is one. */
  readonly settings: RunSettings;
  /** Of the configuration. A restore asks which database it is, and nothing else. */
  readonly gates: GatePolicy;
  /** Where backups are written that were given no name; an absolute path. */
  readonly folder: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  readonly waitMs: number;
  readonly commandLine?: string | undefined;
}

/** The part of an execution that is the same for every operation. */
export function executionOf(project: BackupProject): Omit<ExecuteOptions, "compile" | "intent"> {
  const { engine, target, settings, emit, signal, waitMs, commandLine } = project;
  // A backup changes nothing, and what a restore demands it asks for itself: it is no change that people plan.
  return { engine, target, settings, gates: noGates, emit, signal, waitMs, commandLine };
}

export function fingerprint(engine: Engine, facts: ServerFacts): Fingerprint {
  return { engine: engine.id, server: facts.identity, database: facts.database, historyHead: "" };
}

/** The engine's part. Throws GW8208 where it has none. */
export function backupRole({ backup, traits }: Engine) {
  if (backup !== undefined) return backup;
  throw new GodwitError("GW8208", { message: `${traits.title} databases cannot be backed up` });
}

/** Works on a session of its own, outside of any run. */
export async function withSession<T>(
  project: BackupProject,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await sessionOutside(project, { tag: "godwit backup" });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
