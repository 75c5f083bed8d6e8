import { GodwitError } from "../../core/error.ts";
import type { FrameForms } from "./frame-forms.ts";
import { mappingRefusal } from "./mapping-refusal.ts";
import type { CollectionHeader, SchemaVersion } from "./model.ts";
import { MsgpackDecoder } from "./msgpack-decoder.ts";
import { MsgpackEncoder } from "./msgpack-encoder.ts";
import {
  encodeMapping,
  encodePattern,
  encodeRecord,
  encodeStatistics,
  encodeSurplus,
  surplusCount,
} from "./msgpack-schema.ts";
import type { ByteSink } from "./sink.ts";
import type { MappingWriter } from "./writer.ts";

interface Options {
  readonly version: SchemaVersion;
  /** Null where it is not known yet. */
  readonly count: number | null;
  readonly wire: FrameForms | null;
  /** How much waits in memory for the count. Default 8 MiB. */
  readonly heldBytes?: number;
}

const flushBytes = 256 * 1024;
const usuallyHeldBytes = 8 * 1024 * 1024;
const knownElements: Readonly<Record<SchemaVersion, number>> = { "1.0": 4, "1.1": 5 };

/**
 * The first bytes tell how many mappings there are, and their length depends on it. So the first mappings wait in
 * memory, which is enough for most files. Of a larger one the first bytes are written as they are likely to be, and
 * put right at the end; that moves the file only where a count of the caller was wrong.
 */
export function createMsgpackWriter(sink: ByteSink, options: Options): MappingWriter {
  const { version, count, wire, heldBytes = usuallyHeldBytes } = options;
  const mostHeld = count === null ? heldBytes : Math.min(heldBytes, flushBytes);
  const encoder = new MsgpackEncoder();
  let written = 0;
  let bytes = 0;
  let prefix: Buffer | null = null;

  const put = async (part: Buffer): Promise<void> => {
    await sink.write(part);
    bytes += part.length;
  };

  const flush = async (): Promise<void> => {
    if (prefix === null) {
      if (count === null && sink.replace === null) {
        throw new GodwitError("GW2604", {
          message:
            "MessagePack begins with the number of mappings, and a pipe can't be corrected when it is known.",
          hint: "Write into a file.",
        });
      }
      // Beyond what waits in memory there mostly are more than 65,535 mappings: the header that long files have.
      prefix = prefixOf({ version, elements: knownElements[version], count: count ?? 0x1_0000, wire });
      await put(prefix);
    }
    await put(encoder.take());
  };

  return {
    async write(mappings) {
      for (const mapping of mappings) {
        const start = encoder.length;
        try {
          encodeMapping(encoder, mapping, version);
        } catch (error) {
          encoder.length = start;
          throw mappingRefusal(error, mapping, written);
        }
        written++;
        if (encoder.length >= (prefix === null ? mostHeld : flushBytes)) await flush();
      }
    },
    async finish(header) {
      if (header.version !== version)
        throw new Error(`A header of version ${header.version} ends a file of ${version}`);
      const elements = elementsOf(header, written, wire);
      encodeRest(encoder, header, elements, wire);
      const exact = prefixOf({ version, elements, count: written, wire });
      if (prefix === null) await put(exact);
      await put(encoder.take());
      if (prefix !== null && !prefix.equals(exact)) {
        if (sink.replace === null) {
          throw new GodwitError("GW2604", {
            message: `MessagePack begins with the number of mappings: ${count} were announced, ${written} came, and a pipe can't be corrected.`,
            hint: "Write into a file.",
          });
        }
        await sink.replace(0, prefix.length, exact);
        bytes += exact.length - prefix.length;
      }
      return { mappings: written, bytes };
    },
  };
}

/** All that stands before the first mapping. */
function prefixOf({
  version,
  elements,
  count,
  wire,
}: {
  readonly version: SchemaVersion;
  readonly elements: number;
  readonly count: number;
  readonly wire: FrameForms | null;
}): Buffer {
  const encoder = new MsgpackEncoder();
  encoder.arrayOfWidth(elements, widthFor(elements, wire?.collection ?? null));
  if (elements > 0) {
    const said = wire?.version ?? null;
    if (said !== null && saysVersion(said, version)) encoder.raw(Buffer.from(said, "hex"));
    else encoder.string(version);
  }
  if (elements > 1) encodeListHeader(encoder, count, wire?.mappings ?? null);
  return Buffer.from(encoder.take());
}

/** All that stands after the last mapping. */
function encodeRest(
  encoder: MsgpackEncoder,
  { version, patterns, statistics, history, extra, members }: CollectionHeader,
  elements: number,
  wire: FrameForms | null,
): void {
  if (elements > 2) {
    encodeListHeader(encoder, patterns.length, wire?.patterns ?? null);
    for (const pattern of patterns) encodePattern(encoder, pattern);
  }
  if (elements > 3) encodeStatistics(encoder, statistics);
  if (version === "1.1" && elements > 4) {
    encodeListHeader(encoder, history.length, wire?.history ?? null);
    for (const record of history) encodeRecord(encoder, record);
  }
  encodeSurplus(encoder, extra, members);
}

/** As many as the file had where that was fewer than there are, and nothing has to be in those that it left out. */
function elementsOf(header: CollectionHeader, count: number, wire: FrameForms | null): number {
  const { version, patterns, statistics, history, extra, members } = header;
  const surplus = surplusCount(extra, members);
  const short = wire?.elements ?? null;
  if (short === null || surplus > 0) return knownElements[version] + surplus;
  const isNeeded = [
    version !== "1.0",
    count > 0,
    patterns.length > 0,
    statistics !== null,
    history.length > 0,
  ];
  const least = isNeeded.lastIndexOf(true) + 1;
  return Math.min(Math.max(short, least), knownElements[version]);
}

function encodeListHeader(encoder: MsgpackEncoder, count: number, form: FrameForms["mappings"]): void {
  if (form === "nil" && count === 0) encoder.nil();
  else encoder.arrayOfWidth(count, widthFor(count, form === "nil" ? null : form));
}

/** The shortest, unless the file had a longer one. */
function widthFor(count: number, form: number | null): number {
  return Math.max(form ?? 0, count < 16 ? 1 : count < 0x1_0000 ? 3 : 5);
}

function saysVersion(hex: string, version: SchemaVersion): boolean {
  const decoder = new MsgpackDecoder().attachBytes(Buffer.from(hex, "hex"));
  try {
    const said = decoder.string("Version");
    return decoder.at === decoder.end && (said === version || (said === "" && version === "1.0"));
  } catch {
    return false;
  }
}
