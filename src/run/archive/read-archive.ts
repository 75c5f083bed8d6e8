import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { constants as zlibConstants, zstdDecompress } from "node:zlib";
import { GodwitError } from "../../core/error.ts";
import {
  type ArchiveHead,
  type ArchiveTail,
  blockHeadBytes,
  type BlockHead,
  type BlockKind,
  headBytes,
  proofBytes,
  readBlockHead,
  readHead,
  readTail,
  tailBytes,
} from "./layout.ts";
import { checkManifest, type Manifest } from "./manifest.ts";
import { isSame, type Seal, sealOf } from "./seal.ts";

const decompress = promisify(zstdDecompress);
/** 16 MB: what a block of 4 MB was compressed with needs less, and a hostile frame could ask for two gigabytes. */
const windowLog = 24;
const mostManifestBlocks = 1_024;

export interface BlockPlace {
  readonly offset: number;
  readonly index: number;
}

interface FoundBlock {
  readonly head: BlockHead;
  readonly content: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

/**
 * An archive that is open for reading. Whatever is not as it was written is refused with its place in the file. Throws
 * GW8202 for a file that is none, GW8203 for one that is damaged, GW8204 for another key.
 */
export class ArchiveReader implements AsyncDisposable {
  readonly file: string;
  readonly encrypted: boolean;
  readonly bytes: number;
  readonly #handle: FileHandle;
  readonly #seal: Seal;
  readonly #tail: ArchiveTail;
  #manifest: Manifest | null = null;

  private constructor(file: string, handle: FileHandle, found: Opened) {
    this.file = file;
    this.#handle = handle;
    this.encrypted = found.head.encrypted;
    this.bytes = found.bytes;
    this.#seal = found.seal;
    this.#tail = found.tail;
  }

  static async open(file: string, key: Uint8Array | null): Promise<ArchiveReader> {
    let handle: FileHandle;
    try {
      handle = await open(file, constants.O_RDONLY);
    } catch (error) {
      throw new GodwitError("GW8202", {
        message: `${file} could not be opened: ${(error as Error).message}`,
        details: { file, native: (error as NodeJS.ErrnoException).code ?? null },
        cause: error,
      });
    }
    try {
      return await openFile(file, handle, key, (found) => new ArchiveReader(file, handle, found));
    } catch (error) {
      await handle.close().catch(() => {});
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close().catch(() => {});
  }

  /** Which file it is, and its last change: another one under its name, or new content in it, gives another text. */
  async identity(): Promise<string> {
    return identityOf(await this.#handle.stat({ bigint: true }));
  }

  /** Whether its name still leads to that file. */
  async isUnder(identity: string): Promise<boolean> {
    const found = await stat(this.file, { bigint: true }).catch(() => null);
    return found !== null && identityOf(found) === identity;
  }

  async manifest(): Promise<Manifest> {
    if (this.#manifest !== null) return this.#manifest;
    const { manifestAt, manifestBlocks, blocks } = this.#tail;
    const parts: Buffer[] = [];
    let at = manifestAt;
    for (let n = 0; n < manifestBlocks; n++) {
      const block = await this.#block(at, "manifest", blocks - manifestBlocks + n);
      if (block.head.final !== (n === manifestBlocks - 1))
        throw damaged(this.file, at, "the manifest is not whole");
      parts.push(block.content);
      at = block.end;
    }
    if (at !== this.bytes - tailBytes) throw damaged(this.file, at, "more follows the manifest than its end");
    const problem = checkManifest(Buffer.concat(parts), manifestAt, blocks);
    if (typeof problem === "string") throw damaged(this.file, manifestAt, problem);
    return (this.#manifest = problem);
  }

  /** The content of a block that the manifest names. */
  async block({ offset, index }: BlockPlace, kind: BlockKind): Promise<Buffer> {
    return (await this.#block(offset, kind, index)).content;
  }

  /** Reads all of the file: each block, in its place, whole. Resolves with the file's SHA-256. */
  async check(onBytes: (bytes: number) => void = () => {}): Promise<string> {
    await this.manifest();
    const hash = createHash("sha256");
    hash.update(await this.#read(0, headBytes));
    const { blocks } = this.#tail;
    let at = headBytes;
    // The next block is read while this one is decompressed.
    const take = async (index: number, offset: number): Promise<RawBlock> => {
      const found = await this.#raw(offset, index);
      for (const part of found.bytes) hash.update(part);
      return found;
    };
    let ahead: Promise<RawBlock> | null = take(0, at);
    for (let index = 0; index < blocks; index++) {
      const raw: RawBlock = await ahead!;
      const next = raw.end;
      ahead = index + 1 < blocks ? take(index + 1, next) : null;
      ahead?.catch(() => {});
      await this.#unpack(at, raw);
      onBytes(next - at);
      at = next;
    }
    if (at !== this.bytes - tailBytes) throw damaged(this.file, at, "more follows than its blocks");
    hash.update(await this.#read(at, tailBytes));
    return hash.digest("hex");
  }

  async #block(offset: number, kind: BlockKind, index: number): Promise<FoundBlock> {
    const raw = await this.#raw(offset, index);
    if (raw.head.kind !== kind)
      throw damaged(this.file, offset, `a block of ${kind} should stand here, not of ${raw.head.kind}`);
    return { head: raw.head, content: await this.#unpack(offset, raw), end: raw.end };
  }

  /** The block's bytes, and its content as it was stored. */
  async #raw(offset: number, index: number): Promise<RawBlock> {
    const end = this.bytes - tailBytes;
    const refuse = (why: string) => damaged(this.file, offset, why);
    if (offset + blockHeadBytes + proofBytes > end) throw refuse("a block begins where the file ends");
    const headText = await this.#read(offset, blockHeadBytes);
    const head = readBlockHead(headText);
    if (typeof head === "string") throw refuse(head);
    if (head.index !== index) throw refuse(`block ${head.index} stands in the place of block ${index}`);
    const after = offset + blockHeadBytes + head.stored + proofBytes;
    if (after > end) throw refuse("a block reaches beyond the file's end");
    const rest = await this.#read(offset + blockHeadBytes, head.stored + proofBytes);
    const [body, proof] = [rest.subarray(0, head.stored), rest.subarray(head.stored)];
    const stored = this.#seal.open(index, headText, body, proof);
    if (stored === null) throw refuse("a block is not as it was written");
    return { head, stored, end: after, bytes: [headText, rest] };
  }

  async #unpack(offset: number, { head, stored }: RawBlock): Promise<Buffer> {
    if (!head.compressed) return stored;
    try {
      const content = await decompress(stored, {
        maxOutputLength: Math.max(1, head.raw),
        // In one piece, and not in hundreds.
        chunkSize: Math.max(1024, head.raw + 64),
        params: { [zlibConstants.ZSTD_d_windowLogMax]: windowLog },
      });
      if (content.length === head.raw) return content;
    } catch {
      // Told below: it becomes longer than it says, or is no zstd.
    }
    throw damaged(this.file, offset, "a block does not become what it says");
  }

  async #read(offset: number, length: number): Promise<Buffer> {
    return readAt(this.#handle, this.file, offset, length);
  }
}

function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(" ");
}

interface Opened {
  readonly bytes: number;
  readonly head: ArchiveHead;
  readonly tail: ArchiveTail;
  readonly seal: Seal;
}

interface RawBlock {
  readonly head: BlockHead;
  /** Deciphered, and compressed as it was stored. */
  readonly stored: Buffer;
  /** Where the next one begins. */
  readonly end: number;
  /** As they stand in the file. */
  readonly bytes: readonly Buffer[];
}

async function openFile(
  file: string,
  handle: FileHandle,
  key: Uint8Array | null,
  made: (found: Opened) => ArchiveReader,
): Promise<ArchiveReader> {
  const found = await handle.stat();
  const none = (why: string) =>
    new GodwitError("GW8202", { message: `${file} is no backup: ${why}`, details: { file } });
  if (!found.isFile()) throw none("it is no file");
  const bytes = found.size;
  const head = readHead(await readAt(handle, file, 0, Math.min(bytes, headBytes)));
  if (head === null) throw none("it does not begin as one does");
  if (typeof head === "string") throw damaged(file, 0, head);
  if (bytes < headBytes + tailBytes) throw damaged(file, bytes, "the file ends before its first block");
  const seal = openSeal(file, head, key);
  const tailAt = bytes - tailBytes;
  const text = await readAt(handle, file, tailAt, tailBytes);
  const tail = readTail(text);
  if (tail === null)
    throw damaged(file, tailAt, "it does not end as a backup does: it was cut off, or never finished");
  if (!isSame(seal.proofOfTail(text.subarray(0, tailBytes - proofBytes)), text.subarray(-proofBytes)))
    throw damaged(file, tailAt, "its end was altered");
  const { manifestAt, manifestBlocks, blocks } = tail;
  const isSound =
    Number.isSafeInteger(manifestAt) &&
    manifestAt >= headBytes &&
    manifestAt < tailAt &&
    manifestBlocks >= 1 &&
    manifestBlocks <= Math.min(blocks, mostManifestBlocks);
  if (!isSound) throw damaged(file, tailAt, "its end points outside the file");
  return made({ bytes, head, tail, seal });
}

function openSeal(file: string, head: ArchiveHead, key: Uint8Array | null): Seal {
  if (!head.encrypted) return sealOf(null, head.salt);
  if (key === null) {
    throw new GodwitError("GW8204", {
      message: `${file} is encrypted, and there is no key`,
      details: { file },
    });
  }
  const seal = sealOf(key, head.salt);
  // The head is whole, so a check that differs is another key, and no damage.
  if (isSame(seal.keyCheck, head.keyCheck)) return seal;
  throw new GodwitError("GW8204", {
    message: `${file} was encrypted with another key`,
    details: { file },
  });
}

async function readAt(handle: FileHandle, file: string, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await handle.read(buffer, at, length - at, offset + at).catch((error: unknown) => {
      throw damaged(file, offset + at, `it cannot be read: ${(error as Error).message}`);
    });
    if (bytesRead === 0) throw damaged(file, offset + at, "the file ends here");
    at += bytesRead;
  }
  return buffer;
}

function damaged(file: string, offset: number, why: string): GodwitError {
  return new GodwitError("GW8203", {
    message: `${file} is damaged at byte ${offset}: ${why}`,
    details: { file, offset },
  });
}
