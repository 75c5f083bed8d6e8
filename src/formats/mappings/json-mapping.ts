import type { JsonCursor } from "./json-cursor.ts";
import { keysOf } from "./json-keys.ts";
import { mappingMembers, spellings } from "./json-known-names.ts";
import {
  base64,
  double,
  extraValues,
  integer,
  moment,
  references as listOfReferences,
  type Seen,
  symbolType,
  text,
  twice,
  unknown,
} from "./json-parts.ts";
import { allSilence, type Integer, type Mapping, silence, type Timestamp } from "./model.ts";

/** What the original converter gave to each mapping; here only where the file is silent. */
const silentContext = "global";
const silentConfidence = 0.8;
const noReferences: Mapping["references"] = [];

const mappingSpellings = spellings(mappingMembers);
/**
 * Reads mappings, as the objects of a cursor. The members of one mapping mostly stand in the order of those of the last,
 * so each name is first compared with the one that stood there, byte by byte, before it is looked up.
 */
export class JsonMappings {
  readonly cursor: JsonCursor;
  readonly #lastUpdated: Timestamp;
  /** Name bytes with both quotes and the known member, by the place in the object. */
  readonly #order: { readonly bytes: Buffer; readonly member: number }[] = [];
  #lastContext = silentContext;
  /** Of the last member that was looked up. */
  #name = "";

  constructor(cursor: JsonCursor, lastUpdated: Timestamp) {
    this.cursor = cursor;
    this.#lastUpdated = lastUpdated;
  }

  /** `key` is the member's name where the mapping is one of an object. `tell` learns the name, for messages. */
  read(key: string | null, tell: { name: string | null }): Mapping {
    const { cursor } = this;
    let original = key ?? "";
    let mapped = "";
    let type: Integer = 0;
    let context: string | null = silentContext;
    let confidence = silentConfidence;
    let lastUpdated = this.#lastUpdated;
    let usageCount: Integer = 0;
    let references: Mapping["references"] = noReferences;
    let originFile: string | null = null;
    let note: string | null = null;
    // Known members that are there and null, which says as little as none.
    let nulls = 0;
    const seen: Seen = { bits: 0, names: null, members: null, extra: null, wire: null };
    cursor.expect(0x7b, "to begin a mapping");
    if (cursor.next() === 0x7d) cursor.at++;
    else {
      let place = 0;
      do {
        const start = cursor.next() === 0x22 ? cursor.at : -1;
        const member = this.#member(place++);
        cursor.expect(0x3a, "after a member's name");
        if (member >= 0 && member !== 8 && member !== 9) {
          if ((seen.bits & (1 << member)) !== 0) throw twice(start, mappingMembers[member]!);
          seen.bits |= 1 << member;
        }
        switch (member) {
          case 0:
            original = text(cursor, "Original");
            tell.name = original;
            break;
          case 1:
            if (cursor.isNull()) nulls |= silence.mapped;
            else mapped = cursor.string("Mapped");
            break;
          case 2:
            if (cursor.isNull()) nulls |= silence.type;
            else type = symbolType(cursor, "Type");
            break;
          case 3:
            context = this.#context();
            break;
          case 4:
            if (cursor.isNull()) nulls |= silence.confidence;
            else confidence = double(cursor, "Confidence");
            break;
          case 5:
            if (cursor.isNull()) nulls |= silence.lastUpdated;
            else lastUpdated = moment(cursor, "LastUpdated");
            break;
          case 6:
            if (!cursor.isNull()) usageCount = integer(cursor, "UsageCount");
            break;
          case 7:
            references = listOfReferences(cursor);
            break;
          case 8:
          case 9:
            // A file of version 1.0 can have a member of that name that is no text; it stays as it is.
            if (cursor.next() === 0x22 || cursor.next() === 0x6e) {
              if ((seen.bits & (1 << member)) !== 0) throw twice(start, mappingMembers[member]!);
              seen.bits |= 1 << member;
              const value = cursor.isNull() ? null : cursor.string(mappingMembers[member]!);
              if (member === 8) originFile = value;
              else note = value;
            } else unknown(cursor, start, seen);
            break;
          case 10:
            seen.wire = base64(cursor);
            break;
          case 11:
            seen.extra = extraValues(cursor);
            break;
          default:
            unknown(cursor, start, seen, this.#name);
        }
      } while (cursor.another(0x7d, "in a mapping"));
    }
    let { members } = seen;
    if (
      key !== null &&
      key !== original &&
      !keysOf({ original, context }).includes(key) &&
      !seen.names?.has("$key")
    ) {
      members = [["$key", JSON.stringify(key)], ...(members ?? [])];
    }
    const { extra, wire } = seen;
    const mapping = {
      original,
      mapped,
      type,
      context,
      confidence,
      lastUpdated,
      usageCount,
      references,
      originFile,
      note,
      extra,
      members,
      wire,
    };
    const silent = (~seen.bits & allSilence) | nulls;
    // Set afterwards, which is cheaper than a copy: whole files can be silent.
    return silent === 0 ? mapping : Object.assign(mapping, { silent });
  }

  /** The number of the member whose name stands here, -1 for one that is not known. Past the name. */
  #member(place: number): number {
    const { cursor } = this;
    const { bytes, at, end } = cursor;
    const guess = this.#order[place];
    if (guess !== undefined) {
      const wanted = guess.bytes;
      const { length } = wanted;
      if (at + length <= end) {
        let index = 0;
        while (index < length && bytes[at + index] === wanted[index]) index++;
        if (index === length) {
          cursor.at = at + length;
          return guess.member;
        }
      }
    }
    const name = cursor.string("a member's name");
    this.#name = name;
    const member = mappingSpellings.get(name) ?? -1;
    if (member !== -1 && place < 16) {
      this.#order[place] = { bytes: Buffer.from(bytes.subarray(at, cursor.at)), member };
    }
    return member;
  }

  /** Contexts repeat, so that the last one is compared first. */
  #context(): string | null {
    const { cursor } = this;
    if (cursor.isNull()) return null;
    const last = this.#lastContext;
    const close = cursor.at + 1 + last.length;
    if (close < cursor.end && cursor.bytes[close] === 0x22 && cursor.text.startsWith(last, cursor.at + 1)) {
      cursor.at = close + 1;
      return last;
    }
    const context = cursor.string("Context");
    // Only of ASCII is the Latin-1 of the bytes the text that they stand for.
    if (/^[\w.:/ -]*$/.test(context)) this.#lastContext = context;
    return context;
  }
}
