import { type ByteWindow, Malformed, mostItemBytes, needMore } from "./byte-window.ts";
import type { FrameForms } from "./frame-forms.ts";
import { knownVersion } from "./known-version.ts";
import type {
  CollectionHeader,
  DatabaseStatistics,
  FileFormat,
  Mapping,
  MigrationRecord,
  NamingPattern,
  SchemaVersion,
  Surplus,
} from "./model.ts";
import { MsgpackDecoder } from "./msgpack-decoder.ts";
import {
  decodeMapping,
  decodePattern,
  decodeRecord,
  decodeStatistics,
  decodeSurplus,
  isKnownOfCollection,
} from "./msgpack-schema.ts";
import type { MappingBatch, MappingReader } from "./reader.ts";
import { readWhole, refusal } from "./refusal.ts";

/** How many elements a collection of each version has. */
const knownElements: Readonly<Record<SchemaVersion, number>> = { "1.0": 4, "1.1": 5 };

/** What stands before the mappings. */
interface Frame {
  readonly version: SchemaVersion;
  readonly elements: number;
  readonly mappings: number;
  readonly wire: FrameForms;
}

/** The window is at the collection's first byte. Reads up to the first mapping at once. */
export async function openMsgpack(
  window: ByteWindow,
  format: FileFormat,
  batchMappings: number,
): Promise<MappingReader> {
  const decoder = new MsgpackDecoder();
  const attach = () => decoder.attach(window);
  let frame: Frame;
  try {
    frame = await readWhole(window, attach, () => readFrame(decoder, window.source.name));
  } catch (error) {
    const told = await refusal(window, error, { isJson: false, index: null, name: null });
    await window.close();
    throw told;
  }
  let header: CollectionHeader | null = null;
  return {
    format,
    count: frame.mappings,
    version: frame.version,
    get header() {
      if (header === null) throw new Error("The header is known after the last batch");
      return header;
    },
    async *batches() {
      try {
        yield* readMappings(window, decoder, frame, batchMappings);
        try {
          header = await readRest(window, decoder, frame);
        } catch (error) {
          throw await refusal(window, error, { isJson: false, index: null, name: null });
        }
      } finally {
        await window.close();
      }
    },
    [Symbol.asyncDispose]: () => window.close(),
  };
}

async function* readMappings(
  window: ByteWindow,
  decoder: MsgpackDecoder,
  { version, mappings: total }: Frame,
  batchMappings: number,
): AsyncGenerator<MappingBatch, void, void> {
  const tell: { name: string | null } = { name: null };
  for (let done = 0; done < total;) {
    const mappings: Mapping[] = [];
    const most = Math.min(batchMappings, total - done);
    decoder.attach(window);
    const failure = fill(mappings, most, window, decoder, version, tell);
    if (mappings.length > 0) {
      yield { first: done, mappings, endOffset: window.base + window.start };
      done += mappings.length;
    }
    try {
      if (failure !== undefined && (failure !== needMore || !(await window.more()))) throw failure;
    } catch (error) {
      throw await refusal(window, error, { isJson: false, index: done, name: tell.name });
    }
  }
}

/** As many as are in the window; what ended it early. Apart, because one that waits for nothing is compiled better. */
function fill(
  mappings: Mapping[],
  most: number,
  window: ByteWindow,
  decoder: MsgpackDecoder,
  version: SchemaVersion,
  tell: { name: string | null },
): unknown {
  try {
    while (mappings.length < most) {
      tell.name = null;
      mappings.push(decodeMapping(decoder, version, tell));
      window.start = decoder.at;
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

function readFrame(decoder: MsgpackDecoder, file: string): Frame {
  const start = decoder.at;
  const elements = decoder.array("the collection");
  const collection = widthUnlessShortest(elements, decoder.at - start);
  const from = decoder.at;
  decoder.plain = true;
  const said = elements > 0 ? decoder.string("Version") : "1.0";
  const wire = decoder.plain ? null : decoder.bytes.toString("hex", from, decoder.at);
  // Nil is an empty string, and is silent.
  const version = knownVersion(said === "" ? "1.0" : said, file);
  const before = decoder.at;
  const mappings = elements > 1 ? decoder.arrayOrNil("the mappings", Number.POSITIVE_INFINITY) : 0;
  return {
    version,
    elements,
    mappings: mappings ?? 0,
    wire: {
      collection,
      elements: elements < knownElements[version] ? elements : null,
      version: wire ?? (said === "" && elements > 0 ? "a0" : null),
      mappings:
        mappings === null ? "nil" : elements > 1 ? widthUnlessShortest(mappings, decoder.at - before) : null,
      patterns: null,
      history: null,
    },
  };
}

async function readRest(
  window: ByteWindow,
  decoder: MsgpackDecoder,
  frame: Frame,
): Promise<CollectionHeader> {
  const { version, elements } = frame;
  const attach = () => decoder.attach(window);
  const readList = async <T>(what: string, read: () => T) => {
    const list: T[] = [];
    const { count, width } = await readWhole(window, attach, () => {
      const before = decoder.at;
      const count = decoder.arrayOrNil(what);
      return {
        count: count ?? 0,
        width: count === null ? ("nil" as const) : widthUnlessShortest(count, decoder.at - before),
      };
    });
    // One by one, so that the window need not hold all of them; together they have a bound as well.
    const end = window.base + window.start + mostItemBytes;
    for (let index = 0; index < count; index++) {
      list.push(await readWhole(window, attach, read));
      if (window.base + window.start > end) {
        throw new Malformed(window.start, `expected ${what} in at most ${mostItemBytes} bytes, found more`);
      }
    }
    return { list, width };
  };
  const none = { list: [], width: null };
  const patterns: { list: NamingPattern[]; width: FrameForms["patterns"] } =
    elements > 2 ? await readList("the patterns", () => decodePattern(decoder)) : none;
  const statistics: DatabaseStatistics | null =
    elements > 3 ? await readWhole(window, attach, () => decodeStatistics(decoder)) : null;
  const history: { list: MigrationRecord[]; width: FrameForms["history"] } =
    version === "1.1" && elements > 4 ? await readList("the history", () => decodeRecord(decoder)) : none;
  const left = elements - knownElements[version];
  const { extra, members }: Surplus = await readWhole(window, attach, () =>
    decodeSurplus(decoder, left, isKnownOfCollection[version]),
  );
  if (window.end > window.start || (await window.more())) {
    throw new Malformed(window.start, "expected the end of the file after the collection, found more");
  }
  const wire: FrameForms = { ...frame.wire, patterns: patterns.width, history: history.width };
  return {
    version,
    patterns: patterns.list,
    statistics,
    history: history.list,
    extra,
    members,
    wire: Object.values(wire).some((form) => form !== null) ? wire : null,
  };
}

function widthUnlessShortest(count: number, width: number): number | null {
  const shortest = count < 16 ? 1 : count < 0x1_0000 ? 3 : 5;
  return width === shortest ? null : width;
}
