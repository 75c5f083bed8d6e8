import type { Emit } from "../../core/event.ts";
import type { GuardSettings } from "../../core/guard-settings.ts";
import type { Step } from "../../core/plan.ts";
import type { Engine, HostLimits, Session } from "../../engines/engine.ts";
import type { Crew } from "../crew.ts";
import type { Guard } from "../guard/guard.ts";
import type { Durations, RunLedger } from "../run-ledger.ts";
import type { Monitor } from "../monitor.ts";

export interface RunSettings {
  readonly lockTimeoutMs: number;
  readonly lockRetries: number;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly guard: GuardSettings;
  /** What may go on at the server at a time, by all processes. */
  readonly hostLimits: HostLimits;
  /** Mapping databases are worked on in threads of their own, because several are at the same time. */
  readonly ownThreads?: boolean;
  /** The key of archives, 32 bytes. It is no part of any plan: plans are kept. */
  readonly archiveKey?: Uint8Array | null;
}

/** What a performer works with: one attempt of a run on one session. */
export interface StepContext {
  readonly engine: Engine;
  readonly session: Session;
  /** Further sessions, for steps that use several, and the source's. */
  readonly crew: Crew;
  readonly ledger: RunLedger;
  readonly monitor: Monitor | null;
  readonly guard: Guard;
  readonly settings: RunSettings;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
  /** When the unit's first step of this attempt began, by performance.now(). */
  readonly unitStart: number;
  /** Position of the step in the plan. */
  readonly ordinal: number;
  /** The step after this one, whose intent can be written with this one's completion. */
  readonly next: Step | undefined;
  /** Intents that are written already: what the probe captured, by step key. */
  readonly intents: Map<string, unknown>;
  /** Steps of this run that are done, with what their record keeps; scripts add their statements as they go. */
  readonly done: Map<string, DoneStep>;
  /** Statements of scripts that an interrupted run announced; settled when the script comes to them. */
  readonly open: Map<string, OpenPart>;
  /** Brings the session back to how the step found it, before it is tried again; null where nothing can have changed. */
  readonly restore: (() => Promise<void>) | null;
}

/** The intent of a script's statement whose outcome is not known yet. */
export interface OpenPart {
  readonly hash: string;
  /** JSON: the effect, and what the probe captured before it. */
  readonly captured: string | null;
}

export interface DoneStep {
  readonly hash: string;
  readonly kept: unknown;
}

export function durations({ unitStart }: StepContext, stepStart: number): Durations {
  const now = performance.now();
  return { stepMs: now - stepStart, unitMs: now - unitStart };
}
