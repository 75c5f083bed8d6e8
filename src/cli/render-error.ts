import type { GodwitError } from "../core/error.ts";
import type { LockHolder } from "../core/event.ts";
import { fileFrame } from "./code-frame.ts";
import type { Paint } from "./paint.ts";
import { oneLine, visible } from "./visible-text.ts";

export interface ErrorTextOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** File paths below it are shown relative to it. */
  readonly cwd: string;
  /** What the failure left behind, where it is known. */
  readonly aftermath?: string | null | undefined;
}

/** An error for people: code and message, the place in the file, what was changed, what to do next. */
export function errorText(error: GodwitError, options: ErrorTextOptions): string {
  const { paint, columns, cwd } = options;
  const { details } = error;
  const near = (text: string) => visible(nearPaths(text, cwd));
  const several = Array.isArray(details.errors) && details.errors.length > 1 ? details.errors : [];
  const message = several.length > 0 ? `${several.length} problems` : near(error.message);
  const lines = [`${paint.red(paint.bold(`error ${error.code}`))}: ${indented(message)}\n`];
  for (const problem of several) lines.push(`  ${problemText(problem, near)}\n`);
  const { file, line, column } = details;
  if (typeof file === "string" && typeof line === "number") {
    const place = { line, column: typeof column === "number" ? column : 1, paint, columns };
    lines.push(fileFrame(file, place));
  }
  lines.push(...editLines(details.edits, paint));
  lines.push(...blockerLines(details.blockers));
  if (options.aftermath) lines.push(`  ${oneLine(options.aftermath)}\n`);
  lines.push(`  next: ${indented(near(error.hint))}\n`);
  lines.push(`  more: godwit explain ${error.code}\n`);
  return lines.join("");
}

/** Paths below a folder become relative to it. */
export function nearPaths(text: string, cwd: string): string {
  return cwd === "/" ? text : text.replaceAll(`${cwd}/`, "");
}

/** The differences of edited files, coloured as usual. */
export function editLines(edits: unknown, paint: Paint): string[] {
  if (!Array.isArray(edits)) return [];
  return edits.flatMap((edit: unknown): string[] => {
    const { name, diff } = record(edit);
    if (typeof diff !== "string") {
      return [
        `  ${oneLine(String(name))}: the text that was applied was not kept, so no difference can be shown\n`,
      ];
    }
    return visible(diff)
      .split("\n")
      .filter((line) => line !== "" && !/^={10,}$/.test(line))
      .map((line) => `  ${diffLine(line, paint)}\n`);
  });
}

function diffLine(line: string, paint: Paint): string {
  if (/^(---|\+\+\+) /.test(line)) return paint.bold(line);
  if (line.startsWith("@@")) return paint.cyan(line);
  if (line.startsWith("+")) return paint.green(line);
  return line.startsWith("-") ? paint.red(line) : line;
}

function problemText(problem: unknown, near: (text: string) => string): string {
  const { code, message } = record(problem);
  return `${String(code)} ${indented(near(String(message)))}`;
}

/** Whose locks were in the way. Who holds the run lock stands in the message already. */
function blockerLines(blockers: unknown): string[] {
  if (!Array.isArray(blockers)) return [];
  return blockers.flatMap((blocker: unknown) => {
    const { sessionId, application, user, host, since, statement } = record(blocker) as Partial<LockHolder>;
    const facts: [string, string | undefined][] = [
      ["program", application],
      ["user", user],
      ["from", host],
      ["since", since],
      ["executes", statement],
    ];
    const shown = facts.filter(([, value]) => value !== undefined && value !== "");
    const lines = shown.map(([name, value]) => `    ${name} ${oneLine(String(value), 200)}\n`);
    return [`  blocked by session ${oneLine(String(sessionId))}\n`, ...lines];
  });
}

/** Servers write messages of several lines; those after the first must not look like lines of ours. */
function indented(text: string): string {
  return text.trimEnd().replaceAll("\n", "\n    ");
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}
