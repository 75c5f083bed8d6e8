import { createJsonWriter } from "./json-writer.ts";
import type { CollectionHeader, JsonShape, Mapping, Naming, SchemaVersion } from "./model.ts";
import { createMsgpackWriter } from "./msgpack-writer.ts";
import type { ByteSink } from "./sink.ts";

export type WriteTarget =
  | {
      readonly format: "msgpack";
      /** What will be written, where that is known. Else the header is patched, and the sink has to be able to. */
      readonly count?: number;
    }
  | {
      readonly format: "json";
      /** Default `list`, which holds all that MessagePack can. */
      readonly shape?: JsonShape;
      /** Default `pascal`. */
      readonly naming?: Naming;
    };

export interface WriteOptions {
  readonly target: WriteTarget;
  /** Stands at the file's beginning. Mappings must be of this version: see `convertMappings`. */
  readonly version: SchemaVersion;
  /** Names of the members that the header will have: no mapping of flat JSON gets one of them for a key. */
  readonly beside?: readonly string[];
  /** Of the header that was read, to give back the forms of its arrays; only MessagePack uses it. */
  readonly wire?: CollectionHeader["wire"];
}

export interface Written {
  readonly mappings: number;
  readonly bytes: number;
}

/** Writes one database, front to back. Memory is bounded: at most some MiB wait to be written. */
export interface MappingWriter {
  /** Throws GW2604 for what the target cannot hold. */
  write(mappings: readonly Mapping[]): Promise<void>;
  /** Writes what comes after the mappings. The header's version must be the one that was given. */
  finish(header: CollectionHeader): Promise<Written>;
}

export function createMappingWriter(sink: ByteSink, options: WriteOptions): MappingWriter {
  const { target, version } = options;
  if (target.format === "msgpack") {
    return createMsgpackWriter(sink, { version, count: target.count ?? null, wire: options.wire ?? null });
  }
  return createJsonWriter(sink, {
    version,
    shape: target.shape ?? "list",
    naming: target.naming ?? "pascal",
    beside: options.beside ?? [],
  });
}
