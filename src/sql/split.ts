import { GodwitError } from "../core/error.ts";
import { type Body, bodyOf } from "./body.ts";
import { codePoints, fileError, type Place } from "./file-error.ts";
import type { Lexicon } from "./lexicon.ts";
import { newDelimiter, symbol, type Token, tokenize, tokenText } from "./tokenize.ts";

/** One statement as it stands in a file. */
export interface Piece {
  /** Without its terminator and the comments around it; those inside are kept. */
  readonly text: string;
  /** UTF-16 units into the file's text. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** Of its first character within the line, from 1, in code points. */
  readonly column: number;
  /** Its tokens without comments; their offsets count from the start of the file. */
  readonly tokens: readonly Token[];
}

/**
 * Splits a file's text into its statements. Throws GW2003 for a NUL character, at which parsers stop without a
 * word; GW2004 when there is no statement; GW2005 for what has no end; GW2006 for commands of client programs.
 */
export function splitStatements(text: string, lexicon: Lexicon, file: string): Piece[] {
  const at = (offset: number) => ({ text, file, offset });
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    throw fileError(
      "GW2003",
      at(nul),
      "the file holds a NUL character.",
      "Remove it, or write it as an escape.",
    );
  }
  const pieces: Piece[] = [];
  const placeOf = placeCounter(text);
  let current: Token[] = [];
  let headed = false;
  let body: Body | null = null;
  let delimiter = ";";
  let parens = 0;

  const finish = (): void => {
    const first = current[0];
    const last = current.at(-1);
    if (first !== undefined && last !== undefined) {
      if (lexicon.clientCopy && isClientCopy(text, current)) {
        throw fileError(
          "GW2006",
          at(first.start),
          "COPY from or to the client moves rows through a client program.",
        );
      }
      const piece = { text: text.slice(first.start, last.end), offset: first.start, tokens: current };
      pieces.push({ ...piece, ...placeOf(first.start) });
    }
    current = [];
    headed = false;
    body = null;
    parens = 0;
  };

  for (const token of tokenize(text, lexicon)) {
    if (token.kind === "comment") continue;
    if (token.kind === "unterminated") {
      throw fileError(
        "GW2005",
        at(token.start),
        `${construct(text, token.start)} starts here and has no end.`,
      );
    }
    if (token.kind === "client-command") throw clientError(at(token.start));
    if (token.kind === "delimiter") {
      const wanted = newDelimiter(tokenText(text, token));
      if (wanted === null)
        throw clientError(at(token.start), "DELIMITER needs a short word without a backslash.");
      delimiter = wanted;
      continue;
    }
    if (token.kind === "terminator") {
      const inside = parens > 0 || holds(body, delimiter);
      if (!inside) {
        finish();
        continue;
      }
    }
    current.push(token);
    if (token.kind === "executable") continue;
    if (!headed) {
      headed = true;
      if (isClientHead(text, token, lexicon)) throw clientError(at(token.start));
      body = token.kind === "word" ? bodyOf(symbol(text, token), lexicon.body) : null;
    }
    if (body !== null) body.feed(symbol(text, token));
    if (lexicon.parenthesesHold && token.kind === "operator") {
      const code = text.charCodeAt(token.start);
      if (code === 40 /* ( */) parens++;
      else if (code === 41 /* ) */ && parens > 0) parens--;
    }
  }
  const opened = current[0];
  if (opened !== undefined && holds(body, delimiter)) {
    const hint = lexicon.delimiterCommand
      ? "Close it with END, or set another DELIMITER around it."
      : undefined;
    throw fileError(
      "GW2005",
      at(opened.start),
      "the body of the statement that starts here has no END.",
      hint,
    );
  }
  finish();
  if (pieces.length === 0) throw new GodwitError("GW2004", { message: `${file} holds no SQL statement.` });
  return pieces;
}

/** Another DELIMITER than the default says by itself where a statement ends. */
function holds(body: Body | null, delimiter: string): boolean {
  return delimiter === ";" && body !== null && body.open();
}

/** Lines of rising offsets, counted once over the text. */
/** Offsets must be asked for in rising order: the text is walked once. */
function placeCounter(text: string): (offset: number) => Place {
  let line = 1;
  let lineStart = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let next = text.indexOf("\n");
  return (offset) => {
    while (next !== -1 && next < offset) {
      line++;
      lineStart = next + 1;
      next = text.indexOf("\n", next + 1);
    }
    return { line, column: codePoints(text, lineStart, offset) + 1 };
  };
}

function isClientHead(text: string, token: Token, lexicon: Lexicon): boolean {
  if (token.kind === "operator") return lexicon.dotCommand && text[token.start] === ".";
  return (
    token.kind === "word" && lexicon.clientWords.size > 0 && lexicon.clientWords.has(symbol(text, token))
  );
}

function isClientCopy(text: string, tokens: readonly Token[]): boolean {
  if (symbol(text, tokens[0]) !== "COPY") return false;
  let parens = 0;
  return tokens.some((token, index) => {
    const sign = symbol(text, token);
    if (sign === "(") parens++;
    if (sign === ")") parens--;
    if (parens !== 0 || index < 2 || (sign !== "STDIN" && sign !== "STDOUT")) return false;
    return ["FROM", "TO"].includes(symbol(text, tokens[index - 1]));
  });
}

function clientError(at: { text: string; file: string; offset: number }, message?: string): GodwitError {
  const line = /.{0,60}/y;
  line.lastIndex = at.offset;
  const command = line.exec(at.text)?.[0].trim() ?? "";
  return fileError("GW2006", at, message ?? `"${command}" is a command of a client program.`);
}

function construct(text: string, start: number): string {
  const opening = /\/\*|\$[^$\s]*\$|[A-Za-z]{0,1}&?["'`[]/y;
  opening.lastIndex = start;
  const found = opening.exec(text)?.[0] ?? "";
  if (found === "/*") return "a comment";
  if (found.startsWith("$")) return `a body quoted with ${found}`;
  return found.endsWith("'") ? "a quoted string" : `a text or name quoted with ${found.slice(-1)}`;
}
