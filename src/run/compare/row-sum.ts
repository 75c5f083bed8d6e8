const newline = 10;
/** Of all rows the sums of two hashes of 32 bits each, so that neither ever reaches into the other. */
const laneBits = 96n;

/**
 * Counts rows of COPY text and adds up a hash of each, so that the order of rows, and where pieces of them end, do not
 * matter, while a doubled row shows. The hash has two lanes of 32 bits over little-endian words, the steps of
 * MurmurHash1 (Appleby, 2008) and of Firefox's FxHash, each ended by the row's length and MurmurHash3's avalanche.
 * Each lane has two states that take the words in turns: a processor works on both at once. It finds errors, and is no
 * proof against somebody who makes rows on purpose.
 */
export class RowSum {
  #rows = 0n;
  #sum = 0n;
  #longest = 0;
  /** Of the row that is not over yet: the states, of which the first takes the next word; the length; bytes of no whole word. */
  #murmur = 0;
  #nextMurmur = 0;
  #fox = 0;
  #nextFox = 0;
  #length = 0;
  #word = 0;
  #held = 0;

  /** As they come: a piece may end anywhere. */
  add(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    // Exact as numbers: they are taken before there are 2^21 rows.
    let [rows, murmurs, foxes] = [0, 0, 0];
    let at = 0;
    while (at < bytes.length) {
      const found = bytes.indexOf(newline, at);
      const end = found < 0 ? bytes.length : found;
      this.#length += end - at;
      while (this.#held > 0 && at < end) this.#byte(bytes[at++]!);
      let [murmur, nextMurmur, fox, nextFox] = [this.#murmur, this.#nextMurmur, this.#fox, this.#nextFox];
      for (const pairs = end - 7; at < pairs; at += 8) {
        const word = view.getInt32(at, true);
        const next = view.getInt32(at + 4, true);
        murmur = murmurStep(murmur, word);
        nextMurmur = murmurStep(nextMurmur, next);
        fox = foxStep(fox, word);
        nextFox = foxStep(nextFox, next);
      }
      [this.#murmur, this.#nextMurmur, this.#fox, this.#nextFox] = [murmur, nextMurmur, fox, nextFox];
      while (at < end) this.#byte(bytes[at++]!);
      if (found < 0) break;
      at++;
      rows++;
      if (this.#length > this.#longest) this.#longest = this.#length;
      if (this.#held > 0) this.#step(this.#word);
      murmurs += ended(murmurStep(this.#murmur, this.#nextMurmur), this.#length);
      foxes += ended(foxStep(this.#fox, this.#nextFox), this.#length);
      this.#murmur =
        this.#nextMurmur =
        this.#fox =
        this.#nextFox =
        this.#length =
        this.#word =
        this.#held =
          0;
      if (rows < mostRows) continue;
      this.#take(rows, murmurs, foxes);
      [rows, murmurs, foxes] = [0, 0, 0];
    }
    this.#take(rows, murmurs, foxes);
  }

  /** Of whole rows. */
  get rows(): bigint {
    return this.#rows;
  }

  /** Sums of parts of a table add up to that of the table. */
  get sum(): bigint {
    return this.#sum;
  }

  /** Bytes of the longest whole row. */
  get longest(): number {
    return this.#longest;
  }

  #byte(byte: number): void {
    this.#word |= byte << (8 * this.#held);
    this.#held = (this.#held + 1) & 3;
    if (this.#held > 0) return;
    this.#step(this.#word);
    this.#word = 0;
  }

  #step(word: number): void {
    const [murmur, fox] = [murmurStep(this.#murmur, word), foxStep(this.#fox, word)];
    [this.#murmur, this.#nextMurmur] = [this.#nextMurmur, murmur];
    [this.#fox, this.#nextFox] = [this.#nextFox, fox];
  }

  #take(rows: number, murmurs: number, foxes: number): void {
    this.#rows += BigInt(rows);
    this.#sum += (BigInt(murmurs) << laneBits) + BigInt(foxes);
  }
}

const mostRows = 1 << 20;

function murmurStep(hash: number, word: number): number {
  const mixed = Math.imul((hash + word) | 0, 0xc6a4a793);
  return mixed ^ (mixed >>> 16);
}

function foxStep(hash: number, word: number): number {
  return Math.imul(((hash << 5) | (hash >>> 27)) ^ word, 0x9e3779b9);
}

/** MurmurHash3's avalanche: each bit of the state changes half of the result's. */
function ended(hash: number, length: number): number {
  let mixed = hash ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
