import { storageOptions } from "./dump-item.ts";
import { sequenceOptions, type SequenceRow } from "./dump-sequences.ts";
import { tableOptions } from "./dump-tables.ts";
import type { RelationRow, Relations } from "./inspect-relations.ts";

/** What of a table, or of a partition, only its own statements say, for people. */
export function settingsOf(
  table: RelationRow,
  relations: Relations,
  sequences: readonly SequenceRow[],
): string[] {
  if (table.kind !== "r" && table.kind !== "p") return [];
  const columns = relations.columns.get(table.oid) ?? [];
  const constraints = relations.constraints.get(table.oid) ?? [];
  const indexes = relations.indexes.get(table.oid) ?? [];
  const at = (what: string) => (table.isPartition ? `${what} of partition ${table.name}` : what);
  return [
    ...(table.ofType === null ? [] : [`type ${table.ofType}`]),
    ...(table.replicaIdentity === "d" ? [] : ["replica identity"]),
    ...columns.flatMap((column) =>
      [column.storage, column.compression, column.statistics, column.options].every((each) => each === null)
        ? []
        : [`storage or statistics of column ${column.name}`],
    ),
    ...constraints.flatMap(({ kind, name, definition, index }) => {
      const words = / (NOT ENFORCED|NO INHERIT)( NOT VALID)?$/.exec(definition)?.[1];
      if (words !== undefined) return kind === "n" ? [] : [`${words} of constraint ${name}`];
      if (kind === "f")
        return / SET (NULL|DEFAULT) \(/.test(definition) ? [`columns of constraint ${name}`] : [];
      if (kind !== "p" && kind !== "u") return [];
      if (table.isPartition) return [];
      const options = indexes.find(({ oid }) => oid === index)?.options ?? null;
      const isPlain =
        /^(PRIMARY KEY|UNIQUE) \((?:"(?:[^"]|"")*"|[^")])*\)$/.test(definition) && options === null;
      // Another line tells of NULLS NOT DISTINCT.
      return isPlain || / NULLS NOT DISTINCT /.test(definition) ? [] : [`options of key ${name}`];
    }),
    ...sequences.flatMap((sequence) =>
      sequence.owner?.relation !== table.oid ||
      sequenceOptions(sequence).every((option) => option.startsWith("INCREMENT "))
        ? []
        : [`options of sequence ${sequence.name}`],
    ),
    ...indexes.filter(({ clustered }) => clustered).map(({ name }) => `CLUSTER mark of ${name}`),
    ...(table.isPartition && (table.options !== null || table.toastOptions !== null || table.unlogged)
      ? ["storage parameters"]
      : []),
    ...(table.isPartition
      ? indexes.filter(({ parent }) => parent === null).map(({ name }) => `index ${name}`)
      : []),
  ].map(at);
}

/** What of a table is said in its engine's own words beside its parts, for people. */
export function optionsOf(table: RelationRow, relations: Relations): string[] {
  if ((table.kind !== "r" && table.kind !== "p") || table.isPartition) return [];
  const after = tableOptions({ ...table, partitionKey: null });
  return [
    ...(table.unlogged ? ["UNLOGGED"] : []),
    ...after,
    ...(relations.columns.get(table.oid) ?? []).flatMap(({ name, collation }) =>
      collation === null ? [] : [`COLLATE ${collation} of column ${name}`],
    ),
    ...(relations.constraints.get(table.oid) ?? []).flatMap(({ kind, name, validated }) =>
      validated || kind === "n" ? [] : [`NOT VALID of constraint ${name}`],
    ),
    ...(relations.indexes.get(table.oid) ?? []).flatMap(({ name, options, constraint }) =>
      options === null || constraint !== null
        ? []
        : [`WITH (${storageOptions(options).join(", ")}) of index ${name}`],
    ),
  ];
}
