import type { Expression } from "../../core/expression.ts";
import type { PortableType } from "../../core/portable.ts";

/**
 * Mapping rules as both notations say them: data without behaviour, which apply.ts carries out. Rules stand in the
 * order of their precedence: of several that speak of one thing, the first one counts.
 */
export interface MappingRules {
  /** Without any that includes, every table is included. */
  readonly selections: readonly SelectionRule[];
  readonly changes: readonly ChangeRule[];
  /** DMS: a table or column is changed by one rule only, besides masking. The short notation names several things at once. */
  readonly oneChangeEach: boolean;
  /** What the command takes where it was not told otherwise. */
  readonly settings: { readonly jobs?: number };
  /** What is accepted and means nothing here, or hardly what was meant. */
  readonly warnings: readonly RuleWarning[];
}

export interface RuleWarning {
  /** The rule's name for people: "rule 3", "tables.orders". */
  readonly rule: string;
  readonly message: string;
}

interface RuleBase {
  readonly rule: string;
  /** Where it stands in its file: "rules[2]". */
  readonly path: string;
}

export interface SelectionRule extends RuleBase {
  /** `explicit` includes, too; that its locator is no pattern was seen to when it was read. */
  readonly action: "include" | "exclude";
  readonly schema: Pattern;
  readonly table: Pattern;
  /** Higher first; null does not say. */
  readonly order: number | null;
  /** On the source's columns; literals are texts until the columns' types are known. */
  readonly filter: Expression | null;
  /** DMS selects tables by it alone; the short notation only adds an order and a filter. */
  readonly selects: boolean;
}

export interface ChangeRule extends RuleBase {
  readonly at: Locator;
  readonly change: Change;
}

export interface Locator {
  readonly schema: Pattern;
  readonly table: Pattern;
  /** Null: the rule is on the table or the schema itself. */
  readonly column: Pattern | null;
  /** DMS: only columns of this type, in its words. */
  readonly dataType: string | null;
}

/** A pattern of names: the whole name must match. */
export interface Pattern {
  readonly written: string;
  /** A regular expression for the flags "su". */
  readonly expression: string;
}

export type Change =
  | { readonly of: "schema-name"; readonly name: NameChange }
  | { readonly of: "table-name"; readonly name: NameChange }
  | { readonly of: "column-name"; readonly name: NameChange }
  | {
      readonly of: "new-column";
      readonly column: string;
      /** Null: the column stays empty. */
      readonly value: Expression | null;
      /** Null: as the value is. */
      readonly type: PortableType | null;
    }
  /** Of the table's columns, those that such a rule names stay; others go. */
  | { readonly of: "kept-column" }
  | { readonly of: "dropped-column" }
  | { readonly of: "column-type"; readonly type: PortableType }
  | { readonly of: "column-mask"; readonly mask: Mask }
  | {
      readonly of: "key";
      readonly name: string | null;
      readonly unique: "primary-key" | "unique-index";
      readonly columns: readonly string[];
    };

export type NameChange =
  | { readonly by: "rename"; readonly to: string }
  /** What the pattern's one `*` stood for goes where the `*` is. */
  | { readonly by: "pattern"; readonly from: Pattern; readonly to: string }
  | { readonly by: "lower" | "upper" }
  | { readonly by: "add-prefix" | "add-suffix" | "remove-prefix" | "remove-suffix"; readonly value: string }
  | {
      readonly by: "replace-prefix" | "replace-suffix";
      readonly old: string;
      readonly value: string;
    };

export type Mask =
  /** Every digit becomes this character. */
  | { readonly by: "digits"; readonly character: string }
  /** Every digit becomes one by chance: the copy can't be compared with its source. */
  | { readonly by: "random" }
  /** SHA-256 of the text, in hexadecimal digits. */
  | { readonly by: "hash" };
