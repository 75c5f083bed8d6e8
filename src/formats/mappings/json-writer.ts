import { GodwitError } from "../../core/error.ts";
import { JsonBytes } from "./json-bytes.ts";
import { JsonEncoder } from "./json-encode.ts";
import { KeySet } from "./key-set.ts";
import { mappingRefusal } from "./mapping-refusal.ts";
import type { CollectionHeader, JsonShape, Mapping, Naming, SchemaVersion, UnknownMember } from "./model.ts";
import type { ByteSink } from "./sink.ts";
import type { MappingWriter } from "./writer.ts";

interface Options {
  readonly version: SchemaVersion;
  readonly shape: JsonShape;
  readonly naming: Naming;
}

const flushBytes = 256 * 1024;

/** One mapping a line, so that other tools can show what changed between two files. */
export function createJsonWriter(sink: ByteSink, { version, shape, naming }: Options): MappingWriter {
  const out = new JsonBytes();
  const encoder = new JsonEncoder(out, naming);
  const keys = shape === "list" ? null : new KeySet();
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
      write(item);
    }
    out.text(items.length === 0 ? "]" : "\n]");
  };

  return {
    async write(mappings) {
      for (const mapping of mappings) {
        const start = out.length;
        try {
          writeLine(mapping);
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
      if (shape === "flat") refuseOfFlat(header);
      else {
        out.text(`${written === 0 ? "" : "\n"}${shape === "list" ? "]" : "}"}`);
        writeList("Patterns", patterns, (pattern) => encoder.pattern(pattern));
        out.text(`,\n${encoder.name("Statistics")}`);
        encoder.statistics(statistics);
        if (version === "1.1") writeList("History", history, (record) => encoder.record(record));
        if (header.wire !== null) out.text(`,\n"$frame":${JSON.stringify(header.wire)}`);
      }
      encoder.surplus(header, null);
      out.text("\n}\n");
      await flush();
      return { mappings: written, bytes };
    },
  };
}

/** The key that the mapping came with, else its name, else its context before it. */
function keyOf(mapping: Mapping, keys: KeySet): { readonly key: string; readonly rest: Mapping } {
  const given = mapping.members?.find(([name]) => name === "$key")?.[1];
  const candidates = given?.startsWith('"') === true ? [JSON.parse(given) as string] : [];
  const members = mapping.members?.filter(([name]) => name !== "$key" || given === undefined) ?? null;
  const rest = given === undefined ? mapping : { ...mapping, members: nullIfEmpty(members) };
  for (const key of [...candidates, mapping.original, `${mapping.context ?? "global"}:${mapping.original}`]) {
    if (keys.add(key)) return { key, rest };
  }
  throw new GodwitError("GW2604", {
    message: `It is there twice, and JSON whose mappings are members of an object holds each once.`,
  });
}

function nullIfEmpty(members: readonly UnknownMember[] | null): readonly UnknownMember[] | null {
  return members === null || members.length === 0 ? null : members;
}

function refuseOfFlat({ patterns, statistics, history, members }: CollectionHeader): void {
  const what = [
    ...(patterns.length > 0 ? ["patterns"] : []),
    ...(statistics === null ? [] : ["statistics"]),
    ...(history.length > 0 ? ["a history"] : []),
    ...(members?.some(([, json]) => json.startsWith("{")) === true ? ["objects beside its mappings"] : []),
  ];
  if (what.length === 0) return;
  throw new GodwitError("GW2604", { message: `Flat JSON has no place for ${what.join(" and ")}.` });
}
