import type { Emit } from "../core/event.ts";
import type { Fingerprint } from "../core/plan.ts";
import type { Target } from "../core/target.ts";
import type { Engine, ServerFacts } from "../engines/engine.ts";
import type { ExecuteOptions } from "../run/executor.ts";
import { noGates } from "../run/gates/policy.ts";
import type { RunSettings } from "../run/perform/context.ts";

/** What every operation on mapping databases works with. */
export interface MappingsProject {
  /** The engine of journals. */
  readonly engine: Engine;
  /** The journal of that path as a database to connect to. */
  readonly journalTarget: (path: string) => Target;
  readonly settings: RunSettings;
  /** An absolute path. */
  readonly cwd: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  readonly waitMs: number;
  readonly commandLine?: string | undefined;
}

/** The part of an execution that is the same for every operation on one output. */
export function executionOf(
  project: MappingsProject,
  target: Target,
): Omit<ExecuteOptions, "compile" | "intent"> {
  const { engine, settings, emit, signal, waitMs, commandLine } = project;
  // What an environment demands is meant for the database that the configuration names, and this is none.
  return { engine, target, settings, gates: noGates, emit, signal, waitMs, commandLine, family: "mappings" };
}

export function fingerprint(engine: Engine, facts: ServerFacts): Fingerprint {
  return { engine: engine.id, server: facts.identity, database: facts.database, historyHead: "" };
}
