/** A file of rules, read and taken apart by whoever opened it; what it says is judged here. */
export interface RulesDocument {
  /** For messages. */
  readonly file: string;
  /** Strings, numbers, booleans, null, arrays and objects. Numbers that JavaScript would change come as their digits. */
  readonly value: unknown;
}
