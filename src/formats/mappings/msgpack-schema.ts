import { Malformed } from "./byte-window.ts";
import {
  collectionMembers,
  mappingMembers,
  patternMembers,
  spellings,
  statisticsMembers,
} from "./json-known-names.ts";
import { compactJson } from "./json-values.ts";
import {
  allSilence,
  type DatabaseStatistics,
  type Mapping,
  type MigrationRecord,
  type NamingPattern,
  type Reference,
  type SchemaVersion,
  type Surplus,
  type UnknownMember,
} from "./model.ts";
import { MsgpackDecoder } from "./msgpack-decoder.ts";
import { MsgpackEncoder } from "./msgpack-encoder.ts";
import { sameMapping, sameMembers, samePattern, sameStatistics } from "./same-content.ts";
import { minimumTimestamp } from "./timestamp.ts";

/*
 * Members that only JSON knows have no place of their own in MessagePack. They go into one element more, after all
 * others: a map of the single key below to a map of their names to their values as JSON. MessagePack-CSharp skips it.
 */
const membersKey = "$members";

const knownElements: Readonly<Record<SchemaVersion, number>> = { "1.0": 8, "1.1": 10 };

export function encodeMapping(encoder: MsgpackEncoder, mapping: Mapping, version: SchemaVersion): void {
  if (
    mapping.wire !== null &&
    means(mapping.wire, (decoder) => sameMapping(decodeMapping(decoder, version), mapping))
  ) {
    encoder.raw(mapping.wire);
    return;
  }
  const isOld = version === "1.0";
  const members = isOld ? withOldMembers(mapping) : mapping.members;
  encoder.array(knownElements[version] + surplusCount(mapping.extra, members));
  encoder.string(mapping.original);
  encoder.string(mapping.mapped);
  encoder.integer(mapping.type);
  encoder.stringOrNil(mapping.context);
  encoder.float(mapping.confidence);
  encoder.timestamp(mapping.lastUpdated);
  encoder.integer(mapping.usageCount);
  encodeReferences(encoder, mapping.references);
  if (!isOld) {
    encoder.stringOrNil(mapping.originFile);
    encoder.stringOrNil(mapping.note);
  }
  encodeSurplus(encoder, mapping.extra, members);
}

/** At `decoder.at`. `name` is told of the mapping's name as soon as it is known, for messages. */
export function decodeMapping(
  decoder: MsgpackDecoder,
  version: SchemaVersion,
  tell?: { name: string | null },
): Mapping {
  const start = decoder.at;
  decoder.plain = true;
  const count = decoder.array("a mapping");
  const original = count > 0 ? decoder.string("Original") : "";
  if (tell !== undefined) tell.name = original;
  const mapped = count > 1 ? decoder.string("Mapped") : "";
  const type = count > 2 ? decoder.integer("Type") : 0;
  const context = count > 3 ? decoder.stringOrNil("Context") : null;
  const confidence = count > 4 ? decoder.float("Confidence") : 0;
  const lastUpdated = count > 5 ? decoder.timestamp("LastUpdated") : minimumTimestamp;
  const usageCount = count > 6 ? decoder.integer("UsageCount") : 0;
  const references = count > 7 ? decodeReferences(decoder) : noReferences;
  const known = version === "1.0" ? 8 : 10;
  let originFile: string | null = null;
  let note: string | null = null;
  if (known === 10) {
    if (count > 8) originFile = decoder.stringOrNil("OriginFile");
    if (count > 9) note = decoder.stringOrNil("Note");
  }
  let extra: readonly Uint8Array[] | null = null;
  let members: readonly UnknownMember[] | null = null;
  if (count > known) {
    ({ extra, members } = decodeSurplus(decoder, count - known, known === 8 ? isKnownOld : isKnownNew));
    if (known === 8 && members !== null) {
      const all = members;
      ({ originFile, note, members } = fromOldMembers(all));
      if (!sameMembers(withOldMembers({ originFile, note, members }), all)) decoder.plain = false;
    }
  }
  // A shorter array is another form as well.
  const wire = decoder.plain && count >= known ? null : copyOf(decoder, start);
  const mapping: Mapping = {
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
  const silent = count > 5 ? 0 : allSilence & (-1 << count);
  return silent === 0 ? mapping : { ...mapping, silent };
}

export function encodePattern(encoder: MsgpackEncoder, pattern: NamingPattern): void {
  if (
    pattern.wire !== null &&
    means(pattern.wire, (decoder) => samePattern(decodePattern(decoder), pattern))
  ) {
    encoder.raw(pattern.wire);
    return;
  }
  const members = withNamed(pattern);
  encoder.array(4 + surplusCount(pattern.extra, members));
  encoder.string(pattern.pattern);
  encoder.string(pattern.description);
  encoder.integer(pattern.targetType);
  encoder.float(pattern.confidence);
  encodeSurplus(encoder, pattern.extra, members);
}

export function decodePattern(decoder: MsgpackDecoder): NamingPattern {
  const start = decoder.at;
  decoder.plain = true;
  const count = decoder.array("a pattern");
  const pattern = count > 0 ? decoder.string("Pattern") : "";
  const description = count > 1 ? decoder.string("Description") : "";
  const targetType = count > 2 ? decoder.integer("TargetType") : 0;
  const confidence = count > 3 ? decoder.float("Confidence") : 0;
  const { extra, members } = decodeSurplus(decoder, count - 4, isKnownOfPattern);
  const { rest, ...named } = fromPatternMembers(members);
  if (!sameMembers(withNamed({ ...named, members: rest }), members)) decoder.plain = false;
  const wire = decoder.plain && count >= 4 ? null : copyOf(decoder, start);
  return { pattern, description, targetType, confidence, ...named, extra, members: rest, wire };
}

export function encodeStatistics(encoder: MsgpackEncoder, statistics: DatabaseStatistics | null): void {
  if (statistics === null) return encoder.nil();
  const { wire, extra, members } = statistics;
  if (wire !== null && means(wire, (decoder) => sameStatistics(decodeStatistics(decoder), statistics))) {
    encoder.raw(wire);
    return;
  }
  encoder.array(4 + surplusCount(extra, members));
  encoder.timestamp(statistics.createdAt);
  encoder.timestamp(statistics.lastModified);
  encoder.integer(statistics.totalMappings);
  encoder.string(statistics.lastVersion);
  encodeSurplus(encoder, extra, members);
}

export function decodeStatistics(decoder: MsgpackDecoder): DatabaseStatistics | null {
  const start = decoder.at;
  decoder.plain = true;
  const count = decoder.arrayOrNil("Statistics");
  if (count === null) return null;
  const createdAt = count > 0 ? decoder.timestamp("CreatedAt") : minimumTimestamp;
  const lastModified = count > 1 ? decoder.timestamp("LastModified") : minimumTimestamp;
  const totalMappings = count > 2 ? decoder.integer("TotalMappings") : 0;
  const lastVersion = count > 3 ? decoder.string("LastVersion") : "";
  const { extra, members } = decodeSurplus(decoder, count - 4, isKnownOfStatistics);
  const wire = decoder.plain && count >= 4 ? null : copyOf(decoder, start);
  return { createdAt, lastModified, totalMappings, lastVersion, extra, members, wire };
}

export function encodeRecord(encoder: MsgpackEncoder, record: MigrationRecord): void {
  encoder.array(5);
  encoder.timestamp(record.at);
  encoder.string(record.from);
  encoder.string(record.to);
  encoder.string(record.by);
  encoder.integer(record.mappings);
}

/** Only Godwit writes these, so another form than its own is none. */
export function decodeRecord(decoder: MsgpackDecoder): MigrationRecord {
  const start = decoder.at;
  decoder.plain = true;
  const count = decoder.array("an entry of the history");
  if (count !== 5)
    throw new Malformed(start, `expected 5 elements in an entry of the history, found ${count}`);
  const record = {
    at: decoder.timestamp("At"),
    from: decoder.string("From"),
    to: decoder.string("To"),
    by: decoder.string("By"),
    mappings: decoder.integer("Mappings"),
  };
  if (!decoder.plain) {
    throw new Malformed(start, "expected an entry of the history in its shortest form, found a longer one");
  }
  return record;
}

export function surplusCount(extra: Surplus["extra"], members: Surplus["members"]): number {
  return (extra?.length ?? 0) + (members === null || members.length === 0 ? 0 : 1);
}

export function encodeSurplus(
  encoder: MsgpackEncoder,
  extra: Surplus["extra"],
  members: Surplus["members"],
): void {
  if (extra !== null) for (const value of extra) encoder.raw(value);
  if (members === null || members.length === 0) return;
  encoder.map(1);
  encoder.string(membersKey);
  encoder.map(members.length);
  for (const [name, json] of members) {
    encoder.string(name);
    encoder.string(json);
  }
}

export function decodeSurplus(decoder: MsgpackDecoder, count: number, isKnown: IsKnown): Surplus {
  if (count <= 0) return noSurplus;
  const values: Buffer[] = [];
  for (let index = 0; index < count; index++) values.push(decoder.value("an element that no version knows"));
  const members = membersOf(values.at(-1)!, isKnown);
  if (members === null) return { extra: values, members };
  values.pop();
  return { extra: values.length === 0 ? null : values, members };
}

const noSurplus: Surplus = { extra: null, members: null };
const historyNames: ReadonlySet<string> = new Set(spellings(["History"]).keys());
const noReferences: Mapping["references"] = [];
const statisticsSpellings = spellings(statisticsMembers);

/** Whether JSON would take a member for one that the schema knows, so that it can't be one that it does not know. */
type IsKnown = (name: string, json: string) => boolean;

const isKnownOld = knownBut(spellings(mappingMembers), ["OriginFile", "Note"], ["OriginFile", "Note"]);
const isKnownNew = knownBut(spellings(mappingMembers), ["OriginFile", "Note"], []);
const isKnownOfPattern = knownBut(
  spellings(patternMembers),
  ["Replacement", "Example"],
  ["Replacement", "Example"],
);
const isKnownOfStatistics: IsKnown = (name) => statisticsSpellings.has(name);
const collectionSpellings = spellings(collectionMembers);

/** Version 1.0 has no history, so that a member of that name is one that it does not know. */
export const isKnownOfCollection: Readonly<Record<SchemaVersion, IsKnown>> = {
  "1.0": (name) => collectionSpellings.has(name) && !historyNames.has(name),
  "1.1": (name) => collectionSpellings.has(name),
};

/** `texts` are known only as a text or null; of those `spare` keep the text of that exact name here. */
function knownBut(
  known: ReadonlyMap<string, number>,
  texts: readonly string[],
  spare: readonly string[],
): IsKnown {
  const numbers = new Set(texts.map((name) => known.get(name)));
  return (name, json) => {
    if (!known.has(name)) return false;
    if (!numbers.has(known.get(name))) return true;
    return (json === "null" || json.startsWith('"')) && !spare.includes(name);
  };
}

function encodeReferences(encoder: MsgpackEncoder, references: Mapping["references"]): void {
  encoder.array(references.length);
  for (const reference of references) encoder.stringOrNil(reference);
}

function decodeReferences(decoder: MsgpackDecoder): Mapping["references"] {
  const count = decoder.arrayOrNil("References");
  if (count === null) decoder.plain = false;
  if (count === null || count === 0) return noReferences;
  decoder.needAtLeast(count);
  const references: Reference[] = [];
  for (let index = 0; index < count; index++) references.push(decoder.stringOrNil("a reference"));
  return references;
}

/**
 * The members in an element that {@link encodeSurplus} wrote. Null for any other: one that would not be written again
 * to the byte, or whose texts are no JSON or are named as a known member, is kept as the element that it is.
 */
function membersOf(value: Buffer, isKnown: IsKnown): UnknownMember[] | null {
  if (value[0] !== 0x81 || !value.subarray(2).toString("latin1").startsWith(membersKey)) return null;
  try {
    const decoder = new MsgpackDecoder().attachBytes(value);
    decoder.at = 2 + membersKey.length;
    const members: UnknownMember[] = [];
    const names = new Set<string>();
    for (let left = decoder.map("members"); left > 0; left--) {
      const name = decoder.string("a name");
      const json = decoder.string("a value");
      if (isKnown(name, json) || names.has(name) || compactJson(json) !== json) return null;
      names.add(name);
      members.push([name, json]);
    }
    const encoder = new MsgpackEncoder();
    encodeSurplus(encoder, null, members);
    return members.length > 0 && encoder.take().equals(value) ? members : null;
  } catch {
    return null;
  }
}

/** Version 1.0 has no place for these two, so they stand among the members that it does not know. */
function withOldMembers({
  originFile,
  note,
  members,
}: Pick<Mapping, "originFile" | "note" | "members">): readonly UnknownMember[] | null {
  if (originFile === null && note === null) return members;
  const old: UnknownMember[] = [];
  if (originFile !== null) old.push(["OriginFile", JSON.stringify(originFile)]);
  if (note !== null) old.push(["Note", JSON.stringify(note)]);
  return [...old, ...(members ?? [])];
}

function fromOldMembers(members: readonly UnknownMember[]) {
  const originFile = textOf(members, "OriginFile");
  const note = textOf(members, "Note");
  const rest = members.filter(
    ([name]) => !(name === "OriginFile" && originFile !== null) && !(name === "Note" && note !== null),
  );
  return { originFile, note, members: rest.length === 0 ? null : rest };
}

function fromPatternMembers(members: readonly UnknownMember[] | null) {
  const replacement = textOf(members ?? [], "Replacement", true);
  const example = textOf(members ?? [], "Example", true);
  const rest = (members ?? []).filter(
    ([name]) =>
      !(name === "Replacement" && replacement !== undefined) &&
      !(name === "Example" && example !== undefined),
  );
  return {
    ...(replacement === undefined ? {} : { replacement }),
    ...(example === undefined ? {} : { example }),
    rest: rest.length === 0 ? null : rest,
  };
}

/** The two that only JSON knows by name stand first among its members. */
function withNamed({
  replacement,
  example,
  members,
}: Pick<NamingPattern, "replacement" | "example" | "members">): readonly UnknownMember[] | null {
  const named: UnknownMember[] = [];
  if (replacement !== undefined) named.push(["Replacement", JSON.stringify(replacement)]);
  if (example !== undefined) named.push(["Example", JSON.stringify(example)]);
  return named.length === 0 ? members : [...named, ...(members ?? [])];
}

function textOf(members: readonly UnknownMember[], name: string): string | null;
function textOf(members: readonly UnknownMember[], name: string, nullable: true): string | null | undefined;
function textOf(
  members: readonly UnknownMember[],
  name: string,
  nullable = false,
): string | null | undefined {
  const json = members.find((member) => member[0] === name)?.[1];
  if (json?.startsWith('"') === true) return JSON.parse(json) as string;
  if (nullable) return json === "null" ? null : undefined;
  return null;
}

function copyOf(decoder: MsgpackDecoder, start: number): Uint8Array {
  return Buffer.from(decoder.bytes.subarray(start, decoder.at));
}

/** Whether bytes are one value, and the one that is wanted. */
function means(wire: Uint8Array, isWanted: (decoder: MsgpackDecoder) => boolean): boolean {
  const decoder = new MsgpackDecoder().attachBytes(Buffer.from(wire));
  try {
    return isWanted(decoder) && decoder.at === decoder.end;
  } catch {
    return false;
  }
}
