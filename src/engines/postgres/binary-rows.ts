import type { RowEnds } from "../data-roles.ts";

/**
 * Finds the ends of rows in what binary COPY sends: a header; of each row the number of its fields, and of each field
 * its length and its bytes; -1 in place of a number of fields at the end (PostgreSQL's manual, COPY, "Binary Format").
 */
export class BinaryRows implements RowEnds {
  readonly between = 0;
  isRow = false;
  #phase: "header" | "extension" | "rows" | "over" = "header";
  /** Fields that are to come of the row that has begun; none, where the next number is that of a row's fields. */
  #fields = 0;
  /** Bytes to come that say nothing of where the row ends: the header's, or a value's. */
  #skip = signatureBytes;
  /** A number that is cut by the end of a piece. */
  #number = 0;
  #numberBytes = 0;

  end(piece: Buffer, from: number): number {
    const { length } = piece;
    let at = from;
    while (at < length && this.#phase !== "over") {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, length - at);
        at += skipped;
        this.#skip -= skipped;
        if (this.#skip > 0) return -1;
        if (this.#phase === "extension") return this.#ends(at, false);
        if (this.#phase === "rows" && this.#fields === 0) return this.#ends(at, true);
        continue;
      }
      if (this.#fields > 0 && this.#numberBytes === 0) {
        at = this.#passFields(piece, at);
        if (this.#fields === 0 && this.#skip === 0) return this.#ends(at, true);
        if (this.#skip > 0 || length - at >= numberBytes) continue;
      }
      const size = this.#phase === "rows" && this.#fields === 0 ? countBytes : numberBytes;
      while (at < length && this.#numberBytes < size) {
        this.#number = (this.#number << 8) | piece[at++]!;
        this.#numberBytes++;
      }
      if (this.#numberBytes < size) return -1;
      const number = size === countBytes ? (this.#number << 16) >> 16 : this.#number;
      this.#number = this.#numberBytes = 0;
      const end = this.#takes(number);
      if (end !== null) return this.#ends(at, end === "row");
    }
    return -1;
  }

  /** Passes the fields of the row that begin in the piece, up to the row's end or a length that is cut. */
  #passFields(piece: Buffer, from: number): number {
    const { length } = piece;
    let at = from;
    let fields = this.#fields;
    while (fields > 0 && length - at >= numberBytes) {
      const size = (piece[at]! << 24) | (piece[at + 1]! << 16) | (piece[at + 2]! << 8) | piece[at + 3]!;
      at += numberBytes;
      fields--;
      // NULL has the length -1, and no bytes.
      if (size <= 0) continue;
      at += size;
      if (at <= length) continue;
      this.#skip = at - length;
      at = length;
      break;
    }
    this.#fields = fields;
    return at;
  }

  /** What the number ends, if anything. */
  #takes(number: number): "header" | "row" | null {
    if (this.#phase === "header") {
      this.#phase = "extension";
      this.#skip = number;
      return number === 0 ? "header" : null;
    }
    if (this.#fields > 0) {
      this.#fields--;
      this.#skip = Math.max(0, number);
      return this.#fields === 0 && this.#skip === 0 ? "row" : null;
    }
    if (number < 0) this.#phase = "over";
    this.#fields = Math.max(0, number);
    return number === 0 ? "row" : null;
  }

  #ends(at: number, isRow: boolean): number {
    this.#phase = "rows";
    this.isRow = isRow;
    return at;
  }
}

/** `PGCOPY\n\xff\r\n\0` and the flags; the length of what may follow them is a number of its own. */
const signatureBytes = 15;
/** Of a row's number of fields. */
const countBytes = 2;
/** Of a length. */
const numberBytes = 4;
