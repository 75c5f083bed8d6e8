import { createHash } from "node:crypto";
import type { KeptAside } from "./versions.ts";

/** Sums the origin files and notes of a collection by themselves, wherever they stand: in a file of 1.1 or beside it. */
export class AsideDigest {
  readonly #hash = createHash("sha256");
  readonly #marks: ReadonlySet<string>;

  /** An origin file of these names counts as none, because a migration may give one to mappings that have none. */
  constructor(marks: Iterable<string>) {
    this.#marks = new Set(marks);
  }

  /** In the order of their numbers. */
  add({ index, original, context, originFile, note }: KeptAside): void {
    const origin = originFile !== null && this.#marks.has(originFile) ? null : originFile;
    if (origin === null && note === null) return;
    this.#hash.update(`${JSON.stringify([index, original, context, origin, note])}\n`);
  }

  /** SHA-256, lower-case hex. */
  finish(): string {
    return this.#hash.copy().digest("hex");
  }
}
