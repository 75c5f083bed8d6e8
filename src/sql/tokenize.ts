import type { Lexicon } from "./lexicon.ts";
import { operatorEnd } from "./operator-end.ts";
import { blockCommentEnd, dollarEnd, quotedEnd } from "./quoted-end.ts";

export type TokenKind =
  | "word"
  | "name"
  | "string"
  | "number"
  /** Operators and punctuation. */
  | "operator"
  /** The active statement terminator; whether it ends a statement is the splitter's decision. */
  | "terminator"
  | "comment"
  /** The opening `/*!50003` of a comment that holds code, and its end. */
  | "executable"
  /** A whole DELIMITER line. */
  | "delimiter"
  /** A backslash outside quotes: a command of the client program. */
  | "client-command"
  /** A quote, comment or dollar body without end; always the last token. */
  | "unterminated";

/** A piece of the text; offsets are UTF-16 units. White space makes no tokens. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

const maxDelimiterLength = 64;

/**
 * Cuts a text into tokens in one linear pass. It never throws: what has no end becomes a last token
 * `unterminated`, so that an earlier fault (COPY … FROM STDIN with its data) can be told first. A byte order
 * mark at the start is skipped.
 */
export function tokenize(text: string, lexicon: Lexicon): Token[] {
  const tokens: Token[] = [];
  const length = text.length;
  let delimiter = ";";
  let executable = false;
  // Whether only comments and white space stand since the last terminator: where DELIMITER is a command.
  let fresh = true;
  // An E'…' that goes on in a string on a later line keeps its backslash escapes.
  let escapedSince = -1;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;

  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === 32 || (code >= 9 && code <= 13)) {
      at++;
      continue;
    }
    const start = at;
    if (!executable && code === delimiter.charCodeAt(0) && text.startsWith(delimiter, at)) {
      at += delimiter.length;
      tokens.push({ kind: "terminator", start, end: at });
      fresh = true;
      continue;
    }
    const commentEnd = commentEndAt(text, at, code, lexicon);
    if (commentEnd !== 0) {
      if (commentEnd < 0) return unterminated(tokens, start, length);
      tokens.push({ kind: "comment", start, end: commentEnd });
      if (code === 47 /* / */) escapedSince = -1;
      at = commentEnd;
      continue;
    }
    const escaped = escapedSince;
    escapedSince = -1;
    let kind: TokenKind;
    if (isWordStart(code) || (code === 36 /* $ */ && !lexicon.dollarQuotes)) {
      at = wordEnd(text, at + 1, delimiter);
      const next = text.charCodeAt(at);
      const prefix = at - start === 1 ? stringPrefix(text, start, code | 32, next, lexicon) : 0;
      if (prefix > 0) {
        const quote = start + prefix;
        const escapes =
          lexicon.backslashEscapes === "always" ||
          (lexicon.backslashEscapes === "e-strings" && (code | 32) === 101); /* e */
        at = quotedEnd(text, quote, escapes);
        if (at < 0) return unterminated(tokens, start, length);
        kind = text[quote] === "'" ? "string" : "name";
        if (escapes) escapedSince = at;
      } else if (fresh && at - start === 9 && lexicon.delimiterCommand && isDelimiter(text, start)) {
        at = lineEnd(text, at);
        // One that cannot be used is left to the splitter, which refuses it.
        delimiter = newDelimiter(text.slice(start, at)) ?? delimiter;
        tokens.push({ kind: "delimiter", start, end: at });
        continue;
      } else kind = "word";
    } else if (isDigit(code) || (code === 46 /* . */ && isDigit(text.charCodeAt(at + 1)))) {
      at = numberEnd(text, at);
      kind = "number";
    } else if (lexicon.stringQuotes.includes(text[at]!)) {
      const continued = escaped >= 0 && text.slice(escaped, at).includes("\n");
      at = quotedEnd(text, at, lexicon.backslashEscapes === "always" || continued);
      if (at < 0) return unterminated(tokens, start, length);
      kind = "string";
      if (continued) escapedSince = at;
    } else if (lexicon.nameQuotes.includes(text[at]!)) {
      at = code === 91 /* [ */ ? text.indexOf("]", at) + 1 : quotedEnd(text, at, false);
      if (at <= 0) return unterminated(tokens, start, length);
      kind = "name";
    } else if (code === 36 /* $ */ && isDigit(text.charCodeAt(at + 1))) {
      do at++;
      while (isDigit(text.charCodeAt(at)));
      kind = "number";
    } else if (code === 36 && lexicon.dollarQuotes && dollarEnd(text, at) !== 0) {
      at = dollarEnd(text, at);
      if (at < 0) return unterminated(tokens, start, length);
      kind = "string";
    } else if (code === 92 /* \ */ && lexicon.backslashCommand !== null) {
      const letter = text[at + 1] ?? "";
      at += 2;
      kind = letter !== "" && lexicon.backslashCommand.except.includes(letter) ? "word" : "client-command";
      if (kind === "client-command") at = lineEnd(text, at);
    } else if (lexicon.executableComments && code === 47 && executableStart(text, at) > 0) {
      at = executableStart(text, at);
      executable = true;
      kind = "executable";
    } else if (executable && code === 42 /* * */ && text.charCodeAt(at + 1) === 47) {
      at += 2;
      executable = false;
      kind = "executable";
    } else {
      at = code === 59 /* ; */ ? at + 1 : operatorEnd(text, at, lexicon.operators);
      kind = "operator";
    }
    tokens.push({ kind, start, end: at });
    fresh = false;
  }
  if (executable) return unterminatedExecutable(tokens, length);
  return tokens;
}

/** The terminator that a DELIMITER line sets; null where it has none that can be used. */
export function newDelimiter(line: string): string | null {
  const wanted = /\s(\S+)/.exec(line)?.[1];
  if (wanted === undefined || wanted.length > maxDelimiterLength || wanted.includes("\\")) return null;
  return wanted;
}

/** The text of a token. */
export function tokenText(text: string, token: Token): string {
  return text.slice(token.start, token.end);
}

/** A word's text in upper case, an operator's as it is, and "" for all else: what keywords are compared with. */
export function symbol(text: string, token: Token | undefined): string {
  if (token === undefined) return "";
  if (token.kind === "word") return text.slice(token.start, token.end).toUpperCase();
  return token.kind === "operator" || token.kind === "terminator" ? text.slice(token.start, token.end) : "";
}

function unterminated(tokens: Token[], start: number, end: number): Token[] {
  tokens.push({ kind: "unterminated", start, end });
  return tokens;
}

function unterminatedExecutable(tokens: Token[], end: number): Token[] {
  const opening = tokens.findLast((token) => token.kind === "executable");
  return unterminated(tokens, opening?.start ?? end, end);
}

/** End of the comment that starts here; 0 where none does, -1 where it has no end. */
function commentEndAt(text: string, at: number, code: number, lexicon: Lexicon): number {
  if (code === 45 /* - */) {
    if (text.charCodeAt(at + 1) !== 45) return 0;
    if (lexicon.dashComment === "before-space" && text.charCodeAt(at + 2) > 32) return 0;
    return lineEnd(text, at + 2);
  }
  if (code === 35 /* # */) return lexicon.hashComment ? lineEnd(text, at + 1) : 0;
  if (code !== 47 || text.charCodeAt(at + 1) !== 42) return 0;
  if (lexicon.executableComments && executableStart(text, at) > 0) return 0;
  return blockCommentEnd(text, at, lexicon.nestedComments);
}

/** Offset after the opening and its version number, or 0. */
function executableStart(text: string, at: number): number {
  if (text.charCodeAt(at + 1) !== 42) return 0;
  let end = at + 2;
  if (text.charCodeAt(end) === 77 /* M */) end++;
  if (text.charCodeAt(end) !== 33 /* ! */) return 0;
  end++;
  while (isDigit(text.charCodeAt(end)) && end < at + 10) end++;
  return end;
}

/** Length of the prefix when the one-letter word is that of a string, else 0. */
function stringPrefix(text: string, start: number, letter: number, next: number, lexicon: Lexicon): number {
  if (next === 39 /* ' */) return lexicon.stringPrefixes.includes(String.fromCharCode(letter)) ? 1 : 0;
  if (next !== 38 /* & */ || letter !== 117 /* u */ || !lexicon.unicodePrefix) return 0;
  const quote = text.charCodeAt(start + 2);
  return quote === 39 || quote === 34 ? 2 : 0;
}

function isDelimiter(text: string, start: number): boolean {
  if (text.slice(start, start + 9).toUpperCase() !== "DELIMITER") return false;
  const lineStart = text.lastIndexOf("\n", start) + 1;
  return text.slice(lineStart, start).trim() === "";
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

// Every dialect here takes all characters above ASCII as letters, the non-breaking space included.
function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function wordEnd(text: string, from: number, delimiter: string): number {
  // A delimiter of word characters (`$$`) ends a word: `END$$`.
  const first = delimiter.charCodeAt(0);
  const watch = isWordStart(first) || isDigit(first) || first === 36;
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isWordStart(code) && !isDigit(code) && code !== 36 /* $ */) break;
    if (watch && code === first && text.startsWith(delimiter, at)) break;
  }
  return at;
}

function numberEnd(text: string, from: number): number {
  let at = from + 1;
  const hex = (text.charCodeAt(at) | 32) === 120; /* x */
  let whole = text.charCodeAt(from) !== 46; /* . */
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) continue;
    if (isWordStart(code)) {
      // An underscore only groups digits; a letter ends what can have a fraction.
      if (code !== 95) whole = false;
      continue;
    }
    const exponent = !hex && (code === 43 || code === 45) && (text.charCodeAt(at - 1) | 32) === 101; /* e */
    if (exponent && isDigit(text.charCodeAt(at + 1))) continue;
    // Two dots are the operator of a range.
    if (code !== 46 || !whole || text.charCodeAt(at + 1) === 46) break;
    whole = false;
  }
  return at;
}
