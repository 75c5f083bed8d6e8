import type { Reference } from "../core/plan.ts";
import type { PortableSchema, PortableTable } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";

/** The foreign keys of the wanted tables, each with the columns that it refers to. */
export function referencesOf(
  { tables }: PortableSchema,
  isWanted: (table: PortableTable) => boolean,
): Reference[] {
  return tables.filter(isWanted).flatMap(({ schema, name, foreignKeys }) =>
    foreignKeys.map((key): Reference => {
      const { references } = key;
      // Without named columns it refers to the parent's primary key.
      const parent = tables.find((other) => tableKey(other) === tableKey(references));
      const columns =
        references.columns.length > 0 ? references.columns : (parent?.primaryKey?.columns ?? []);
      return { table: { schema, name }, key: { ...key, references: { ...references, columns } } };
    }),
  );
}
