import type { Expression } from "../../core/expression.ts";
import type { PortableColumn, PortableTable, PortableType } from "../../core/portable.ts";

/** What becomes of a table by the rules; without rules, a table is as its source. */
export interface RuledTable {
  readonly source: PortableTable;
  /** The name of its schema where a rule gives one; null: as without rules. */
  readonly schema: string | null;
  readonly name: string;
  /** Higher is copied first. */
  readonly order: number;
  readonly where: Expression | null;
  /** The columns that are copied, in order, and then the added ones. */
  readonly columns: readonly RuledColumn[];
  readonly key: RuledKey | null;
  readonly unique: RuledKey | null;
}

export interface RuledKey {
  readonly rule: string;
  readonly name: string;
  /** The target's names. */
  readonly columns: readonly string[];
}

export interface RuledColumn {
  /** As the source has it, with the type of what is read; an added one as if the source had it. */
  readonly column: PortableColumn;
  /** The target's name. */
  readonly name: string;
  /** What is read instead of the column. */
  readonly value: Expression | null;
  readonly isAdded: boolean;
  /** The type that a rule gives it in the target. */
  readonly declared: DeclaredType | null;
  /** Why it cannot be compared with its source; null where it can. */
  readonly incomparable: string | null;
}

export interface DeclaredType {
  readonly type: PortableType;
  readonly rule: string;
}

/** A table that no rule speaks of. */
export function unruled(source: PortableTable): RuledTable {
  const plain = { value: null, isAdded: false, declared: null, incomparable: null };
  return {
    source,
    schema: null,
    name: source.name,
    order: 0,
    where: null,
    columns: source.columns.map((column) => ({ column, name: column.name, ...plain })),
    key: null,
    unique: null,
  };
}
