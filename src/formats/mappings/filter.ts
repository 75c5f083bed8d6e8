import type { Integer, Mapping } from "./model.ts";

export interface MappingFilter {
  /** Of a nil context "global". */
  readonly context?: string;
  readonly type?: Integer;
  /** Tried on Original and Mapped. */
  readonly search?: RegExp;
  readonly minConfidence?: number;
}

/** "function", "Class" in any case, or a number; null for anything else. */
export declare function parseSymbolType(text: string): Integer | null;

/** "Function" for 0; the number itself where it stands for nothing. */
export declare function symbolTypeName(type: Integer): string;

export declare function mappingFilter(filter: MappingFilter): (mapping: Mapping) => boolean;
