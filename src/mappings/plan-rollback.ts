import { existsSync } from "node:fs";
import { basename } from "node:path";
import { GodwitError } from "../core/error.ts";
import type { FileMark, MappingsPlace, MappingsRestored } from "../core/mappings-steps.ts";
import { changeText, isSameContent, markOf } from "../run/files/file-mark.ts";
import { type LedgerState, readRun, type RunRecord } from "../run/ledger.ts";
import { refuseDamaged, unusable } from "../run/perform/mappings-restore.ts";
import { journalOf, readingJournal } from "./journal.ts";
import { refuseOtherName } from "./place-beside.ts";
import { readPlaced } from "./placed.ts";
import { copyOf, type MigrateIntent, refuseInTheWay, stampOf } from "./plan-migration.ts";
import type { MappingsProject } from "./project.ts";
import { changedInput, checkedFiles, intentBeside, litterOf } from "./unfinished.ts";

export interface RollbackChoice {
  /** Also a file that was changed since. */
  readonly force?: boolean | undefined;
  /** Only this run, by the beginning of its id. */
  readonly run?: string | undefined;
}

/** All that a rollback needs to know to go on after a kill; JSON. It is kept with the run. */
export interface RollbackIntent {
  readonly command: "mappings rollback";
  readonly output: string;
  readonly undoes: { readonly runId: string; readonly isWhole: true };
  readonly migration: UndoneMigration;
  readonly files: readonly MappingsRestored[];
  readonly litter: readonly string[];
}

/** What is undone, for people. */
export interface UndoneMigration {
  readonly startedAt: string;
  /** It had not ended. */
  readonly isInterrupted: boolean;
  readonly inputs: readonly string[];
  readonly format: string;
  readonly version: string;
  readonly mappings: number;
}

/**
 * Decides what becomes of each file; changes nothing. Throws GW2609 for a file that was changed since, but not with `force`;
 * GW2610 where the backup is not as it was written; GW2611 where there is nothing to undo, or another run than the one that
 * was asked for.
 */
export async function planRollback(
  project: MappingsProject,
  output: string,
  unfinished: LedgerState | null,
  { force = false, run }: RollbackChoice,
): Promise<RollbackIntent> {
  const undone =
    unfinished?.unfinished === null || unfinished === null
      ? await newestPlaced(project, output)
      : interrupted(unfinished, output);
  refuseOtherRun(output, undone, run);
  const files: MappingsRestored[] = [];
  for (const { place, left, isRecorded } of undone.files) {
    const found = await markOf(place.output);
    // An interrupted run that had not come so far: what is there is none of its making.
    if (left === null || isSameContent(found, place.before)) {
      files.push({ place: { ...place, before: found }, found, keeps: null, isRecorded });
      continue;
    }
    if (!isSameContent(found, left.mark) && !force) {
      throw new GodwitError("GW2609", {
        message: `${place.output} ${changeText(left.mark, found)} since the migration ${undone.runId.slice(0, 8)}`,
        details: { file: place.output, run: undone.runId },
      });
    }
    if (place.before !== null) {
      if (place.backup === null) throw unusable(place.output, "no backup was made of it");
      await refuseDamaged(place.backup);
      refuseInTheWay(place.partial, undone.litter);
    }
    const isLost = found !== null && (!isSameContent(found, left.mark) || (await isNowhereElse(undone)));
    const keeps = isLost ? copyOf(place.output, found, stampOf(new Date())).backup : null;
    files.push({ place, found, keeps, isRecorded });
  }
  return {
    command: "mappings rollback",
    output,
    undoes: { runId: undone.runId, isWhole: true },
    migration: undone.migration,
    files,
    litter: undone.litter,
  };
}

/** Whether what the migration made of its inputs could not be made of them again: they are gone, or are others now. */
async function isNowhereElse({ intent }: Undone): Promise<boolean> {
  try {
    return (await changedInput(intent)) !== null;
  } catch (error) {
    // What cannot be read now may never be again; and it is no reason not to roll back.
    if (error instanceof GodwitError && error.code === "GW2613") return true;
    throw error;
  }
}

/** A run that was killed before it had a record is not there: what is undone is the one before. */
export function refuseOtherRun(
  output: string,
  { runId, migration }: Pick<Undone, "runId" | "migration">,
  wanted: string | undefined,
): void {
  if (wanted === undefined || (wanted.length >= 4 && runId.startsWith(wanted.toLowerCase()))) return;
  throw new GodwitError("GW2611", {
    message: `the migration of ${output} that would be undone is ${runId.slice(0, 8)} of ${migration.startedAt}, and not ${JSON.stringify(wanted.slice(0, 40))}`,
    hint: `\`godwit runs --url sqlite:${journalOf(output)}\` lists the runs. Each rollback undoes the newest migration.`,
    details: { output, run: runId, wanted: wanted.slice(0, 40) },
  });
}

interface Undone {
  readonly runId: string;
  readonly intent: MigrateIntent;
  readonly migration: UndoneMigration;
  readonly files: readonly {
    readonly place: MappingsPlace;
    /** What the run has put there, or that it took it away; null where it had not come so far. */
    readonly left: { readonly mark: FileMark | null } | null;
    readonly isRecorded: boolean;
  }[];
  readonly litter: readonly string[];
}

async function newestPlaced(project: MappingsProject, output: string): Promise<Undone> {
  if (!existsSync(journalOf(output))) {
    throw new GodwitError("GW2611", {
      message: `there is no ${journalOf(output)}: no migration of ${basename(output)} is known that could be rolled back`,
      details: { output, journal: journalOf(output) },
    });
  }
  const placed = (await readPlaced(project, output)).filter(({ state }) => state === "made");
  const [newest] = placed;
  if (newest === undefined) {
    throw new GodwitError("GW2611", {
      message: `the journal of ${output} has no migration that could be rolled back`,
      details: { output, journal: journalOf(output) },
    });
  }
  const { run } = newest.body;
  const files = placed.filter(({ body }) => body.run === run);
  // The database is the one of a run's files that has facts.
  for (const { body } of files) if (body.facts !== undefined) refuseOtherName(body.place.output, output);
  const record = await readingJournal(project, output, (session) => readRun(project.engine, session, run));
  if (record === null) {
    throw new GodwitError("GW2616", {
      message: `${journalOf(output)} tells of files of the run ${run}, and not of that run`,
      details: { output, journal: journalOf(output), run },
    });
  }
  const intent = intentBeside(record.intent as MigrateIntent, output);
  return {
    runId: run,
    intent,
    migration: migrationOf(record, intent),
    files: files.map(({ body: { place, mark } }) => ({ place, left: { mark }, isRecorded: true })),
    litter: [],
  };
}

function interrupted({ unfinished, steps }: LedgerState, output: string): Undone {
  if (unfinished === null) throw new GodwitError("GW9001", { message: "no run to undo" });
  const intent = intentBeside(unfinished.intent as MigrateIntent, output);
  const { database, aside, outdated } = intent.places;
  const checked = checkedFiles(steps);
  const left = (mark: FileMark | null | undefined) => (mark ? { mark } : null);
  return {
    runId: unfinished.id,
    intent,
    migration: migrationOf(unfinished, intent),
    files: [
      { place: database, left: left(checked?.database), isRecorded: false },
      ...(aside === null ? [] : [{ place: aside, left: left(checked?.aside), isRecorded: false }]),
      ...(outdated === null
        ? []
        : [{ place: outdated, left: checked === null ? null : { mark: null }, isRecorded: false }]),
    ],
    litter: litterOf(intent),
  };
}

function migrationOf({ startedAt, state }: RunRecord, { looked, job }: MigrateIntent): UndoneMigration {
  return {
    startedAt,
    isInterrupted: state !== "done",
    inputs: looked.inputs.map(({ file }) => file),
    format: job.target.format,
    version: job.version,
    mappings: looked.mappings,
  };
}
