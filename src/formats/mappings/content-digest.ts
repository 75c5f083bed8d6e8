import { createHash, type Hash } from "node:crypto";
import { sha256 } from "../../core/canonical.ts";
import { AsideDigest } from "./aside-digest.ts";
import type { CollectionHeader, Mapping } from "./model.ts";
import { MsgpackEncoder } from "./msgpack-encoder.ts";
import {
  encodeMapping,
  encodePattern,
  encodeRecord,
  encodeStatistics,
  encodeSurplus,
} from "./msgpack-schema.ts";
import { plainNames } from "./old-names.ts";

export interface ContentSums {
  readonly count: number;
  /** SHA-256, lower-case hex, of all mappings in their order. */
  readonly mappings: string;
  /** Of all else: version, patterns, statistics, history, and what no schema knows. */
  readonly header: string;
  /** Of both. */
  readonly content: string;
  /** Of all mappings in their order without origin files and notes, and by the names that members have in 1.0. */
  readonly shared: string;
  /** Of their origin files and notes alone: see AsideDigest. */
  readonly aside: string;
  /** Mappings without an origin file. */
  readonly originless: number;
}

/**
 * Sums what a collection means, whatever the format and shape: equal for equal meaning. What counts is each value in the
 * one form that MessagePack-CSharp writes, and the order, of mappings too: a round trip keeps it. A nil context is
 * another value than "global". What does not count is how a value was written: longer forms of numbers, shorter arrays,
 * white space, spelling of member names, a mapping's key where its name tells it. All mappings are summed in the form of
 * version 1.1, so that an upgrade alone does not change their sum.
 */
export class ContentDigest {
  readonly #hash = createHash("sha256");
  readonly #encoder = new MsgpackEncoder();
  /** Of what both versions have; null as long as that is all there is, so that most files pay for one sum. */
  #shared: { readonly hash: Hash; readonly encoder: MsgpackEncoder } | null = null;
  readonly #aside: AsideDigest;
  #originless = 0;
  #count = 0;

  /** `marks` are names of origin files that do not count in the sum of those. */
  constructor({ marks = [] }: { readonly marks?: readonly string[] } = {}) {
    this.#aside = new AsideDigest(marks);
  }

  add(mappings: readonly Mapping[]): void {
    const encoder = this.#encoder;
    for (const mapping of mappings) {
      const { original, context, originFile, note } = mapping;
      if (originFile === null) this.#originless++;
      if (originFile !== null || note !== null)
        this.#aside.add({ index: this.#count, original, context, originFile, note });
      const shared = sharedOf(mapping);
      if (this.#shared === null && shared !== mapping) {
        this.#hash.update(encoder.take());
        this.#shared = { hash: this.#hash.copy(), encoder: new MsgpackEncoder() };
      }
      put(this.#hash, encoder, mapping);
      if (this.#shared !== null) put(this.#shared.hash, this.#shared.encoder, shared);
      this.#count++;
    }
    this.#hash.update(encoder.take());
    this.#shared?.hash.update(this.#shared.encoder.take());
  }

  finish(header: CollectionHeader): ContentSums {
    const mappings = this.#hash.copy().digest("hex");
    const encoder = new MsgpackEncoder();
    encoder.string(header.version);
    encoder.array(header.patterns.length);
    for (const pattern of header.patterns) encodePattern(encoder, { ...pattern, wire: null });
    encodeStatistics(encoder, header.statistics === null ? null : { ...header.statistics, wire: null });
    encoder.array(header.history.length);
    for (const record of header.history) encodeRecord(encoder, record);
    encoder.array((header.extra?.length ?? 0) + (header.members?.length ?? 0));
    encodeSurplus(encoder, header.extra, header.members);
    const rest = sha256(encoder.take());
    return {
      count: this.#count,
      mappings,
      header: rest,
      content: sha256(`${this.#count} ${mappings} ${rest}`),
      shared: this.#shared === null ? mappings : this.#shared.hash.copy().digest("hex"),
      aside: this.#aside.finish(),
      originless: this.#originless,
    };
  }
}

function put(hash: Hash, encoder: MsgpackEncoder, mapping: Mapping): void {
  encodeMapping(encoder, mapping.wire === null ? mapping : { ...mapping, wire: null }, "1.1");
  if (encoder.length > 65_536) hash.update(encoder.take());
}

/** The mapping itself where it has nothing that only 1.1 has. */
function sharedOf(mapping: Mapping): Mapping {
  const members = plainNames(mapping.members);
  if (mapping.originFile === null && mapping.note === null && members === mapping.members) return mapping;
  return { ...mapping, originFile: null, note: null, members };
}
