import { GodwitError } from "../../core/error.ts";
import { mostItemBytes } from "./byte-window.ts";
import { JsonBytes } from "./json-bytes.ts";
import { shown } from "./json-cursor.ts";
import { JsonEncoder } from "./json-encode.ts";
import { keysOf } from "./json-keys.ts";
import { spelled } from "./json-known-names.ts";
import { KeySet } from "./key-set.ts";
import { mappingRefusal } from "./mapping-refusal.ts";
import type { CollectionHeader, JsonShape, Mapping, Naming, SchemaVersion, UnknownMember } from "./model.ts";
import type { ByteSink } from "./sink.ts";
import type { MappingWriter } from "./writer.ts";

interface Options {
  readonly version: SchemaVersion;
  readonly shape: JsonShape;
  readonly naming: Naming;
  /** Names of members of the header, as far as they are known before. */
  readonly beside: readonly string[];
}

const flushBytes = 256 * 1024;
/** A reader has a value in memory together with what separates it from its neighbours. */
const roomForSeparators = 16;

/** One mapping a line, so that other tools can show what changed between two files. */
export function createJsonWriter(sink: ByteSink, { version, shape, naming, beside }: Options): MappingWriter {
  const out = new JsonBytes();
  const encoder = new JsonEncoder(out, naming);
  const keys = shape === "list" ? null : new KeySet();
  // Beside the mappings of a flat file stand members of its own, whose names no mapping can have for a key.
  if (shape === "flat") for (const name of [spelled("Version", naming), "$extra", ...beside]) keys?.add(name);
  let written = 0;
  let bytes = 0;
  out.text(`{\n${encoder.name("Version")}"${version}"`);
  if (shape !== "flat") out.text(`,\n${encoder.name("Mappings")}${shape === "list" ? "[" : "{"}`);

  const flush = async (): Promise<void> => {
    const part = out.take();
    await sink.write(part);
    bytes += part.length;
  };

  const writeLine = (mapping: Mapping): void => {
    out.text(written === 0 && shape !== "flat" ? "\n" : ",\n");
    if (keys === null) return encoder.mapping(mapping);
    const { key, rest } = keyOf(mapping, keys);
    out.string(key);
    out.text(":");
    encoder.mapping(rest);
  };

  const writeList = <T>(name: string, items: readonly T[], write: (item: T) => void): void => {
    out.text(`,\n${encoder.name(name)}[`);
    for (const [index, item] of items.entries()) {
      out.text(index === 0 ? "\n" : ",\n");
      const start = out.length;
      write(item);
      refuseIfTooLong(out.length - start, `An entry of ${name}`);
    }
    out.text(items.length === 0 ? "]" : "\n]");
  };

  return {
    async write(mappings) {
      for (const mapping of mappings) {
        const start = out.length;
        try {
          writeLine(mapping);
          refuseIfTooLong(out.length - start);
        } catch (error) {
          out.length = start;
          throw mappingRefusal(error, mapping, written);
        }
        written++;
        if (out.length >= flushBytes) await flush();
      }
    },
    async finish(header) {
      if (header.version !== version)
        throw new Error(`A header of version ${header.version} ends a file of ${version}`);
      const { patterns, statistics, history } = header;
      if (keys !== null && shape === "flat") refuseOfFlat(header, keys, beside);
      else {
        out.text(`${written === 0 ? "" : "\n"}${shape === "list" ? "]" : "}"}`);
        writeList("Patterns", patterns, (pattern) => encoder.pattern(pattern));
        out.text(`,\n${encoder.name("Statistics")}`);
        encoder.statistics(statistics);
        if (version === "1.1") writeList("History", history, (record) => encoder.record(record));
        if (header.wire !== null) out.text(`,\n"$frame":${JSON.stringify(header.wire)}`);
      }
      const start = out.length;
      encoder.surplus(header, null);
      refuseIfTooLong(out.length - start, "What no version knows beside the mappings");
      out.text("\n}\n");
      await flush();
      return { mappings: written, bytes };
    },
  };
}

/** An escape takes up to six bytes, so what was read can become longer than what a reader takes. */
export function refuseIfTooLong(bytes: number, what = "It"): void {
  if (bytes <= mostItemBytes - roomForSeparators) return;
  throw new GodwitError("GW2604", {
    message: `${what} takes ${bytes} bytes as JSON, and no value of more than ${mostItemBytes / 1024 / 1024} MiB is read.`,
    hint: "Shorten what is named.",
  });
}

/** The key that the mapping came with, else one that its names tell. */
function keyOf(mapping: Mapping, keys: KeySet): { readonly key: string; readonly rest: Mapping } {
  if (mapping.members === null && keys.add(mapping.original)) return { key: mapping.original, rest: mapping };
  const told = keysOf(mapping);
  const [first, ...members] = mapping.members ?? [];
  if (first?.[0] === "$key" && first[1].startsWith('"')) {
    const given = JSON.parse(first[1]) as string;
    // Only a key that its reader would put there again can be left out of the members.
    const isImplied = !told.includes(given) && JSON.stringify(given) === first[1];
    if (isImplied && keys.add(given))
      return { key: given, rest: { ...mapping, members: nullIfEmpty(members) } };
  }
  for (const key of told) if (keys.add(key)) return { key, rest: mapping };
  throw new GodwitError("GW2604", {
    message: "It is there too often: JSON whose mappings are members of an object has no key left for it.",
  });
}

function nullIfEmpty(members: readonly UnknownMember[] | null): readonly UnknownMember[] | null {
  return members === null || members.length === 0 ? null : members;
}

function refuseOfFlat(header: CollectionHeader, keys: KeySet, beside: readonly string[]): void {
  const free = new Set(beside);
  const taken = header.members?.find(([name]) => keys.has(name) && !free.has(name))?.[0];
  const what = [
    ...lacksOfFlat(header),
    ...(taken === undefined ? [] : [`a member ${shown(taken)} beside the mapping of that name`]),
  ];
  if (what.length > 0) throw noPlaceInFlat(what);
}

/** In words, what of a header a flat object of mappings has no place for. */
export function lacksOfFlat({ patterns, statistics, history, members }: CollectionHeader): readonly string[] {
  return [
    ...(patterns.length > 0 ? ["patterns"] : []),
    ...(statistics === null ? [] : ["statistics"]),
    ...(history.length > 0 ? ["a history"] : []),
    ...(members?.some(([, json]) => json.startsWith("{")) === true ? ["objects beside its mappings"] : []),
  ];
}

export function noPlaceInFlat(what: readonly string[]): GodwitError {
  return new GodwitError("GW2604", { message: `Flat JSON has no place for ${what.join(" and ")}.` });
}
