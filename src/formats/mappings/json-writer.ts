import { GodwitError } from "../../core/error.ts";
import { JsonEncoder, surplus } from "./json-encode.ts";
import { KeySet } from "./key-set.ts";
import { mappingRefusal } from "./mapping-refusal.ts";
import type { JsonShape, Mapping, Naming, SchemaVersion, UnknownMember } from "./model.ts";
import type { ByteSink } from "./sink.ts";
import type { MappingWriter } from "./writer.ts";

interface Options {
  readonly version: SchemaVersion;
  readonly shape: JsonShape;
  readonly naming: Naming;
}

const flushCharacters = 256 * 1024;

/** One mapping a line, so that other tools can show what changed between two files. */
export function createJsonWriter(sink: ByteSink, { version, shape, naming }: Options): MappingWriter {
  const encoder = new JsonEncoder(naming);
  const keys = shape === "list" ? null : new KeySet();
  let written = 0;
  let bytes = 0;
  let text = "";
  const begin = `{\n${encoder.name("Version")}"${version}"`;
  text = shape === "flat" ? begin : `${begin},\n${encoder.name("Mappings")}${shape === "list" ? "[" : "{"}`;

  const flush = async (): Promise<void> => {
    const part = Buffer.from(text, "utf8");
    text = "";
    await sink.write(part);
    bytes += part.length;
  };

  const lineOf = (mapping: Mapping): string => {
    const separator = written === 0 && shape !== "flat" ? "\n" : ",\n";
    if (keys === null) return separator + encoder.mapping(mapping);
    const { key, rest } = keyOf(mapping, keys);
    return `${separator}${JSON.stringify(key)}:${encoder.mapping(rest)}`;
  };

  return {
    async write(mappings) {
      for (const mapping of mappings) {
        try {
          text += lineOf(mapping);
        } catch (error) {
          throw mappingRefusal(error, mapping, written);
        }
        written++;
        if (text.length >= flushCharacters) await flush();
      }
    },
    async finish(header) {
      if (header.version !== version)
        throw new Error(`A header of version ${header.version} ends a file of ${version}`);
      if (shape !== "flat") text += written === 0 ? closing(shape) : `\n${closing(shape)}`;
      const { patterns, statistics, history } = header;
      if (shape === "flat")
        refuseOfFlat(header.patterns.length, statistics !== null, history.length, header.members);
      else {
        const list = (items: readonly string[]) => (items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n]`);
        text += `,\n${encoder.name("Patterns")}${list(patterns.map((pattern) => encoder.pattern(pattern)))}`;
        text += `,\n${encoder.name("Statistics")}${encoder.statistics(statistics)}`;
        if (version === "1.1") {
          text += `,\n${encoder.name("History")}${list(history.map((record) => encoder.record(record)))}`;
        }
      }
      if (header.wire !== null) text += `,\n"$frame":${JSON.stringify(header.wire)}`;
      text += surplus(header, null).replace(/^,/, ",\n");
      text += "\n}\n";
      await flush();
      return { mappings: written, bytes };
    },
  };
}

function closing(shape: JsonShape): string {
  return shape === "list" ? "]" : "}";
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

function refuseOfFlat(
  patterns: number,
  hasStatistics: boolean,
  history: number,
  members: readonly UnknownMember[] | null,
): void {
  const what = [
    ...(patterns > 0 ? ["patterns"] : []),
    ...(hasStatistics ? ["statistics"] : []),
    ...(history > 0 ? ["a history"] : []),
    ...(members?.some(([, json]) => json.startsWith("{")) === true ? ["objects beside its mappings"] : []),
  ];
  if (what.length === 0) return;
  throw new GodwitError("GW2604", {
    message: `Flat JSON has no place for ${what.join(" and ")}.`,
  });
}
