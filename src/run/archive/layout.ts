import { createHash } from "node:crypto";

/*
 * An archive is one file: a head, blocks one after another, a tail. Numbers are little-endian.
 *
 *   head   64 bytes  mark, version, flags, salt, check of the key, first half of SHA-256 over what stands before it
 *   block            kind, flags, number, length as stored, length as it was (16 bytes) · the stored bytes · 16 bytes of proof
 *   tail   40 bytes  mark, where the manifest begins, its blocks, all blocks, 16 bytes of proof
 *
 * The proof of a block is AES-GCM's over its first 16 bytes and its content, or where nothing is encrypted half of a
 * SHA-256 over the salt and the same bytes. The manifest stands last, so that a file without it is no backup.
 */

export const headBytes = 64;
export const blockHeadBytes = 16;
export const proofBytes = 16;
export const tailBytes = 40;
/** What is compressed at once. A block that says it is longer is refused before any memory is taken for it. */
export const blockBytes = 4 * 1024 * 1024;
/** zstd makes what it can't compress a little longer. */
const storedBytes = blockBytes + 64 * 1024;
const archiveVersion = 1;

/** As in PNG: a byte that is no text, and line ends that a transfer as text would change. */
const headMark = Buffer.from([0x89, 0x47, 0x57, 0x42, 0x0d, 0x0a, 0x1a, 0x0a]);
const tailMark = Buffer.from("GWBEND\r\n", "latin1");

const blockKinds = ["rows", "dump", "manifest"] as const;
export type BlockKind = (typeof blockKinds)[number];

const encryptedFlag = 1;
const compressedFlag = 1;
const finalFlag = 2;

export interface ArchiveHead {
  readonly encrypted: boolean;
  readonly salt: Buffer;
  readonly keyCheck: Buffer;
}

export function headOf({ encrypted, salt, keyCheck }: ArchiveHead): Buffer {
  const head = Buffer.alloc(headBytes);
  headMark.copy(head);
  head.writeUInt16LE(archiveVersion, 8);
  head.writeUInt16LE(encrypted ? encryptedFlag : 0, 10);
  salt.copy(head, 16);
  keyCheck.copy(head, 32);
  halfHash(head.subarray(0, 48)).copy(head, 48);
  return head;
}

/** Null where the file is none of ours; a text where it is, and is damaged or newer. */
export function readHead(bytes: Buffer): ArchiveHead | string | null {
  if (bytes.length < 8 || !bytes.subarray(0, 8).equals(headMark)) return null;
  if (bytes.length < headBytes) return "it ends within its head";
  if (!halfHash(bytes.subarray(0, 48)).equals(bytes.subarray(48, 64))) return "its head was altered";
  const version = bytes.readUInt16LE(8);
  if (version !== archiveVersion)
    return `its format is version ${version}, and this program reads ${archiveVersion}`;
  const flags = bytes.readUInt16LE(10);
  if (flags > encryptedFlag || bytes.readUInt32LE(12) !== 0) return "its head holds what is not known";
  return {
    encrypted: flags === encryptedFlag,
    salt: Buffer.from(bytes.subarray(16, 32)),
    keyCheck: Buffer.from(bytes.subarray(32, 48)),
  };
}

export interface BlockHead {
  readonly kind: BlockKind;
  readonly compressed: boolean;
  /** The manifest's last block: after it only the tail may come. */
  readonly final: boolean;
  readonly index: number;
  readonly stored: number;
  readonly raw: number;
}

export function blockHeadOf({ kind, compressed, final, index, stored, raw }: BlockHead): Buffer {
  const head = Buffer.alloc(blockHeadBytes);
  head[0] = blockKinds.indexOf(kind) + 1;
  head[1] = (compressed ? compressedFlag : 0) | (final ? finalFlag : 0);
  head.writeUInt32LE(index, 4);
  head.writeUInt32LE(stored, 8);
  head.writeUInt32LE(raw, 12);
  return head;
}

/** A text where the block can't be one of ours. Its lengths are looked at before they are used. */
export function readBlockHead(bytes: Buffer): BlockHead | string {
  const kind = blockKinds[bytes[0]! - 1];
  const flags = bytes[1]!;
  const stored = bytes.readUInt32LE(8);
  const raw = bytes.readUInt32LE(12);
  if (kind === undefined || flags > (compressedFlag | finalFlag) || bytes.readUInt16LE(2) !== 0)
    return "there is no block";
  if (stored > storedBytes || raw > blockBytes)
    return `a block claims ${stored} bytes that become ${raw}; none has more than ${blockBytes}`;
  const compressed = (flags & compressedFlag) !== 0;
  if (!compressed && stored !== raw) return "a block's two lengths contradict each other";
  return { kind, compressed, final: (flags & finalFlag) !== 0, index: bytes.readUInt32LE(4), stored, raw };
}

export interface ArchiveTail {
  readonly manifestAt: number;
  readonly manifestBlocks: number;
  readonly blocks: number;
}

/** Without its proof, which depends on the key. */
export function tailOf({ manifestAt, manifestBlocks, blocks }: ArchiveTail): Buffer {
  const tail = Buffer.alloc(tailBytes - proofBytes);
  tailMark.copy(tail);
  tail.writeBigUInt64LE(BigInt(manifestAt), 8);
  tail.writeUInt32LE(manifestBlocks, 16);
  tail.writeUInt32LE(blocks, 20);
  return tail;
}

/** Null where the file does not end as an archive does. */
export function readTail(bytes: Buffer): ArchiveTail | null {
  if (bytes.length !== tailBytes || !bytes.subarray(0, 8).equals(tailMark)) return null;
  return {
    manifestAt: Number(bytes.readBigUInt64LE(8)),
    manifestBlocks: bytes.readUInt32LE(16),
    blocks: bytes.readUInt32LE(20),
  };
}

/** 128 bits of SHA-256: a flipped bit is found with certainty for all purposes, and half the space is enough. */
export function halfHash(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, proofBytes);
}
