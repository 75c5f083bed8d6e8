import { createHash } from "node:crypto";
import { sha256 } from "../../core/canonical.ts";
import type { CollectionHeader, Mapping } from "./model.ts";
import { MsgpackEncoder } from "./msgpack-encoder.ts";
import {
  encodeMapping,
  encodePattern,
  encodeRecord,
  encodeStatistics,
  encodeSurplus,
} from "./msgpack-schema.ts";

export interface ContentSums {
  readonly count: number;
  /** SHA-256, lower-case hex, of all mappings in their order. */
  readonly mappings: string;
  /** Of all else: version, patterns, statistics, history, and what no schema knows. */
  readonly header: string;
  /** Of both. */
  readonly content: string;
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
  #count = 0;

  add(mappings: readonly Mapping[]): void {
    const encoder = this.#encoder;
    for (const mapping of mappings) {
      encodeMapping(encoder, mapping.wire === null ? mapping : { ...mapping, wire: null }, "1.1");
      if (encoder.length > 65_536) this.#hash.update(encoder.take());
    }
    this.#count += mappings.length;
    this.#hash.update(encoder.take());
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
    };
  }
}
