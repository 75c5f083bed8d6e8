import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const pieceBytes = 64 * 1024;

/** Rows of COPY text in a file that nobody else can open, so that parts of a chunk can be read again at no memory. */
export class SpooledRows implements AsyncDisposable {
  readonly #file: FileHandle;
  /** Where each row ends. */
  readonly #ends: number[] = [];

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async of(rows: AsyncIterable<Uint8Array>): Promise<SpooledRows> {
    const path = join(tmpdir(), `godwit-${randomUUID()}`);
    const file = await open(path, "wx+", 0o600);
    // Its name goes at once: the data end with the process, however that ends.
    await unlink(path);
    const spool = new SpooledRows(file);
    try {
      let at = 0;
      for await (const piece of rows) {
        const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
        for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, end + 1)) {
          spool.#ends.push(at + end + 1);
        }
        for (let from = 0; from < bytes.length;) from += (await file.write(bytes, from)).bytesWritten;
        at += bytes.length;
      }
      return spool;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get count(): number {
    return this.#ends.length;
  }

  /** The rows from one number to another, which is left out. */
  async *rows(from: number, to: number): AsyncGenerator<Uint8Array> {
    const end = this.#start(to);
    for (let at = this.#start(from); at < end;) {
      const piece = await this.#piece(at, Math.min(pieceBytes, end - at));
      at += piece.length;
      yield piece;
    }
  }

  /** A row as it was written, without its end; of a long one the first bytes. */
  async row(number: number, mostBytes: number): Promise<Buffer> {
    const [from, to] = [this.#start(number), this.#start(number + 1) - 1];
    const parts: Buffer[] = [];
    for (let at = from; at < Math.min(to, from + mostBytes);) {
      const part = await this.#piece(at, Math.min(pieceBytes, to - at, from + mostBytes - at));
      at += part.length;
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  #start(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0);
  }

  async #piece(at: number, length: number): Promise<Buffer> {
    const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) throw new Error("the spooled rows end early");
    return buffer.subarray(0, bytesRead);
  }
}

const newline = 0x0a;
