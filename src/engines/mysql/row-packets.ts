/** What a result set is made of, as it comes from the socket. */
export interface RowSink {
  /** A row that lies whole in `chunk`, which the sink may overwrite up to `end`. */
  whole(chunk: Buffer, start: number, end: number): void;
  /** A part of a long row, in order. */
  part(bytes: Buffer, first: boolean, last: boolean): void;
  /** All of `chunk` was told. */
  flush(): void;
}

export interface RowPackets {
  /** Takes what the socket gave. */
  push(chunk: Buffer): void;
}

const longestPacket = 0xffffff;
/** Rows of up to so many bytes are put together before they are told; longer ones are told in parts. */
const wholeBytes = 65_536;
const headerBytes = 4;
/** Header, and the longest prefix that tells a value's length. */
const startBytes = headerBytes + 9;

/**
 * Takes the frames of MySQL's protocol apart: header of a result set, column definitions, EOF, rows, EOF or ERR. A
 * frame is three bytes of length, one of sequence and the payload; a payload of 16 MB goes on in the next frame.
 * All that is no row is given to `control` as whole frames. The driver's own parser makes an object of each row,
 * which is ten times slower.
 */
export function rowPackets(sink: RowSink, control: (packet: Buffer) => void): RowPackets {
  let carried: Buffer | null = null;
  let phase: "header" | "columns" | "rows" = "header";
  let columns = 0;
  /** Of the long row's frame that is being told. */
  let remaining = 0;
  let continues = false;

  function push(given: Buffer): void {
    let at = 0;
    // Only what the cut frame still lacks is moved, not all that comes with it.
    while (carried !== null && at < given.length) {
      const lacking = Math.max(1, Math.max(startBytes, frameBytes(carried)) - carried.length);
      const joined: Buffer = Buffer.concat([carried, given.subarray(at, at + lacking)]);
      const taken = joined.length - carried.length;
      carried = null;
      take(joined);
      at += taken;
      // What is left then begins a frame that lies in the chunk itself.
      const left = leftBytes();
      if (left === 0 || left > taken) continue;
      carried = null;
      at -= left;
    }
    if (at < given.length) take(given.subarray(at));
  }

  function leftBytes(): number {
    return carried?.length ?? 0;
  }

  function take(chunk: Buffer): void {
    let at = 0;
    const end = chunk.length;
    while (at < end) {
      if (remaining > 0) {
        at = part(chunk, at, false);
        continue;
      }
      if (end - at < headerBytes) break;
      const length = chunk[at]! | (chunk[at + 1]! << 8) | (chunk[at + 2]! << 16);
      if (continues) {
        begin(length);
        at += headerBytes;
        if (length === 0) sink.part(chunk.subarray(at, at), false, true);
        continue;
      }
      const next = at + headerBytes + length;
      if (phase === "rows" && isRow(chunk, at, length)) {
        if (next <= end && length < longestPacket) {
          sink.whole(chunk, at + headerBytes, next);
          at = next;
          continue;
        }
        if (length <= wholeBytes || end - at < startBytes) break;
        begin(length);
        at = part(chunk, at + headerBytes, true);
        continue;
      }
      if (next > end) break;
      sink.flush();
      told(chunk, at, length);
      at = next;
    }
    sink.flush();
    if (at < end) carried = chunk.subarray(at);
  }

  function begin(length: number): void {
    remaining = length;
    continues = length === longestPacket;
  }

  function part(chunk: Buffer, at: number, first: boolean): number {
    const to = Math.min(chunk.length, at + remaining);
    remaining -= to - at;
    sink.part(chunk.subarray(at, to), first, remaining === 0 && !continues);
    return to;
  }

  function told(chunk: Buffer, at: number, length: number): void {
    const packet = Buffer.from(chunk.subarray(at, at + headerBytes + length));
    const kind = packet[headerBytes];
    if (phase === "header") {
      // OK, ERR and LOCAL INFILE begin with 0, 255 and 251; whatever else is the number of columns.
      if (kind !== 0 && kind !== 0xff && kind !== 0xfb) {
        columns = kind === 0xfc ? packet.readUInt16LE(headerBytes + 1) : (kind ?? 0);
        phase = "columns";
      }
    } else if (phase === "columns") {
      columns -= 1;
      // The EOF after the definitions is counted like one of them.
      if (columns < 0) phase = "rows";
    }
    control(packet);
  }

  return { push };
}

/** Of the frame that begins there; 0 where not even its length is known. */
function frameBytes(start: Buffer): number {
  return start.length < headerBytes ? 0 : headerBytes + (start[0]! | (start[1]! << 8) | (start[2]! << 16));
}

/** EOF is 254 in a frame of less than 9 bytes, ERR is 255, which begins no value. An empty frame tells nothing yet. */
function isRow(chunk: Buffer, at: number, length: number): boolean {
  const kind = chunk[at + headerBytes];
  return kind !== undefined && kind !== 0xff && !(kind === 0xfe && length < 9);
}
