import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { constants as zlibConstants, zstdCompress } from "node:zlib";
import { GodwitError } from "../../core/error.ts";
import { syncFolder } from "../files/sync-folder.ts";
import { type BlockKind, blockBytes, blockHeadOf, headOf, tailOf } from "./layout.ts";
import { type Seal, sealOf } from "./seal.ts";

const compress = promisify(zstdCompress);
/** The fastest level. More would cost the processors that the database needs. */
const compressionLevel = 1;
const packedBytes = 512 * 1024;

export interface WrittenBlock {
  readonly offset: number;
  readonly index: number;
}

export interface WrittenArchive {
  readonly bytes: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
}

/**
 * Writes an archive beside its name, and gives it the name when all of it is on the disk: a process that is killed, or a
 * disk that is full, leaves nothing that looks like a backup. Throws GW8201 for what the file system refuses.
 */
export class ArchiveWriter {
  readonly file: string;
  readonly #partial: string;
  readonly #handle: FileHandle;
  readonly #seal: Seal;
  readonly #hash = createHash("sha256");
  #offset = 0;
  #blocks = 0;
  /** Blocks are compressed at the same time, and written one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: string, handle: FileHandle, seal: Seal) {
    this.file = file;
    this.#partial = partialOf(file);
    this.#handle = handle;
    this.#seal = seal;
  }

  static async create(file: string, key: Uint8Array | null): Promise<ArchiveWriter> {
    await refuseExisting(file);
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    let handle: FileHandle;
    try {
      handle = await open(partialOf(file), flags, 0o600);
    } catch (error) {
      throw refusedBy(partialOf(file), error);
    }
    const salt = randomBytes(16);
    const seal = sealOf(key, salt);
    const writer = new ArchiveWriter(file, handle, seal);
    try {
      // Whatever the umask has taken away is given to the owner, and nothing to others.
      await handle.chmod(0o600);
      await writer.#write([headOf({ encrypted: key !== null, salt, keyCheck: seal.keyCheck })]);
    } catch (error) {
      await writer.abandon();
      throw refusedBy(writer.#partial, error);
    }
    return writer;
  }

  /** At most `blockBytes` at once. */
  async append(kind: BlockKind, content: Uint8Array, final = false): Promise<WrittenBlock> {
    if (content.length > blockBytes)
      throw new GodwitError("GW9001", { message: `a block of ${content.length} bytes` });
    const packed = await compress(content, {
      // In few pieces: each is a buffer of its own.
      chunkSize: packedBytes,
      params: { [zlibConstants.ZSTD_c_compressionLevel]: compressionLevel },
    });
    const compressed = packed.length < content.length;
    const stored = compressed ? packed : Buffer.from(content.buffer, content.byteOffset, content.length);
    return this.#inTurn(async () => {
      const [offset, index] = [this.#offset, this.#blocks];
      const head = blockHeadOf({
        kind,
        compressed,
        final,
        index,
        stored: stored.length,
        raw: content.length,
      });
      const { body, proof } = this.#seal.close(index, head, stored);
      await this.#write([head, body, proof]);
      this.#blocks += 1;
      return { offset, index };
    });
  }

  /** The manifest, the tail, and the name; all of it on the disk. */
  async finish(manifest: unknown): Promise<WrittenArchive> {
    const text = Buffer.from(JSON.stringify(manifest));
    const manifestAt = this.#offset;
    const before = this.#blocks;
    for (let at = 0; at < text.length; at += blockBytes) {
      await this.append("manifest", text.subarray(at, at + blockBytes), at + blockBytes >= text.length);
    }
    const tail = tailOf({ manifestAt, manifestBlocks: this.#blocks - before, blocks: this.#blocks });
    await this.#inTurn(() => this.#write([tail, this.#seal.proofOfTail(tail)]));
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await giveName(this.#partial, this.file);
    } catch (error) {
      throw error instanceof GodwitError ? error : refusedBy(this.#partial, error);
    }
    try {
      await syncFolder(dirname(this.file));
    } catch (error) {
      // Nobody can tell whether the name will be there after a loss of power: so it is none.
      await unlink(this.file).catch(() => {});
      throw refusedBy(this.file, error);
    }
    return { bytes: this.#offset, sha256: this.#hash.digest("hex") };
  }

  /** Takes away what was written; resolves with the name of what could not be, null where nothing is left. */
  async abandon(): Promise<string | null> {
    await this.#turn.catch(() => {});
    await this.#handle.close().catch(() => {});
    try {
      await unlink(this.#partial);
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ENOENT" ? null : this.#partial;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result;
    // Whoever waits for this block is told of the failure; here it only keeps the later ones from being written.
    result.catch(() => {});
    return result;
  }

  async #write(parts: readonly Buffer[]): Promise<void> {
    for (const part of parts) {
      for (let at = 0; at < part.length;) {
        const { bytesWritten } = await this.#handle
          .write(part, at, part.length - at)
          .catch((error: unknown) => {
            throw refusedBy(this.#partial, error);
          });
        // A disk that takes a part of it takes the rest, or says why it doesn't.
        if (bytesWritten === 0) throw refusedBy(this.#partial, new Error("the disk took nothing"));
        at += bytesWritten;
      }
      this.#hash.update(part);
      this.#offset += part.length;
    }
  }
}

function partialOf(file: string): string {
  return `${file}.partial`;
}

async function refuseExisting(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new GodwitError("GW8201", {
    message: `${file} is there already; no backup is overwritten`,
    hint: "Choose another name with --output.",
    details: { file },
  });
}

/** A link is refused where the name is taken, which a rename would overwrite. */
async function giveName(partial: string, file: string): Promise<void> {
  try {
    await link(partial, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") await refuseExisting(file);
    // File systems without hard links.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code ?? "")) throw error;
    await refuseExisting(file);
    await rename(partial, file);
    return;
  }
  await unlink(partial);
}

function refusedBy(file: string, error: unknown): GodwitError {
  if (error instanceof GodwitError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const left =
    code === "EEXIST" ? "; an interrupted backup may have left it, and then it can be removed" : "";
  return new GodwitError("GW8201", {
    message: `${file} could not be written: ${message}${left}`,
    details: { file, native: code ?? null },
    cause: error,
  });
}
