import { contextOf, type Integer, type Mapping, symbolTypes } from "./model.ts";

export interface MappingFilter {
  /** Of a nil context "global". */
  readonly context?: string;
  readonly type?: Integer;
  /** Tried on Original and Mapped. */
  readonly search?: RegExp;
  readonly minConfidence?: number;
}

/** "function", "Class" in any case, or a number; null for anything else. */
export function parseSymbolType(text: string): Integer | null {
  const index = symbolTypes.findIndex((name) => name.toLowerCase() === text.toLowerCase());
  if (index !== -1) return index;
  return /^-?\d{1,15}$/.test(text) ? Number(text) + 0 : null;
}

/** "Function" for 0; the number itself where it stands for nothing. */
export function symbolTypeName(type: Integer): string {
  return symbolTypes[Number(type)] ?? String(type);
}

export function mappingFilter({
  context,
  type,
  search,
  minConfidence,
}: MappingFilter): (mapping: Mapping) => boolean {
  // A regular expression with these flags would begin where it ended the last time.
  const pattern = search === undefined ? null : new RegExp(search.source, search.flags.replace(/[gy]/g, ""));
  return (mapping) =>
    (context === undefined || contextOf(mapping) === context) &&
    (type === undefined || mapping.type === type) &&
    (minConfidence === undefined || mapping.confidence >= minConfidence) &&
    (pattern === null || pattern.test(mapping.original) || pattern.test(mapping.mapped));
}
