import type { ArchiveReader, BlockPlace } from "./read-archive.ts";
import { blockBytes } from "./layout.ts";
import type { ArchiveWriter } from "./write-archive.ts";

/** Blocks that are compressed and written while the program goes on. */
const blocksAhead = 3;

/** Writes what a program gives, in blocks of their full size. */
export async function archiveDump(
  writer: ArchiveWriter,
  pieces: AsyncIterable<Uint8Array>,
): Promise<readonly BlockPlace[]> {
  const written: Promise<BlockPlace>[] = [];
  let buffer = Buffer.allocUnsafeSlow(blockBytes);
  let held = 0;
  const flush = async () => {
    const block = writer.append("dump", buffer.subarray(0, held));
    block.catch(() => {});
    written.push(block);
    buffer = Buffer.allocUnsafeSlow(blockBytes);
    held = 0;
    await written.at(-1 - blocksAhead);
  };
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + blockBytes - held);
      buffer.set(part, held);
      held += part.length;
      at += part.length;
      if (held === blockBytes) await flush();
    }
  }
  if (held > 0) await flush();
  return Promise.all(written);
}

/** The same again, each block read while the one before it is used. */
export async function* dumpOf(
  archive: ArchiveReader,
  places: readonly BlockPlace[],
): AsyncGenerator<Uint8Array> {
  let ahead = places[0] === undefined ? null : archive.block(places[0], "dump");
  for (let n = 0; ahead !== null; n++) {
    const piece = await ahead;
    const next = places[n + 1];
    ahead = next === undefined ? null : archive.block(next, "dump");
    ahead?.catch(() => {});
    yield piece;
  }
}
