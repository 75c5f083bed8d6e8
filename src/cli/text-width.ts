import { stripVTControlCharacters } from "node:util";

/**
 * How many cells of a terminal a text without control characters takes; colours take none. East Asian wide
 * characters and emoji take two, combining ones none (after Unicode's UAX 11, in its coarse blocks).
 */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const plain = stripVTControlCharacters(text);
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of graphemes().segment(plain)) width += cellsOf(segment);
  return width;
}

/** The text without colours, cut so that it takes at most so many cells, with an ellipsis where it was cut. */
export function fitText(text: string, cells: number): string {
  if (textWidth(text) <= cells) return text;
  if (cells <= 0) return "";
  let result = "";
  let width = 0;
  for (const { segment } of graphemes().segment(text)) {
    width += cellsOf(segment);
    if (width > cells - 1) break;
    result += segment;
  }
  return `${result}…`;
}

export function padEnd(text: string, cells: number): string {
  return text + " ".repeat(Math.max(0, cells - textWidth(text)));
}

export function padStart(text: string, cells: number): string {
  return " ".repeat(Math.max(0, cells - textWidth(text))) + text;
}

let segmenter: Intl.Segmenter | undefined;

/** Made when it is needed: it costs 14 ms, and most texts are ASCII. */
function graphemes(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

function cellsOf(grapheme: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]*$/u.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}
