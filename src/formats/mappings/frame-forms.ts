/** How the arrays around the mappings stood in a MessagePack file, where that is not the form a writer would choose. */
export interface FrameForms {
  /** 3 or 5 bytes for the header of the collection's array. */
  readonly collection: number | null;
  /** How many elements the collection's array has, where it ends before the last known one. */
  readonly elements: number | null;
  /** The bytes of the version, in hex. */
  readonly version: string | null;
  /** 3 or 5 bytes for the header of the mappings; `nil` where there is no array at all. */
  readonly mappings: number | "nil" | null;
  readonly patterns: number | "nil" | null;
  readonly history: number | "nil" | null;
}

const names = ["collection", "elements", "version", "mappings", "patterns", "history"] as const;

/** Of the JSON text that a writer made of it; null for any other. */
export function frameFormsOf(json: string): FrameForms | null {
  const value = JSON.parse(json) as Record<string, unknown> | null;
  if (typeof value !== "object" || value === null) return null;
  if (Object.keys(value).some((name) => !names.includes(name as (typeof names)[number]))) return null;
  const isWidth = (form: unknown) => form === null || form === 1 || form === 3 || form === 5;
  const isForm = (form: unknown) => isWidth(form) || form === "nil";
  const {
    collection = null,
    elements = null,
    version = null,
    mappings = null,
    patterns = null,
    history = null,
  } = value;
  const isKnown =
    isWidth(collection) &&
    (elements === null || (Number.isInteger(elements) && (elements as number) >= 0)) &&
    (version === null || (typeof version === "string" && /^([0-9a-f]{2})+$/.test(version))) &&
    [mappings, patterns, history].every(isForm);
  return isKnown ? ({ collection, elements, version, mappings, patterns, history } as FrameForms) : null;
}
