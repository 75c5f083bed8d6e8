import { dirname } from "node:path";
import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { FileMark } from "../core/mappings-steps.ts";
import { isSameContent, markOf } from "../run/files/file-mark.ts";
import { type LedgerState, readLedger } from "../run/ledger.ts";
import type { CheckedMappings } from "../run/perform/mappings-check.ts";
import { readingJournal } from "./journal.ts";
import { type Located, realPlace } from "./locate.ts";
import { askedOf, type MigrateChoice, type MigrateIntent } from "./plan-migration.ts";
import { copyBeside, pathBeside, placeBeside, refuseOtherName } from "./place-beside.ts";
import type { MappingsProject } from "./project.ts";
import { keys } from "./steps.ts";

/** The output that a run wants to go on with; null where its journal has no such run. */
export async function unfinishedOf(project: MappingsProject, output: string): Promise<LedgerState | null> {
  const state = await readingJournal(project, output, (session) =>
    readLedger(project.engine, session, "mappings"),
  );
  return state === null || state.unfinished === null ? null : state;
}

/** What an interrupted run is to this one. */
export type Open =
  | { readonly goesOn: true; readonly runId: string; readonly intent: MigrateIntent }
  | { readonly goesOn: false; readonly runId: string; readonly intent: MigrateIntent; readonly why: string };

/** Throws GW2612 where the interrupted run has to be ended first. */
export async function judge(
  { unfinished, steps }: LedgerState,
  located: Located,
  choice: MigrateChoice & { readonly resume?: boolean | undefined },
): Promise<Open> {
  if (unfinished === null) throw new GodwitError("GW9001", { message: "no run to judge" });
  const { id: runId } = unfinished;
  const { command } = unfinished.intent as { readonly command?: string };
  if (command !== "mappings migrate") {
    throw new GodwitError("GW2612", {
      message: `the rollback ${runId.slice(0, 8)} of ${located.output} was interrupted`,
      hint: `Run it again to end it: \`godwit mappings rollback ${located.output}\`.`,
      details: { run: runId },
    });
  }
  const begun = unfinished.intent as MigrateIntent;
  const intent = intentBeside(begun, located.output);
  const { database } = intent.places;
  const files = checkedFiles(steps);
  const checked = files?.database ?? null;
  const now = await markOf(database.output);
  const placed = await placedOf(intent, files);
  if (begun.output !== intent.output) {
    // Its steps have the old paths, so they cannot be gone on with.
    if (placed !== null) {
      const was = pathBeside(placed, begun.output);
      throw new GodwitError("GW2612", {
        message: `the run ${runId.slice(0, 8)} was interrupted when its file was in the place of ${was}, and that is ${placed} now`,
        hint: `Undo it with \`godwit mappings rollback ${located.output}\`, and migrate again.`,
        details: { run: runId, output: located.output, begun: begun.output },
      });
    }
    return { goesOn: false, runId, intent, why: `it was begun as ${begun.output}` };
  }
  const isSame = digest(intent.asked) === digest(askedOf(located, choice));
  if (!isSame && choice.resume !== true) {
    if (placed !== null) {
      throw new GodwitError("GW2612", {
        message: `the run ${runId.slice(0, 8)}, which was asked for something else, was interrupted when its file was in the place of ${placed}`,
        details: { run: runId, output: located.output },
      });
    }
    return { goesOn: false, runId, intent, why: "it was asked for something else" };
  }
  if (placed !== null) {
    const changed = choice.resume === true ? null : await changedInput(intent);
    if (changed === null) return { goesOn: true, runId, intent };
    throw new GodwitError("GW2612", {
      message: `${changed} was changed since the run ${runId.slice(0, 8)}, which was interrupted when its file was in the place of ${placed}: that has what was read then`,
      hint: `End that run with \`godwit mappings migrate --resume --out ${located.output}\`, or undo it with \`godwit mappings rollback ${located.output}\`; then migrate again.`,
      details: { run: runId, output: located.output, changed },
    });
  }
  const why =
    (choice.resume === true ? null : carefulness(intent, choice)) ??
    (await hindrance(intent, checked, now, isDone(steps, keys.write)));
  return why === null ? { goesOn: true, runId, intent } : { goesOn: false, runId, intent, why };
}

/**
 * The file of an interrupted run that is in its place already; null where none is. What is kept aside comes to its place
 * first: a run that began anew would find it beside the old database, whose own it has replaced.
 */
async function placedOf(
  { places: { database, aside } }: MigrateIntent,
  files: ReturnType<typeof checkedFiles>,
): Promise<string | null> {
  for (const [place, mark] of [
    [database, files?.database ?? null],
    [aside, files?.aside ?? null],
  ] as const) {
    if (place === null || mark === null) continue;
    const now = await markOf(place.output);
    if (isSameContent(now, mark) && !isSameContent(now, place.before)) return place.output;
  }
  return null;
}

/** What an interrupted run wants, in the folder in which its journal is now. Throws GW2611 for a journal of another output. */
export function intentBeside(intent: MigrateIntent, output: string): MigrateIntent {
  refuseOtherName(intent.output, output);
  if (intent.output === output) return intent;
  const { places, copies, litter } = intent;
  const isBeside = (path: string): boolean => dirname(path) === dirname(intent.output);
  return {
    ...intent,
    output,
    places: {
      database: placeBeside(places.database, output),
      aside: places.aside && placeBeside(places.aside, output),
      outdated: places.outdated && placeBeside(places.outdated, output),
    },
    // What it may have left elsewhere is not this folder's.
    copies: copies.filter(({ backup }) => isBeside(backup)).map((copy) => copyBeside(copy, output)),
    litter: litter.filter(isBeside).map((path) => pathBeside(path, output)),
  };
}

/** In which way the same is asked for with more care than the interrupted run was begun with; null where it is not. */
function carefulness({ places, looked }: MigrateIntent, choice: MigrateChoice): string | null {
  const { before, backup } = places.database;
  if (before !== null && choice.force !== true) return "it was begun with --force";
  if (before !== null && backup === null && choice.backup !== false) return "it was begun with --no-backup";
  return choice.strict === true && looked.conflicts > 0 ? "it was begun without --strict" : null;
}

/** Why a run that has placed nothing cannot go on; null where it can. */
async function hindrance(
  intent: MigrateIntent,
  checked: FileMark | null,
  now: FileMark | null,
  isWritten: boolean,
): Promise<string | null> {
  const { database } = intent.places;
  if (!isSameContent(now, database.before)) return `${database.output} was changed since`;
  if (isWritten) {
    const beside = await markOf(database.partial);
    if (beside === null) return `${database.partial} is gone`;
    if (checked !== null && !isSameContent(beside, checked)) return `${database.partial} was changed since`;
  }
  // Also where they were read already: whoever runs it again wants what they hold now.
  const changed = await changedInput(intent);
  return changed === null ? null : `${changed} was changed since`;
}

/** The first of the files that were read which is another one now; what the run itself replaces is none. */
export async function changedInput({
  places: { database, aside, outdated },
  job,
}: MigrateIntent): Promise<string | null> {
  const own = new Set([database, aside, outdated].map((place) => place?.output));
  const inputs = job.inputs.flatMap((input) => [input, ...(input.restores === null ? [] : [input.restores])]);
  for (const { file, bytes, sha256 } of inputs) {
    if (own.has(realPlace(file))) continue;
    const mark = await markOf(file);
    if (mark?.sha256 !== sha256 || mark.bytes !== bytes) return file;
  }
  return null;
}

function isDone(steps: LedgerState["steps"], key: string): boolean {
  return steps.some((step) => step.key === key && step.state === "done");
}

/** The marks of the files that an interrupted run has written and read back; null where it had not come so far. */
export function checkedFiles(
  steps: LedgerState["steps"],
): Pick<CheckedMappings, "database" | "aside"> | null {
  const step = steps.find(({ key, state }) => key === keys.check && state === "done");
  const kept = JSON.parse(step?.captured ?? "null") as { readonly result?: CheckedMappings } | null;
  return kept?.result ?? null;
}

/** What an interrupted run may have left beside its places. */
export function litterOf({ places: { database, aside }, copies, litter }: MigrateIntent): string[] {
  return [
    ...litter,
    database.partial,
    ...(aside === null ? [] : [aside.partial]),
    ...copies.map(({ backup }) => `${backup}.partial`),
  ];
}

/** What whatever run was interrupted on an output may have left beside it. */
export async function leftBeside(project: MappingsProject, output: string): Promise<readonly string[]> {
  const intent = (await unfinishedOf(project, output))?.unfinished?.intent;
  const { command } = (intent ?? {}) as { readonly command?: string };
  return command === "mappings migrate" ? litterOf(intentBeside(intent as MigrateIntent, output)) : [];
}
