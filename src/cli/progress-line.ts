import type { ProgressSnapshot } from "../core/progress.ts";
import { describeHolder } from "../run/lock.ts";
import { type TableProgress, tablePace } from "../core/table-progress.ts";
import { bytesText, durationText, numberText } from "./amounts.ts";
import { fitText, textWidth } from "./text-width.ts";
import { oneLine } from "./visible-text.ts";

const barCells = 24;
/** More tables at once than there are jobs are seldom, and a display that is higher than its terminal flickers. */
const tablesShown = 8;

/**
 * The lines that show where a run stands: the whole with a bar, what runs now, why nothing goes on. Each takes at
 * most `columns` cells. Without colours, so that they can be cut.
 */
export function progressLines(snapshot: ProgressSnapshot, nowMs: number, columns: number): string[] {
  const tables = snapshot.tables.filter(({ state }) => state === "copying").slice(0, tablesShown);
  const details = [
    workText(snapshot, nowMs),
    ...tables.map(tableProgressText),
    waitText(snapshot, nowMs),
  ].filter((text) => text !== null);
  const lines = [headLine(snapshot, nowMs, columns), ...details.map((text) => `  ${text}`)];
  return lines.map((line) => fitText(line, columns));
}

function headLine(snapshot: ProgressSnapshot, nowMs: number, columns: number): string {
  const { kind, unitsDone, unitsTotal, startedMs } = snapshot;
  const elapsed = durationText(Math.max(0, nowMs - (startedMs ?? nowMs)));
  if (kind === null) {
    const doing = snapshot.tables.length > 0 ? "looking" : "connecting";
    return `${snapshot.phase === "waiting" ? "waiting for the run lock" : doing}  ${elapsed}`;
  }
  const verb = verbs[kind];
  const count = `${numberText(unitsDone)}/${numberText(unitsTotal)}`;
  const rest = `${verb}  ${count}  ${elapsed}`;
  const room = Math.min(barCells, columns - textWidth(rest) - 4);
  return room < 6
    ? rest
    : `${verb}  ${barText(unitsTotal === 0 ? 0 : unitsDone / unitsTotal, room)}  ${count}  ${elapsed}`;
}

const verbs = {
  apply: "applying",
  rollback: "rolling back",
  record: "recording",
  copy: "copying",
  backup: "backing up",
  restore: "restoring",
  mappings: "migrating",
} as const;

/** What is done now: the migration, its statement, and what is known of its progress. */
export function workText(snapshot: ProgressSnapshot, nowMs: number): string | null {
  const { unit, statement, activity, rows } = snapshot;
  if (unit === null) return null;
  const parts = [oneLine(unit.title)];
  if (rows !== null) {
    const total = rows.total === null ? "" : `/${numberText(rows.total)}`;
    parts.push(`${numberText(rows.done)}${total} ${oneLine(rows.unit)}`);
    if (rows.total !== null && rows.total > 0) parts.push(percentText(rows.done, rows.total));
    if (rows.rate !== null) parts.push(`${numberText(rows.rate)}/s`);
    if (rows.etaMs !== null) parts.push(`ETA ${durationText(rows.etaMs)}`);
  } else if (statement !== null) {
    const number = statement.count > 1 ? ` (${statement.index + 1} of ${statement.count})` : "";
    parts.push(`line ${statement.line}: ${oneLine(statement.label)}${number}`);
    parts.push(durationText(Math.max(0, nowMs - statement.startedMs)));
    if (activity !== null) parts.push(activityText(activity));
  }
  return parts.join("  ");
}

/** "orders  copying  340,000 of about 1,000,000 rows  75 MB  34%  120,000/s  ETA 5.5 s" */
export function tableProgressText(table: TableProgress): string {
  const { state, rows, bytes, estimatedRows, chunks, chunksDone, words } = table;
  const pace = state === "copying" ? tablePace(table) : null;
  const total = estimatedRows > rows && state === "copying" ? ` of about ${numberText(estimatedRows)}` : "";
  return [
    oneLine(table.table),
    wordOf(state, words),
    `${numberText(rows)}${total} ${words?.counted ?? "rows"}`,
    bytesText(bytes),
    ...(state === "copying" && chunks > 0 ? [percentText(chunksDone, chunks)] : []),
    ...(pace === null ? [] : [`${numberText(pace.rate)}/s`, `ETA ${durationText(pace.etaMs)}`]),
  ].join("  ");
}

function wordOf(state: TableProgress["state"], words: TableProgress["words"]): string {
  if (words === undefined || state === "equal" || state === "different") return state;
  return state === "copying" ? words.doing : words.done;
}

/** Why nothing goes on, whose locks are in the way, or that it goes on slowly; null when nothing is. */
export function waitText(snapshot: ProgressSnapshot, nowMs: number): string | null {
  const { pauseReason, pauseUntilMs, waitingFor } = snapshot;
  const [holder, ...more] = waitingFor;
  const whom =
    holder === undefined
      ? ""
      : `${describeHolder(holder)}${more.length > 0 ? ` and ${more.length} more` : ""}`;
  if (pauseReason === null && whom === "") return slowText(snapshot);
  if (pauseReason === null) return `waiting for ${oneLine(whom, 300)}`;
  const until = pauseUntilMs === null ? "" : `, again in ${durationText(Math.max(0, pauseUntilMs - nowMs))}`;
  return `${oneLine(pauseReason, 300)}${until}${whom === "" ? "" : `: ${oneLine(whom, 300)}`}`;
}

/** "slowed down to 40% of full speed, lag 4.2 s"; null at full speed. */
function slowText({ sample }: ProgressSnapshot): string | null {
  if (sample === null || sample.pace >= 1) return null;
  const lag = typeof sample.lagMs === "number" ? `, lag ${durationText(sample.lagMs)}` : "";
  return `slowed down to ${Math.max(1, Math.round(sample.pace * 100))}% of full speed${lag}`;
}

/** "43% building index: scanning table" */
function activityText(activity: NonNullable<ProgressSnapshot["activity"]>): string {
  const { phase, done, total } = activity;
  return total !== null && total > 0 && done !== null
    ? `${percentText(done, total)} ${oneLine(phase)}`
    : oneLine(phase);
}

function percentText(done: number, total: number): string {
  return `${Math.min(100, Math.floor((done / total) * 100))}%`;
}

function barText(fraction: number, cells: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * cells);
  return `${"█".repeat(full)}${"░".repeat(cells - full)}`;
}
