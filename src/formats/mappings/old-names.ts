import { spellings } from "./json-known-names.ts";
import type { CollectionHeader, Mapping, Surplus } from "./model.ts";

/*
 * Version 1.1 gives a meaning to names that a file of 1.0 may have for something else. There such a member gets this
 * mark before its name, and a downgrade takes it off. A name that begins with the mark gets it once more, so that the
 * way back is certain.
 */
const mark = "$1.0:";

const ofMappings: ReadonlySet<string> = new Set(spellings(["OriginFile", "Note"]).keys());
const ofHeaders: ReadonlySet<string> = new Set(spellings(["History"]).keys());

/** A mapping of 1.0 with the names that its members have in 1.1. */
export function withNewNames(mapping: Mapping): Mapping {
  const members = marked(mapping.members, ofMappings);
  return members === mapping.members ? mapping : { ...mapping, members };
}

/** A mapping of 1.1 with the names that its members have in 1.0. A text stays: there it would be the note itself. */
export function withOldNames(mapping: Mapping): Mapping {
  const members = unmarked(mapping.members, ofMappings, (json) => json === "null" || json.startsWith('"'));
  return members === mapping.members ? mapping : { ...mapping, members };
}

export function headerWithNewNames(header: CollectionHeader): CollectionHeader {
  return { ...header, members: marked(header.members, ofHeaders) };
}

export function headerWithOldNames(header: CollectionHeader): CollectionHeader {
  return { ...header, members: unmarked(header.members, ofHeaders, () => false) };
}

/** The same list where nothing is renamed. */
function marked(members: Surplus["members"], taken: ReadonlySet<string>): Surplus["members"] {
  const isTaken = (name: string) => taken.has(name) || name.startsWith(mark);
  if (members === null || !members.some(([name]) => isTaken(name))) return members;
  return members.map(([name, json]) => [isTaken(name) ? mark + name : name, json]);
}

function unmarked(
  members: Surplus["members"],
  taken: ReadonlySet<string>,
  stays: (json: string) => boolean,
): Surplus["members"] {
  const isMarked = (name: string, json: string) => {
    const rest = name.slice(mark.length);
    return name.startsWith(mark) && (rest.startsWith(mark) || (taken.has(rest) && !stays(json)));
  };
  if (members === null || !members.some(([name, json]) => isMarked(name, json))) return members;
  return members.map(([name, json]) => [isMarked(name, json) ? name.slice(mark.length) : name, json]);
}
