import { Malformed } from "./byte-window.ts";
import type { JsonCursor } from "./json-cursor.ts";
import { collectionMembers, mappingMembers, spellings } from "./json-known-names.ts";
import type { JsonShape, Naming } from "./model.ts";

export const collectionSpellings = spellings(collectionMembers);
const mappingSpellings = spellings(mappingMembers);

export interface Sniffed {
  /** Null for JSON that is no mapping database. */
  readonly shape: JsonShape | null;
  readonly naming: Naming;
  /** Where "Version" stands before the first mapping. */
  readonly version: string | null;
}

/**
 * Tells by what stands before and in the first mapping which shape a JSON file has. A flat file can have symbols of any
 * name, "Mappings" and "Version" too, so what counts is what stands below a name.
 */
export function sniffJson(cursor: JsonCursor): Sniffed {
  let version: string | null = null;
  let naming: Naming | null = null;
  let hasKnown = false;
  cursor.expect(0x7b, "to begin the file");
  if (cursor.next() === 0x7d) return { shape: "flat", naming: "camel", version };
  do {
    const name = cursor.string("a member's name");
    cursor.expect(0x3a, "after a member's name");
    const byte = cursor.next();
    const member = collectionMembers[collectionSpellings.get(name) ?? -1];
    if (member === "Mappings" && byte !== 0x7b) {
      if (byte === 0x5b) return { shape: "list", naming: namingOfList(cursor) ?? namingOf(name), version };
      if (!cursor.isNull()) throw cursor.unexpected("an object or an array for the mappings");
      hasKnown = true;
    } else if (byte === 0x7b) {
      const found = lookInto(cursor, member === "Mappings");
      if (found.isMapping) return { shape: "flat", naming: found.naming ?? "camel", version };
      if (member === "Mappings") {
        return { shape: "keyed", naming: found.naming ?? namingOf(name), version };
      }
      hasKnown ||= member !== undefined;
    } else if (member === "Version" && byte === 0x22) {
      version = cursor.string("Version");
      hasKnown = true;
      naming ??= namingOf(name);
    } else {
      cursor.skip("the collection");
      hasKnown ||= member !== undefined;
      if (member !== undefined) naming ??= namingOf(name);
    }
  } while (cursor.another(0x7d, "in the collection"));
  return { shape: hasKnown ? "keyed" : null, naming: naming ?? "camel", version };
}

/** Passes over an object, and tells whether it is a mapping. Of one that may hold mappings the first member tells. */
function lookInto(
  cursor: JsonCursor,
  mayHoldMappings: boolean,
): { readonly isMapping: boolean; readonly naming: Naming | null } {
  cursor.at++;
  if (cursor.next() === 0x7d) {
    cursor.at++;
    return { isMapping: false, naming: null };
  }
  const names = new Names();
  do {
    names.add(cursor.string("a member's name"));
    cursor.expect(0x3a, "after a member's name");
    if (mayHoldMappings && names.count === 1 && cursor.next() === 0x7b) {
      return { isMapping: false, naming: namingOfFirst(cursor) };
    }
    cursor.skip("the collection");
  } while (cursor.another(0x7d, "in an object"));
  return { isMapping: names.areOfMapping, naming: names.areOfMapping ? names.naming : null };
}

function namingOfList(cursor: JsonCursor): Naming | null {
  cursor.at++;
  return cursor.next() === 0x7b ? namingOfFirst(cursor) : null;
}

/** Of a mapping. A fault in it is for the reader to tell, which knows where it is. */
function namingOfFirst(cursor: JsonCursor): Naming | null {
  try {
    return namesOf(cursor).naming;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** Of the object at the cursor; past it. */
function namesOf(cursor: JsonCursor): Names {
  cursor.at++;
  const names = new Names();
  if (cursor.next() === 0x7d) cursor.at++;
  else {
    do {
      names.add(cursor.string("a member's name"));
      cursor.expect(0x3a, "after a member's name");
      cursor.skip("a mapping");
    } while (cursor.another(0x7d, "in a mapping"));
  }
  return names;
}

function namingOf(name: string): Naming {
  const names = new Names();
  names.add(name);
  return names.naming;
}

/** What the names of an object's members tell, however many there are. */
class Names {
  count = 0;
  areOfMapping = false;
  #isPascal = false;
  #isSnake = false;

  add(name: string): void {
    const first = name.charCodeAt(0);
    this.count++;
    this.areOfMapping ||= (mappingSpellings.get(name) ?? 2) < 2;
    this.#isPascal ||= first >= 0x41 && first <= 0x5a;
    this.#isSnake ||= name.includes("_");
  }

  /** Of one word in lower case nothing tells camel from snake, and it is no matter. */
  get naming(): Naming {
    if (this.#isPascal) return "pascal";
    return this.#isSnake ? "snake" : "camel";
  }
}
