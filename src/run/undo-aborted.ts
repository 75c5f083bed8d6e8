import { GodwitError } from "../core/error.ts";
import type { Emit } from "../core/event.ts";
import type { GuardSettings, SignalLimits, SignalName } from "../core/guard-settings.ts";
import { signalNames } from "../core/guard-settings.ts";
import type { Engine, Session } from "../engines/engine.ts";
import { changedMarks, type SchemaMarks, schemaMarks } from "./schema-marks.ts";

/** What an undo did, for the message of the run that was aborted. */
export interface UndoReport {
  /** Titles of what was undone, in that order. */
  readonly undone: readonly string[];
  /** What stays of the run, each with the reason. */
  readonly kept: readonly KeptUnit[];
  /** Null where what the schema was before is not known. */
  readonly verified: boolean | null;
  /** Tables and objects that are not as they were before the run. */
  readonly different: readonly string[];
}

export interface KeptUnit {
  readonly title: string;
  readonly why: string;
}

/** What the executor gives to a feature whose run was aborted. */
export interface AbortedRun {
  readonly runId: string;
  readonly reason: string;
  /** The schema before its first step; null where it was not read. */
  readonly before: SchemaMarks | null;
  /** The guard of the undo: what made the run abort must not keep it from being undone. */
  readonly guard: GuardSettings;
}

const off: SignalLimits = { pause: null, abort: null };

/** An undo is held up by operators alone. */
export function guardOfUndo(settings: GuardSettings): GuardSettings {
  const limits = Object.fromEntries(signalNames.map((name) => [name, off])) as Record<
    SignalName,
    SignalLimits
  >;
  return { ...settings, limits, failedBatches: null };
}

/**
 * Compares the schema with what it was before the aborted run. On the session of the undo, before its lock is released,
 * and told as part of its run, so that the event log has it.
 */
export async function verifyUndo(
  engine: Engine,
  session: Session,
  before: SchemaMarks | null,
  emit: Emit,
): Promise<Pick<UndoReport, "verified" | "different">> {
  const different =
    before === null ? [] : changedMarks(before, schemaMarks(await engine.inspect.schema(session)));
  const verdict = { verified: before === null ? null : different.length === 0, different };
  emit({ type: "rollback:verified", ...verdict });
  return verdict;
}

/** Undoes what an aborted run did, and says with its error what came of that. */
export async function undoAborted(
  error: GodwitError,
  aborted: AbortedRun,
  undo: (aborted: AbortedRun) => Promise<UndoReport>,
  emit: Emit,
): Promise<GodwitError> {
  let report: UndoReport;
  try {
    report = await undo(aborted);
  } catch (cause) {
    const why = (cause as Error).message;
    const failure = cause instanceof GodwitError ? cause.toJSON() : { message: why };
    return new GodwitError("GW8006", {
      message: `${error.message}; undoing what the run had done failed: ${why}`,
      details: { ...error.details, undo: { failed: failure } },
      outcome: "changed",
      cause,
    });
  }
  const { undone, kept, verified } = report;
  emit({
    type: "rollback:finished",
    undone,
    kept: kept.map(({ title }) => title),
    verified: verified === true,
  });
  const isBack = kept.length === 0 && verified !== false;
  return new GodwitError("GW8002", {
    message: `${error.message}; ${undoText(report)}`,
    ...(isBack
      ? { hint: "Look at what the message names; then run the same command again, from the start." }
      : {}),
    details: { ...error.details, undo: report },
    outcome: isBack ? "unchanged" : "changed",
  });
}

function undoText({ undone, kept, verified, different }: UndoReport): string {
  const stays = kept.map(({ title, why }) => `${title} (${why})`).join(", ");
  const parts = [
    undone.length === 0 ? "nothing was undone" : `undone: ${undone.join(", ")}`,
    ...(kept.length === 0 ? [] : [`not undone: ${stays}`]),
    ...(undone.length === 0 ? [] : [schemaText(verified, different, kept.length > 0)]),
  ];
  return parts.join("; ");
}

function schemaText(verified: boolean | null, different: readonly string[], isPart: boolean): string {
  if (verified === true) return "the schema is as it was before the run";
  if (verified === null) return "the schema was not compared, since it was not read before the run";
  const names = different.slice(0, 8).join(", ");
  const more = different.length > 8 ? ` and ${different.length - 8} more` : "";
  return `the schema is not as it was before the run${isPart ? ", as is to be expected" : ""}: ${names}${more}`;
}
