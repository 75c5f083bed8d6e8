import type { Emit } from "../core/event.ts";
import type { Fingerprint, Plan } from "../core/plan.ts";
import type { Target } from "../core/target.ts";
import type { Engine, ServerFacts } from "../engines/engine.ts";
import type { ExecuteOptions } from "../run/executor.ts";
import type { GatePolicy } from "../run/gates/policy.ts";
import type { RunSettings } from "../run/perform/context.ts";
import type { Policies } from "./assess.ts";
import type { SnapshotPolicy } from "./keep-rows.ts";

/** What every operation of this feature works on. */
export interface Project {
  readonly engine: Engine;
  readonly target: Target;
  /** Absolute path of the migrations folder. */
  readonly folder: string;
  readonly maxFileBytes: number;
  readonly settings: RunSettings;
  readonly policies: Policies;
  readonly snapshots: SnapshotPolicy;
  readonly gates: GatePolicy;
  /** Where the schema is written after a run; null for nowhere. */
  readonly schemaFile: string | null;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  readonly waitMs: number;
  readonly commandLine?: string | undefined;
}

/** The part of an execution that is the same for every operation. */
export function executionOf(project: Project): Omit<ExecuteOptions, "compile" | "intent"> {
  const { engine, target, settings, gates, emit, signal, waitMs, commandLine } = project;
  return { engine, target, settings, gates, emit, signal, waitMs, commandLine };
}

export function fingerprint(engine: Engine, facts: ServerFacts, historyHead: string): Fingerprint {
  return { engine: engine.id, server: facts.identity, database: facts.database, historyHead };
}

export type { Plan };
