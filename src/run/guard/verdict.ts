/** What a breach is told by, in messages and events. `value` and `limit` are in the signal's unit, null where there is no figure. */
export interface Breach {
  /** "lag", "stop-file", "operator", … */
  readonly signal: string;
  readonly reason: string;
  readonly value: number | null;
  readonly limit: number | null;
}

/** What a run may not go on for: for the time being, or at all. Null where it may go on. */
export type Verdict =
  | (Breach & { readonly is: "pause" })
  /** An operator's word; what was done stays. */
  | (Breach & { readonly is: "stop" })
  /** A limit was passed; what was done may be undone. */
  | (Breach & { readonly is: "abort" });

export type FinalVerdict = Exclude<Verdict, { readonly is: "pause" }>;
