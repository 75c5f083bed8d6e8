import type { PortableColumn, PortableTable, PortableType } from "./portable.ts";

/** A column of which nothing is said but its name and type: it takes NULL, and nothing computes it. */
export function plainColumn(
  name: string,
  type: PortableType,
  more: Partial<PortableColumn> = {},
): PortableColumn {
  return {
    name,
    type,
    declared: "",
    nullable: true,
    default: null,
    identity: null,
    generated: null,
    onUpdateNow: false,
    collation: null,
    comment: null,
    ...more,
  };
}

/** A table without keys, indexes and constraints, of which nothing is known but its columns. */
export function plainTable<C extends PortableColumn>(
  name: string,
  columns: readonly C[],
  more: Partial<PortableTable> = {},
): PortableTable & { readonly columns: readonly C[] } {
  return {
    schema: "",
    name,
    primaryKey: null,
    uniques: [],
    indexes: [],
    foreignKeys: [],
    checks: [],
    partitioning: null,
    comment: null,
    estimate: { rows: 0, bytes: 0 },
    ...more,
    columns,
  };
}
