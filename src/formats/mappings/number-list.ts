const pieceLength = 1 << 16;

/** Whole numbers of 32 bits, in a list that grows: in pieces, so that none is copied when there are many. */
export class NumberList {
  readonly #pieces: Uint32Array[] = [];
  length = 0;

  push(value: number): void {
    const at = this.length & (pieceLength - 1);
    if (at === 0) this.#pieces.push(new Uint32Array(pieceLength));
    this.#pieces.at(-1)![at] = value;
    this.length++;
  }

  at(index: number): number {
    return this.#pieces[index >>> 16]![index & (pieceLength - 1)]!;
  }

  set(index: number, value: number): void {
    this.#pieces[index >>> 16]![index & (pieceLength - 1)] = value;
  }
}
