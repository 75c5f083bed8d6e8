import { spellings } from "./json-known-names.ts";
import type { CollectionHeader, Mapping, Surplus } from "./model.ts";

/*
 * Version 1.1 gives a meaning to names that a file of 1.0 may have for something else. An upgrade marks such a member
 * as one of 1.0, and a downgrade takes the mark off. The other way round a file of 1.1 can have a member whose name
 * would be taken for another one in 1.0; a downgrade marks it as one of 1.1. Marked names are marked once more where
 * the way back would be uncertain.
 */
const ofOld = "$1.0:";
const ofNew = "$1.1:";

interface Taken {
  readonly names: ReadonlySet<string>;
  /** A name with any marks before it. */
  readonly family: RegExp;
  /** Whether the name counts as a known one for some values: a text is the note itself, whatever the version. */
  readonly isText: boolean;
}

const ofMappings = taken(["OriginFile", "Note"], true);
const ofHeaders = taken(["History"], false);

/** A mapping of 1.0 with the names that its members have in 1.1. */
export function withNewNames(mapping: Mapping): Mapping {
  const members = renamed(mapping.members, ofMappings, newName);
  return members === mapping.members ? mapping : { ...mapping, members };
}

/** A mapping of 1.1 with the names that its members have in 1.0. */
export function withOldNames(mapping: Mapping): Mapping {
  const members = renamed(mapping.members, ofMappings, oldName);
  return members === mapping.members ? mapping : { ...mapping, members };
}

export function headerWithNewNames(header: CollectionHeader): CollectionHeader {
  return { ...header, members: renamed(header.members, ofHeaders, newName) };
}

export function headerWithOldNames(header: CollectionHeader): CollectionHeader {
  return { ...header, members: renamed(header.members, ofHeaders, oldName) };
}

/** Without any mark, for a comparison across versions; the same list where none is marked. */
export function plainNames(members: Surplus["members"]): Surplus["members"] {
  if (members === null || !members.some(([name]) => name.startsWith("$1."))) return members;
  return members.map(([name, json]) => [name.replace(/^(?:\$1\.[01]:)+/, ""), json]);
}

function taken(names: readonly string[], isText: boolean): Taken {
  const all = [...spellings(names).keys()];
  return { names: new Set(all), family: new RegExp(`^(?:\\$1\\.[01]:)*(?:${all.join("|")})$`), isText };
}

type Rename = (name: string, json: string, taken: Taken) => string;

/** The same list where nothing is renamed. */
function renamed(members: Surplus["members"], names: Taken, rename: Rename): Surplus["members"] {
  if (members === null || !members.some(([name]) => names.family.test(name))) return members;
  return members.map(([name, json]) => [names.family.test(name) ? rename(name, json, names) : name, json]);
}

/** Of a name of the family. */
function newName(name: string, json: string, own: Taken): string {
  const rest = name.slice(ofNew.length);
  return name.startsWith(ofNew) && !isKnown(rest, json, own) ? rest : ofOld + name;
}

/** Of a name of the family. */
function oldName(name: string, json: string, own: Taken): string {
  const rest = name.slice(ofOld.length);
  const isMarked = name.startsWith(ofOld) && !isKnown(rest, json, own) && newName(rest, json, own) === name;
  return isMarked ? rest : ofNew + name;
}

/** Whether a member of this name and value counts as what 1.1 means by it. */
function isKnown(name: string, json: string, { names, isText }: Taken): boolean {
  return isText && names.has(name) && (json === "null" || json.startsWith('"'));
}
