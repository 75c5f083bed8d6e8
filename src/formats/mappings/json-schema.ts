import { Malformed } from "./byte-window.ts";
import type { JsonCursor } from "./json-cursor.ts";
import { patternMembers, recordMembers, spellings, statisticsMembers } from "./json-known-names.ts";
import { double, integer, moment, readObject, symbolType, text } from "./json-parts.ts";
import type { DatabaseStatistics, Integer, MigrationRecord, NamingPattern } from "./model.ts";
import { minimumTimestamp } from "./timestamp.ts";

const patternSpellings = spellings(patternMembers);
const statisticsSpellings = spellings(statisticsMembers);
const recordSpellings = spellings(recordMembers);

/** What the original converter gave to patterns that were silent, as to mappings. */
const silentConfidence = 0.8;

export function readPattern(cursor: JsonCursor): NamingPattern {
  let pattern = "";
  let description = "";
  let targetType: Integer = 0;
  let confidence = silentConfidence;
  let replacement: string | null | undefined;
  let example: string | null | undefined;
  const { members, extra, wire } = readObject(cursor, "a pattern", patternSpellings, (member) => {
    if (member === 0) pattern = text(cursor, "Pattern");
    else if (member === 1) description = text(cursor, "Description");
    else if (member === 2) targetType = symbolType(cursor, "TargetType");
    else if (member === 3) confidence = cursor.isNull() ? confidence : double(cursor, "Confidence");
    else {
      const byte = cursor.next();
      if (byte !== 0x22 && byte !== 0x6e) return false;
      const value = cursor.isNull() ? null : cursor.string(patternMembers[member]!);
      if (member === 4) replacement = value;
      else example = value;
    }
    return true;
  });
  return {
    pattern,
    description,
    targetType,
    confidence,
    ...(replacement === undefined ? {} : { replacement }),
    ...(example === undefined ? {} : { example }),
    extra,
    members,
    wire,
  };
}

export function readStatistics(cursor: JsonCursor): DatabaseStatistics | null {
  if (cursor.isNull()) return null;
  let createdAt = minimumTimestamp;
  let lastModified = minimumTimestamp;
  let totalMappings: Integer = 0;
  let lastVersion = "";
  const { members, extra, wire } = readObject(cursor, "Statistics", statisticsSpellings, (member) => {
    if (member === 3) lastVersion = text(cursor, "LastVersion");
    else if (cursor.isNull()) return true;
    else if (member === 0) createdAt = moment(cursor, "CreatedAt");
    else if (member === 1) lastModified = moment(cursor, "LastModified");
    else totalMappings = integer(cursor, "TotalMappings");
    return true;
  });
  return { createdAt, lastModified, totalMappings, lastVersion, extra, members, wire };
}

/** Only Godwit writes these, so that all members have to be there and no others. */
export function readRecord(cursor: JsonCursor): MigrationRecord {
  cursor.next();
  const start = cursor.at;
  let at = minimumTimestamp;
  let [from, to, by] = ["", "", ""];
  let mappings: Integer = 0;
  const { bits, members } = readObject(cursor, "an entry of History", recordSpellings, (member) => {
    if (member === 0) at = moment(cursor, "At");
    else if (member === 1) from = cursor.string("From");
    else if (member === 2) to = cursor.string("To");
    else if (member === 3) by = cursor.string("By");
    else mappings = integer(cursor, "Mappings");
    return true;
  });
  if (bits !== 0b11111 || members !== null) {
    throw new Malformed(
      start,
      `expected ${recordMembers.join(", ")} in an entry of History, found other members`,
    );
  }
  return { at, from, to, by, mappings };
}
