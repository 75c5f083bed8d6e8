/** How the arrays around the mappings stood in a MessagePack file, where that is not the form a writer would choose. */
export interface FrameForms {
  /** Bytes of the collection's array header, such as `dc0004`; null where it is the shortest. */
  readonly collection: string | null;
  /** How many elements the collection's array has, where it ends before the last known one. */
  readonly elements: number | null;
  /** 1, 3 or 5 bytes for the header of the mappings; `nil` where there is no array at all. */
  readonly mappings: number | "nil" | null;
  readonly patterns: number | "nil" | null;
  readonly history: number | "nil" | null;
  /** The version's bytes, where its string header is longer than it need be. */
  readonly version: string | null;
}
