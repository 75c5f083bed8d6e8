import { isUtf8 } from "node:buffer";
import { ByteWindow, Malformed, needMore } from "./byte-window.ts";
import { utf8Fault } from "./utf8-fault.ts";

/** Values that no schema knows may be nested so deep. */
const mostDepth = 128;

const longText = 4096;
const longWindow = 8 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Reads JSON from a window, value by value. Throws `needMore` where the window ends inside of one, and Malformed for
 * what is not expected. Own code, because JSON.parse tells no place, keeps the last of equal members, changes long
 * numbers and takes half a surrogate pair; and because it needs the whole of a text.
 */
export class JsonCursor {
  bytes: Buffer = Buffer.alloc(0);
  #window: ByteWindow | null = null;
  #text: string | null = "";
  at = 0;
  end = 0;
  /** Whether a name that is given twice is refused in what is passed over. Not worth it where it will be read again. */
  findsRepeats = true;

  attach(window: ByteWindow): this {
    this.bytes = window.bytes;
    this.#window = window;
    this.#text = null;
    this.at = window.start;
    this.end = window.end;
    return this;
  }

  /** Its bytes as Latin-1. */
  get text(): string {
    return (this.#text ??= this.#window!.text);
  }

  attachBytes(bytes: Buffer): this {
    this.bytes = bytes;
    this.#text = bytes.toString("latin1");
    this.at = 0;
    this.end = bytes.length;
    return this;
  }

  /** The next byte that is no white space; stays on it. */
  next(): number {
    const { bytes, end } = this;
    let { at } = this;
    for (;;) {
      if (at >= end) {
        this.at = at;
        throw needMore;
      }
      const byte = bytes[at]!;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.at = at;
        return byte;
      }
      at++;
    }
  }

  /** Passes over white space and one given byte. */
  expect(byte: number, where: string): void {
    if (this.next() !== byte) throw this.unexpected(`"${String.fromCharCode(byte)}" ${where}`);
    this.at++;
  }

  /** After an element: true where another follows, false past the closing byte. */
  another(closing: number, where: string): boolean {
    const byte = this.next();
    if (byte !== 0x2c && byte !== closing) {
      throw this.unexpected(`"," or "${String.fromCharCode(closing)}" ${where}`);
    }
    this.at++;
    return byte === 0x2c;
  }

  /** A string at its quote. */
  string(what: What): string {
    if (this.next() !== quote) throw this.unexpected(`a string for ${what}`);
    const { bytes, end } = this;
    const from = this.at + 1;
    let at = from;
    let bits = 0;
    let stop = Math.min(end, from + longText);
    for (;;) {
      if (at >= stop) {
        this.#mustEnd(at);
        stop = end;
      }
      const byte = bytes[at]!;
      if (byte === quote) break;
      if (byte === backslash) return this.#escaped(from, what);
      if (byte < 0x20)
        throw new Malformed(at, `expected no bare control character in ${what}, found ${hex(byte)}`);
      bits |= byte;
      at++;
    }
    this.at = at + 1;
    if (bits < 0x80) return this.#latin1(from, at);
    this.#mustBeUtf8(from, at, what);
    return bytes.toString("utf8", from, at);
  }

  /** The text of a number, by JSON's grammar. */
  number(what: What): string {
    this.next();
    const { bytes, end, at: from } = this;
    let at = from;
    while (at < end && isNumeric(bytes[at]!)) at++;
    if (at >= end) throw needMore;
    const text = this.text.substring(from, at);
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text))
      throw this.unexpected(`a number for ${what}`);
    this.at = at;
    return text;
  }

  /** Passes over `null` where it stands. */
  isNull(): boolean {
    if (this.next() !== 0x6e) return false;
    this.#word("null");
    return true;
  }

  /** Passes over a value of any kind, and checks all of it. */
  skip(what: What, depth = 0): void {
    const byte = this.next();
    if (depth > mostDepth)
      throw new Malformed(this.at, `expected at most ${mostDepth} levels in ${what}, found more`);
    if (byte === quote) this.string(what);
    else if (byte === 0x7b) this.#skipObject(what, depth);
    else if (byte === 0x5b) this.#skipArray(what, depth);
    else if (byte === 0x74) this.#word("true");
    else if (byte === 0x66) this.#word("false");
    else if (byte === 0x6e) this.#word("null");
    else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) this.number(what);
    else throw this.unexpected(`a value for ${what}`);
  }

  /** The text of a value that was passed over. */
  textOf(from: number, to: number): string {
    const { bytes } = this;
    // Of a short one it is quicker to look at each byte than to have it decoded.
    if (to - from > 64) return bytes.toString("utf8", from, to);
    let bits = 0;
    for (let at = from; at < to; at++) bits |= bytes[at]!;
    return bits < 0x80 ? this.#latin1(from, to) : bytes.toString("utf8", from, to);
  }

  unexpected(expected: string): Malformed {
    return new Malformed(this.at, `expected ${expected}, found ${this.#found()}`);
  }

  #found(): string {
    const byte = this.bytes[this.at]!;
    if (byte === quote) return "a string";
    if (byte === 0x7b) return "an object";
    if (byte === 0x5b) return "an array";
    const word = /^[\w.+-]{1,40}/.exec(this.text.substring(this.at, Math.min(this.at + 40, this.end)))?.[0];
    if (word !== undefined) return word;
    return byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `the byte ${hex(byte)}`;
  }

  #skipObject(what: What, depth: number): void {
    this.at++;
    const names = new Set<string>();
    if (this.next() === 0x7d) {
      this.at++;
      return;
    }
    do {
      this.next();
      const start = this.at;
      const name = this.string("a member's name");
      if (this.findsRepeats) {
        if (names.has(name))
          throw new Malformed(start, `expected each member once, found ${shown(name)} again`);
        names.add(name);
      }
      this.expect(0x3a, "after a member's name");
      this.skip(what, depth + 1);
    } while (this.another(0x7d, "in an object"));
  }

  #skipArray(what: What, depth: number): void {
    this.at++;
    if (this.next() === 0x5d) {
      this.at++;
      return;
    }
    do this.skip(what, depth + 1);
    while (this.another(0x5d, "in an array"));
  }

  #word(word: string): void {
    if (this.at + word.length >= this.end) {
      if (!word.startsWith(this.text.substring(this.at, this.end))) throw this.unexpected(word);
      throw needMore;
    }
    // A longer word is another one.
    if (!this.text.startsWith(word, this.at) || isNumeric(this.bytes[this.at + word.length]!)) {
      throw this.unexpected(word);
    }
    this.at += word.length;
  }

  /** A string with escapes: rare, so that JSON.parse decodes it. */
  #escaped(from: number, what: What): string {
    const { bytes, end } = this;
    let at = from;
    let stop = Math.min(end, from + longText);
    for (;;) {
      if (at >= stop) {
        this.#mustEnd(at);
        stop = end;
      }
      const byte = bytes[at]!;
      if (byte === quote) break;
      if (byte < 0x20)
        throw new Malformed(at, `expected no bare control character in ${what}, found ${hex(byte)}`);
      if (byte === backslash) {
        this.#mustBeEscape(at, what);
        at += bytes[at + 1] === 0x75 ? 6 : 2;
      } else at++;
    }
    this.#mustBeUtf8(from, at, what);
    const value = JSON.parse(`"${bytes.toString("utf8", from, at)}"`) as string;
    if (!value.isWellFormed()) {
      throw new Malformed(
        this.#loneSurrogate(from, at),
        `expected both halves of a surrogate pair in ${what}, found one alone`,
      );
    }
    this.at = at + 1;
    return value;
  }

  /** Of a long text: goes on only where its end is in the window. Until then it is not gone through time and again. */
  #mustEnd(at: number): void {
    if (at >= this.end) throw needMore;
    const found = this.bytes.indexOf(quote, at);
    if (found === -1 || found >= this.end) throw needMore;
  }

  /** A part of it that is ASCII. Of a very long window no text is made. */
  #latin1(from: number, to: number): string {
    if (this.bytes.length > longWindow) return this.bytes.toString("latin1", from, to);
    return this.text.substring(from, to);
  }

  #mustBeEscape(at: number, what: What): void {
    const { bytes, end } = this;
    if (at + 1 >= end) throw needMore;
    const code = bytes[at + 1]!;
    if (code === 0x75 && at + 6 > end) throw needMore;
    const isKnown =
      code === 0x75
        ? isHex(bytes[at + 2]!) && isHex(bytes[at + 3]!) && isHex(bytes[at + 4]!) && isHex(bytes[at + 5]!)
        : isEscape[code] === 1;
    if (!isKnown) throw new Malformed(at, `expected an escape that JSON knows in ${what}, found another`);
  }

  /** Where the escape stands that is half a pair; from and to are within the quotes. */
  #loneSurrogate(from: number, to: number): number {
    let high = -1;
    for (let at = from; at < to;) {
      const code =
        this.bytes[at] === backslash && this.bytes[at + 1] === 0x75
          ? Number.parseInt(this.text.substring(at + 2, at + 6), 16)
          : 0;
      const isLow = code >= 0xdc00 && code <= 0xdfff;
      if (high !== -1 && !isLow) return high;
      if (isLow && high === -1) return at;
      high = code >= 0xd800 && code <= 0xdbff ? at : -1;
      at += this.bytes[at] === backslash ? (this.bytes[at + 1] === 0x75 ? 6 : 2) : 1;
    }
    return high === -1 ? from : high;
  }

  #mustBeUtf8(from: number, to: number, what: What): void {
    if (isUtf8(this.bytes.subarray(from, to))) return;
    throw new Malformed(utf8Fault(this.bytes, from, to), `expected UTF-8 in ${what}, found another byte`);
  }
}

/** Of the letters that may follow a backslash, but for that with four digits. */
const isEscape = new Uint8Array(256);
for (const letter of '"\\/bfnrt') isEscape[letter.charCodeAt(0)] = 1;

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

/** What is read, for messages. */
export type What = string | MemberName;

/** The name of a member for messages, which are made rarely. */
export class MemberName {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  toString(): string {
    return shown(this.#name);
  }
}

/** A name for a message, cut where it is long. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

function isNumeric(byte: number): boolean {
  // Letters too, so that what follows a number by mistake is shown with it.
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x2d ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a)
  );
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
