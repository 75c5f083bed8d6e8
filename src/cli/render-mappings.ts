import type { MappingsFacts } from "../core/mappings-steps.ts";
import type { Step } from "../core/plan.ts";
import {
  type ComparedFiles,
  conflictText,
  type MigratedFile,
  type MigrationPlan,
  type RollbackPreview,
  type RolledBackFile,
  type ValidatedFile,
} from "../mappings/index.ts";
import { bytesText, countText, durationText, numberText, timeText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { nearPaths } from "./render-error.ts";
import { tableText } from "./table.ts";
import { oneLine } from "./visible-text.ts";

interface Look {
  readonly paint: Paint;
  readonly cwd: string;
}

/** So many are shown to people; JSON has more. */
const mostShown = 20;

export interface MigratedForPeople extends MigratedFile {
  /** What stands before the action, for the next commands: "godwit mappings". */
  readonly program: string;
  /** Of the journal. */
  readonly url: string;
}

/** What was done, the comparison of the two formats, and what to do next. */
export function migratedText(result: MigratedForPeople, look: Look): string {
  const { output, facts, durationMs, backups, aside, looked, format, version } = result;
  const { green, yellow } = look.paint;
  const near = (file: string) => oneLine(nearPaths(file, look.cwd));
  const faults = Object.values(looked.faults).reduce((sum, count) => sum + count, 0);
  return [
    `${green("migrated")} ${countText(facts.mappings, "mapping")} into ${near(output)} (${format} ${version}) in ${durationText(durationMs)}; it was read back and holds what was read\n`,
    ...backups.map(({ file, backup }) => `backed up ${near(file)} as ${near(backup)}\n`),
    ...(aside === null ? [] : [`kept aside what version ${version} has no place for: ${near(aside)}\n`]),
    ...mergeText(looked.merge),
    ...(looked.conflicts === 0
      ? []
      : [
          `${yellow(countText(looked.conflicts, "contradiction"))} between the files: what stands now is told with each\n`,
        ]),
    ...(faults === 0 ? [] : [`mended ${countText(faults, "fault")}\n`]),
    "\n",
    comparisonText(result),
    `\nNext:\n${nextText(result, look)}`,
  ].join("");
}

function mergeText(merge: MigratedFile["looked"]["merge"]): string[] {
  if (merge === null) return [];
  const { read, repeated, usage } = merge;
  return [
    `${countText(read, "mapping")} of several files: ${numberText(repeated)} stood there before; usage counts ${usage.read} as read, ${usage.written} as written\n`,
  ];
}

/** As the original tool ends: both sizes, what is saved, and how much faster the new file is read. */
function comparisonText(result: MigratedFile): string {
  const { format, bytes, looked, load } = result;
  const from = looked.inputs.every((input) => input.format === "json")
    ? "json"
    : looked.inputs.every((input) => input.format === "msgpack")
      ? "msgpack"
      : null;
  const before = looked.inputs.reduce((sum, input) => sum + input.bytes, 0);
  if (from === null || from === format) {
    return tableText([
      ["before", bytesText(before), `read in ${durationText(load.before)}`],
      ["after", bytesText(bytes), `read in ${durationText(load.after)}`],
    ]);
  }
  const json = from === "json" ? { bytes: before, ms: load.before } : { bytes, ms: load.after };
  const packed = from === "json" ? { bytes, ms: load.after } : { bytes: before, ms: load.before };
  return tableText([
    ["JSON", bytesText(json.bytes), `loaded in ${durationText(json.ms)}`],
    ["MessagePack", bytesText(packed.bytes), `loaded in ${durationText(packed.ms)}`],
    ["reduction", json.bytes === 0 ? "" : `${((1 - packed.bytes / json.bytes) * 100).toFixed(1)} %`, ""],
    ["load speed", `${(json.ms / Math.max(0.01, packed.ms)).toFixed(1)} times that of JSON`, ""],
  ]);
}

function nextText({ output, program, url, facts }: MigratedForPeople, { cwd }: Look): string {
  const file = oneLine(nearPaths(output, cwd));
  return tableText([
    [`${program} show ${file} --format stats`, `look at ${countText(facts.mappings, "mapping")}`],
    [`${program} rollback ${file}`, "undo it"],
    [`godwit report --url ${oneLine(nearPaths(url, cwd))}`, "what this run did"],
  ]);
}

export function migratedDocument(result: MigratedFile): Record<string, unknown> {
  const { plan, ...rest } = result;
  return { ...rest, planHash: plan?.hash ?? null };
}

type Planned = MigrationPlan & { readonly steps: readonly Step[] };

export function plannedDocument({
  intent,
  look,
  keepsAside,
  leavesOut,
  steps,
}: Planned): Record<string, unknown> {
  const { inputs, facts, conflicts, conflictCount, faults, faultCounts, merge } = look;
  return {
    output: intent.output,
    format: intent.job.target,
    version: intent.job.version,
    inputs,
    facts,
    replaces: intent.places.database.before,
    backups: intent.copies.map(({ file, backup }) => ({ file, backup })),
    keepsAside,
    leavesOut,
    merge,
    conflictCount,
    conflicts,
    faultCounts,
    faults,
    steps: steps.map(({ key, title, undo }) => ({ key, title, undo })),
  };
}

/** What a run would do, with everything that it would decide. */
export function plannedText(
  { intent, look, keepsAside, leavesOut, steps }: Planned,
  { paint, cwd }: Look,
): string {
  const near = (file: string) => oneLine(nearPaths(file, cwd));
  const inputs = look.inputs.map(({ file, format, version, bytes, mappings }) => [
    near(file),
    `${format.format} ${version}`,
    bytesText(bytes),
    countText(mappings, "mapping"),
  ]);
  return [
    `${paint.bold(near(intent.output))} would be made of\n`,
    tableText(inputs, { right: [2, 3] }),
    `${factsText(look.facts)}\n`,
    ...steps.map(({ title }, n) => `  ${n + 1}. ${oneLine(title, 300)}\n`),
    ...keepsAside.map((what) => `kept aside: ${oneLine(what, 300)}\n`),
    ...leavesOut.map((what) => `${paint.yellow("warning")}: ${oneLine(nearPaths(what, cwd), 500)}\n`),
    ...mergeText(look.merge),
    ...listText(
      look.conflicts.map((conflict) => conflictText(conflict)),
      look.conflictCount,
      "contradiction",
      paint,
    ),
    ...faultsText(look, paint),
    "nothing was changed\n",
  ].join("");
}

function faultsText(
  { faults, faultCounts }: Pick<ValidatedFile, "faults" | "faultCounts">,
  paint: Paint,
): string[] {
  const count = Object.values(faultCounts).reduce((sum, each) => sum + each, 0);
  return listText(
    faults.map(
      ({ kind, index, original, context, problem, mend }) =>
        `${kind}: mapping ${index + 1}, ${original} (${context}): ${problem}; --clean ${mend}`,
    ),
    count,
    "fault",
    paint,
  );
}

function listText(lines: readonly string[], count: number, what: string, { yellow }: Paint): string[] {
  if (count === 0) return [];
  const more = count - Math.min(lines.length, mostShown);
  return [
    `${yellow(countText(count, what))}\n`,
    ...lines.slice(0, mostShown).map((line) => `  ${oneLine(line, 300)}\n`),
    ...(more > 0 ? [`  and ${numberText(more)} more; --json has the first 1,000\n`] : []),
  ];
}

/** "1,200 mappings (800 Class, 400 Method) in 3 contexts, 2 patterns" */
function factsText({ mappings, types, contexts, otherContexts, patterns }: MappingsFacts): string {
  const kinds = types.map(([name, count]) => `${numberText(count)} ${oneLine(name)}`).join(", ");
  const places = `${numberText(contexts.length)}${otherContexts > 0 ? " and more" : ""}`;
  return `${countText(mappings, "mapping")}${kinds === "" ? "" : ` (${kinds})`} in ${places} ${contexts.length === 1 ? "context" : "contexts"}, ${countText(patterns, "pattern")}`;
}

export function validatedDocument(file: ValidatedFile): Record<string, unknown> {
  return { ...file };
}

export function validatedText(file: ValidatedFile, { paint, cwd }: Look): string {
  return [
    `${paint.green("valid")} ${oneLine(nearPaths(file.file, cwd))}: ${file.format}, version ${file.version}, ${bytesText(file.bytes)}, read in ${durationText(file.readMs)}\n`,
    `${factsText(file.facts)}\n`,
    `content ${file.facts.content}\n`,
    ...faultsText(file, paint),
  ].join("");
}

/** Which migration would be undone, and what would become of each file. */
export function rollbackPreviewText(
  { output, undone, migration, continues, files }: RollbackPreview,
  { paint, cwd }: Look,
): string {
  const near = (file: string) => oneLine(nearPaths(file, cwd));
  const { startedAt, isInterrupted, inputs, format, version, mappings } = migration;
  const [first = "", ...others] = inputs;
  const from = `${near(first)}${others.length === 0 ? "" : ` and ${countText(others.length, "other file")}`}`;
  const what = `the ${isInterrupted ? "interrupted " : ""}migration of ${timeText(startedAt)}, run ${undone.slice(0, 8)}`;
  const words = {
    restored: (backup: string | null) =>
      `gets its old bytes back${backup === null ? "" : ` from ${near(backup)}`}`,
    removed: () => "is removed: there was none before",
    untouched: () => "stays as it is: that run had not changed it",
  } as const;
  return [
    continues ? `This goes on with a rollback that was interrupted, of ${what}\n` : `This undoes ${what}\n`,
    `  ${from} to ${near(output)} (${format} ${version}), ${countText(mappings, "mapping")}\n`,
    ...files.map(({ file, became, from: backup, kept }) => {
      const copy = kept === null ? "" : `; what is there is kept as ${near(kept)}`;
      return `  ${paint.bold(near(file))} ${words[became](backup)}${copy}\n`;
    }),
  ].join("");
}

export function rolledBackText(
  { files, undone, migration, durationMs }: RolledBackFile,
  { paint, cwd }: Look,
): string {
  const words = {
    restored: "has its old bytes again",
    removed: "is gone, as before",
    untouched: "was not touched by that run",
  } as const;
  return [
    `${paint.green("rolled back")} run ${undone.slice(0, 8)} of ${timeText(migration.startedAt)} in ${durationText(durationMs)}\n`,
    ...files.map(({ file, became, kept }) => {
      const copy = kept === null ? "" : `; what was there is kept as ${oneLine(nearPaths(kept, cwd))}`;
      return `  ${oneLine(nearPaths(file, cwd))} ${words[became]}${copy}\n`;
    }),
  ].join("");
}

export function diffText(diff: ComparedFiles, { paint, cwd }: Look): string {
  const { before, after, added, removed, changed, equal, differences, beside } = diff;
  const names = `${oneLine(nearPaths(before, cwd))} and ${oneLine(nearPaths(after, cwd))}`;
  if (diff.isEqual) return `${paint.green("equal")}: ${names}, ${countText(equal, "mapping")}\n`;
  const signs = { added: paint.green("+"), removed: paint.red("-"), changed: paint.yellow("~") } as const;
  const line = (
    { change, members }: (typeof differences | typeof beside.differences)[number],
    what: string,
  ) => {
    const parts = members.map(({ member, before, after }) => `${member} ${before} → ${after}`);
    return `  ${signs[change]} ${oneLine(`${what}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`, 400)}\n`;
  };
  const more = (count: number) => (count > 0 ? [`  and ${numberText(count)} more\n`] : []);
  return [
    `${paint.red("different")}: ${names}: ${numberText(added)} added, ${numberText(removed)} removed, ${numberText(changed)} changed, ${numberText(equal)} equal\n`,
    ...differences.map((one) => line(one, `${one.original} (${one.context})`)),
    ...more(added + removed + changed - differences.length),
    ...(beside.count === 0 ? [] : [`beside the mappings ${countText(beside.count, "difference")}\n`]),
    ...beside.differences.map((one) => line(one, one.name === "" ? one.part : `${one.part} ${one.name}`)),
    ...more(beside.count - beside.differences.length),
  ].join("");
}
