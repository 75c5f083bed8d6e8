import { type ByteWindow, Malformed } from "./byte-window.ts";
import { decompressBlock } from "./lz4.ts";
import { MsgpackDecoder } from "./msgpack-decoder.ts";
import { readWhole, refusal } from "./refusal.ts";
import type { ByteSource } from "./source.ts";

/** Extension types of MessagePack-CSharp: one block, and an array of blocks whose lengths stand first. */
const blockType = 99;
const blockArrayType = 98;

export type Compression = "none" | "lz4-block" | "lz4-block-array";

/** By the first bytes; needs at most eight. Null for what is neither an array nor compressed. */
export function compressionOf(bytes: Uint8Array): Compression | null {
  const first = bytes[0] ?? 0;
  if (extensionType(bytes, 0) === blockType) return "lz4-block";
  const header = (first & 0xf0) === 0x90 ? 1 : first === 0xdc ? 3 : first === 0xdd ? 5 : null;
  if (header === null) return null;
  return extensionType(bytes, header) === blockArrayType ? "lz4-block-array" : "none";
}

/** What a window holds, decompressed. Places in messages are of the decompressed bytes from there on. */
export function decompressed(window: ByteWindow, compression: "lz4-block" | "lz4-block-array"): ByteSource {
  const decoder = new MsgpackDecoder();
  const attach = () => decoder.attach(window);
  const blocks = async function* (): AsyncGenerator<{ block: Buffer; length: number; at: number }> {
    if (compression === "lz4-block") {
      yield await readWhole(window, attach, () => {
        const end = extensionEnd(decoder);
        const length = sizeOf(decoder);
        const at = decoder.at;
        decoder.at = end;
        return { block: Buffer.from(decoder.bytes.subarray(at, end)), length, at };
      });
      return;
    }
    const lengths = await readWhole(window, attach, () => {
      const count = decoder.array("the compressed blocks") - 1;
      const end = extensionEnd(decoder);
      const all: number[] = [];
      while (decoder.at < end) all.push(sizeOf(decoder));
      if (all.length !== count || decoder.at !== end) {
        throw new Malformed(
          decoder.at,
          `expected the lengths of ${count} blocks, found those of ${all.length}`,
        );
      }
      return all;
    });
    for (const length of lengths) {
      const { block, at } = await readWhole(window, attach, () => {
        const block = decoder.binary("a compressed block");
        return { block, at: decoder.at - block.length };
      });
      yield { block, length, at };
    }
  };
  return {
    name: `${window.source.name}, decompressed,`,
    sizeBytes: null,
    repeatable: false,
    chunks: async function* () {
      const reading = { isJson: false, index: null, name: null };
      try {
        for await (const { block, length, at } of blocks()) {
          try {
            yield* decompressBlock(block, length);
          } catch (error) {
            if (!(error instanceof Malformed)) throw error;
            throw new Malformed(at + error.at, error.message);
          }
        }
        if (window.end > window.start || (await window.more())) {
          throw new Malformed(window.start, "expected the end of the file after the last block, found more");
        }
      } catch (error) {
        throw await refusal(window, error, reading);
      } finally {
        await window.close();
      }
    },
  };
}

/** Past the header of the extension at the decoder: where its data end. */
function extensionEnd(decoder: MsgpackDecoder): number {
  const { bytes } = decoder;
  const start = decoder.at;
  decoder.pass("the compressed data");
  const end = decoder.at;
  const code = bytes[start]!;
  decoder.at = start + (code >= 0xd4 ? 2 : 2 + (1 << (code - 0xc7)));
  return end;
}

function sizeOf(decoder: MsgpackDecoder): number {
  const { at } = decoder;
  const size = decoder.integer("a decompressed length");
  if (typeof size === "number" && size >= 0 && size < 2 ** 31) return size;
  throw new Malformed(at, `expected a decompressed length, found ${size}`);
}

function extensionType(bytes: Uint8Array, at: number): number | null {
  const code = bytes[at] ?? 0;
  if (code >= 0xd4 && code <= 0xd8) return bytes[at + 1] ?? null;
  if (code >= 0xc7 && code <= 0xc9) return bytes[at + 1 + (1 << (code - 0xc7))] ?? null;
  return null;
}
