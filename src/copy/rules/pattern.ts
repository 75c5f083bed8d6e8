import type { Pattern } from "./model.ts";

export const anything: Pattern = { written: "%", expression: "^.*$" };

/** DMS: `%` any characters, `_` one, `[_]` that character, `[ab]` one of them, `[a-d]` one of the range. */
export function dmsPattern(written: string): Pattern {
  const body = written.replaceAll(
    /\[([^\]]+)\]|%|_|[^[%_]+|\[/gsu,
    (piece: string, set: string | undefined) => {
      if (set !== undefined) return characterSet(set);
      return piece === "%" ? ".*" : piece === "_" ? "." : escaped(piece);
    },
  );
  return { written, expression: `^${body}$` };
}

/** A name and nothing else. */
export function exactly(written: string): Pattern {
  return { written, expression: `^${escaped(written)}$` };
}

/** The short notation and the command line: `*` is any characters, and each is a group. */
export function starPattern(written: string): Pattern {
  return { written, expression: `^${written.split("*").map(escaped).join("(.*)")}$` };
}

export function matchesName({ expression }: Pattern, name: string): boolean {
  return new RegExp(expression, "su").test(name);
}

/** Whether it stands for more than one name. */
export function isWild({ written }: Pattern): boolean {
  return /[%_*[]/.test(written);
}

/** `a-d` is a range only if its ends are in order: else its three characters are meant. */
function characterSet(set: string): string {
  const body = set.replaceAll(/(.)-(.)|./gsu, (piece: string, low?: string, high?: string) =>
    low !== undefined && high !== undefined && low.codePointAt(0)! <= high.codePointAt(0)!
      ? `${inSet(low)}-${inSet(high)}`
      : [...piece].map(inSet).join(""),
  );
  return `[${body}]`;
}

function inSet(character: string): string {
  return /[\\\]^[-]/.test(character) ? `\\${character}` : character;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}/]/g, String.raw`\$&`);
}
