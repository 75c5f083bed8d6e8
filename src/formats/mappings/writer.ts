import type { CollectionHeader, JsonShape, Mapping, Naming, SchemaVersion } from "./model.ts";
import type { ByteSink } from "./source.ts";

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
  /** Of the header that was read, to give back its forms; only MessagePack uses it. */
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

export declare function createMappingWriter(sink: ByteSink, options: WriteOptions): MappingWriter;
