import { readFileSync, statSync } from "node:fs";
import type { Paint } from "./paint.ts";
import { fitText, padStart, textWidth } from "./text-width.ts";
import { visible } from "./visible-text.ts";

export interface FrameOptions {
  readonly line: number;
  readonly column: number;
  readonly paint: Paint;
  /** Cells of a line, the gutter included. */
  readonly columns: number;
}

/** Whole databases are files, too, and some are a single line: they are not read, or measured, for an aid. */
const mostBytes = 16 * 1024 * 1024;
const longestLine = 20_000;

/** The lines around a place, numbered, with a caret under it; "" where the text has no such line. */
export function codeFrame(text: string, { line, column, paint, columns }: FrameOptions): string {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const current = lines[line - 1];
  if (current === undefined || current.length > longestLine) return "";
  const first = (lines[line - 2] ?? "").length > longestLine ? line : Math.max(1, line - 1);
  const gutter = String(line).length;
  const room = Math.max(20, columns - gutter - 6);
  const shift = shiftOf(current, column, room);
  const result: string[] = [];
  for (let number = first; number <= line; number++) {
    const shown = fitText(spaced([...(lines[number - 1] ?? "")].slice(shift).join("")), room);
    result.push(`  ${paint.dim(`${padStart(String(number), gutter)} │`)} ${shown}\n`);
  }
  const before = spaced([...current].slice(shift, column - 1).join(""));
  result.push(
    `  ${" ".repeat(gutter)} ${paint.dim("│")} ${" ".repeat(textWidth(before))}${paint.red("^")}\n`,
  );
  return result.join("");
}

/** The frame of a place in a file; "" where the file cannot be read or is not what it was. */
export function fileFrame(file: string, options: FrameOptions): string {
  try {
    return statSync(file).size > mostBytes ? "" : codeFrame(readFileSync(file, "utf8"), options);
  } catch {
    // The frame is an aid beside a message that is complete without it.
    return "";
  }
}

/** A place far to the right is brought into view. */
function shiftOf(line: string, column: number, room: number): number {
  return textWidth(spaced(line)) <= room ? 0 : Math.max(0, column - Math.floor(room / 2));
}

function spaced(text: string): string {
  return visible(text.replaceAll("\t", "  "));
}
