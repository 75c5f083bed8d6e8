import { GodwitError } from "../../core/error.ts";
import { leastInteger, mostInteger } from "./integer.ts";
import type { Integer, Timestamp } from "./model.ts";

/** A string so short is written by a loop; the call that writes a longer one costs as much as some 60 characters. */
const shortString = 60;

/**
 * Writes MessagePack as MessagePack-CSharp does: always the shortest form, and of an integer that is not negative the
 * unsigned one. The bytes are `bytes` up to `length`; the buffer is reused.
 */
export class MsgpackEncoder {
  bytes: Buffer = Buffer.allocUnsafe(1024);
  length = 0;
  #view = viewOf(this.bytes);

  /** What was written since the last call; valid until the next value is written. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  array(count: number): void {
    this.#header(count, 0x90, 0xdc);
  }

  map(count: number): void {
    this.#header(count, 0x80, 0xde);
  }

  /** The header of an array in a given number of bytes: 1, 3 or 5. */
  arrayOfWidth(count: number, width: number): void {
    this.#reserve(5);
    const { bytes } = this;
    if (width === 1) bytes[this.length] = 0x90 | count;
    else {
      bytes[this.length] = width === 3 ? 0xdc : 0xdd;
      bytes.writeUIntBE(count, this.length + 1, width - 1);
    }
    this.length += width;
  }

  nil(): void {
    this.#reserve(1);
    this.bytes[this.length++] = 0xc0;
  }

  integer(value: Integer): void {
    this.#reserve(9);
    if (typeof value === "number" && value >= 0 && value < 0x80) this.bytes[this.length++] = value;
    else if (typeof value === "bigint" || !Number.isSafeInteger(value)) this.#long(BigInt(value));
    else if (value >= 0) this.#unsigned(value);
    else this.#negative(value);
  }

  float(value: number): void {
    this.#reserve(9);
    const { bytes } = this;
    bytes[this.length] = 0xcb;
    // The quiet NaN of .NET has its sign set; that of JavaScript has not.
    if (Number.isNaN(value)) bytes.writeBigUInt64BE(0xfff8_0000_0000_0000n, this.length + 1);
    else this.#view.setFloat64(this.length + 1, value);
    this.length += 9;
  }

  string(value: string): void {
    const count = value.length;
    if (count >= shortString) return this.#anyString(value);
    this.#reserve(count + 2);
    const { bytes } = this;
    let at = this.length;
    if (count < 32) bytes[at++] = 0xa0 | count;
    else {
      bytes[at++] = 0xd9;
      bytes[at++] = count;
    }
    for (let index = 0; index < count; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return this.#anyString(value);
      bytes[at++] = code;
    }
    this.length = at;
  }

  stringOrNil(value: string | null): void {
    if (value === null) this.nil();
    else this.string(value);
  }

  timestamp({ seconds, nanos }: Timestamp): void {
    this.#reserve(15);
    const { bytes } = this;
    const view = this.#view;
    const at = this.length;
    if (seconds < 0 || seconds >= 2 ** 34) {
      bytes[at] = 0xc7;
      bytes[at + 1] = 12;
      bytes[at + 2] = 0xff;
      view.setUint32(at + 3, nanos);
      const high = Math.floor(seconds / 2 ** 32);
      view.setInt32(at + 7, high);
      view.setUint32(at + 11, seconds - high * 2 ** 32);
      this.length += 15;
    } else if (nanos === 0 && seconds < 2 ** 32) {
      bytes[at] = 0xd6;
      bytes[at + 1] = 0xff;
      view.setUint32(at + 2, seconds);
      this.length += 6;
    } else {
      bytes[at] = 0xd7;
      bytes[at + 1] = 0xff;
      // 30 bits of nanoseconds above 34 bits of seconds.
      const high = Math.floor(seconds / 2 ** 32);
      view.setUint32(at + 2, nanos * 4 + high);
      view.setUint32(at + 6, seconds - high * 2 ** 32);
      this.length += 10;
    }
  }

  /** Bytes that are MessagePack already. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  #anyString(value: string): void {
    if (!value.isWellFormed()) {
      throw new GodwitError("GW2604", {
        message: `The text ${JSON.stringify(value.slice(0, 80))} holds half of a surrogate pair, which UTF-8 has no bytes for.`,
      });
    }
    const count = Buffer.byteLength(value);
    this.#reserve(count + 5);
    const { bytes } = this;
    if (count < 32) bytes[this.length++] = 0xa0 | count;
    else {
      const width = count < 0x100 ? 1 : count < 0x1_0000 ? 2 : 4;
      bytes[this.length] = width === 1 ? 0xd9 : width === 2 ? 0xda : 0xdb;
      bytes.writeUIntBE(count, this.length + 1, width);
      this.length += 1 + width;
    }
    this.length += bytes.write(value, this.length, "utf8");
  }

  #header(count: number, short: number, long: number): void {
    this.#reserve(5);
    const { bytes } = this;
    if (count < 16) bytes[this.length++] = short | count;
    else if (count < 0x1_0000) {
      bytes[this.length] = long;
      bytes.writeUInt16BE(count, this.length + 1);
      this.length += 3;
    } else {
      bytes[this.length] = long + 1;
      bytes.writeUInt32BE(count, this.length + 1);
      this.length += 5;
    }
  }

  #unsigned(value: number): void {
    const { bytes } = this;
    const width = value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < 2 ** 32 ? 4 : 8;
    if (width === 8) return this.#long(BigInt(value));
    bytes[this.length] = width === 1 ? 0xcc : width === 2 ? 0xcd : 0xce;
    bytes.writeUIntBE(value, this.length + 1, width);
    this.length += 1 + width;
  }

  #negative(value: number): void {
    const { bytes } = this;
    if (value >= -32) {
      bytes[this.length++] = value & 0xff;
      return;
    }
    const width = value >= -0x80 ? 1 : value >= -0x8000 ? 2 : value >= -(2 ** 31) ? 4 : 8;
    if (width === 8) return this.#long(BigInt(value));
    bytes[this.length] = width === 1 ? 0xd0 : width === 2 ? 0xd1 : 0xd2;
    bytes.writeIntBE(value, this.length + 1, width);
    this.length += 1 + width;
  }

  #long(value: bigint): void {
    if (value < leastInteger || value > mostInteger) {
      throw new GodwitError("GW2604", {
        message: `The number ${value} has more than the 64 bits that MessagePack holds.`,
      });
    }
    const { bytes } = this;
    bytes[this.length] = value >= 0n ? 0xcf : 0xd3;
    if (value >= 0n) bytes.writeBigUInt64BE(value, this.length + 1);
    else bytes.writeBigInt64BE(value, this.length + 1);
    this.length += 9;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    this.#view = viewOf(larger);
  }
}

/** Writes wider numbers than a byte in one go, where a buffer's own methods do it byte by byte. */
function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
