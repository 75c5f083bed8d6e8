import { commentLines } from "./dump-comments.ts";
import { storageOptions, type Item } from "./dump-item.ts";
import { constraintComments, isInline, type TableSources } from "./dump-tables.ts";
import { groupBy } from "./inspect-catalog.ts";
import type { ConstraintRow, IndexRow, RelationRow } from "./inspect-relations.ts";

/** Constraints that do not stand in CREATE TABLE, indexes, and the joining of indexes of partitions. */
export function constraintItems(sources: TableSources): Item[] {
  const { relations } = sources;
  const parts = groupBy(
    [...relations.indexes.values()].flat().filter((index) => index.parent !== null),
    (index) => index.parent?.oid ?? "",
  );
  return relations.relations.flatMap((table) => {
    const constraints = relations.constraints.get(table.oid) ?? [];
    const indexes = relations.indexes.get(table.oid) ?? [];
    return [
      constraints
        .filter((one) => isSeparate(table, one, sources))
        .map((one) => constraintItem(table, one, sources, parts)),
      // An invalid index is the debris of a failed build, not schema; on a partitioned table it is an unfinished set.
      indexes
        .filter((index) => index.constraint === null && (index.valid || table.kind === "p"))
        .map((index) => indexItem(table, index, sources)),
      indexes.flatMap(indexAttach),
      indexes.flatMap((index) => indexRoles(table, index)),
    ].flat();
  });
}

/** The indexes of partitions by the partitioned index that they joined. */
type IndexParts = ReadonlyMap<string, readonly IndexRow[]>;

function isSeparate(table: RelationRow, one: ConstraintRow, sources: TableSources): boolean {
  if (isInline(table, one, sources)) return false;
  if (one.kind === "n") return !one.validated && one.local;
  // An inherited check comes with the parent's; a key of a partition is made under its own name.
  return one.kind === "c" ? one.local : true;
}

function constraintItem(
  table: RelationRow,
  one: ConstraintRow,
  sources: TableSources,
  parts: IndexParts,
): Item {
  const { indexes } = sources.relations;
  const index = indexes.get(table.oid)?.find(({ oid }) => oid === one.index);
  const options = one.kind === "f" ? [] : storageOptions(index?.options ?? null);
  // What goes to partitions and children too is refused with ONLY.
  const recurses = one.kind === "c" || one.kind === "n" || (one.kind === "f" && table.kind === "p");
  const only = recurses ? "" : "ONLY ";
  const kind = table.kind === "f" ? "FOREIGN TABLE" : "TABLE";
  return {
    kind: one.kind === "f" ? "foreign key" : "constraint",
    schema: table.schema,
    name: `${table.name}.${one.name}`,
    keys: [
      `pg_constraint:${one.oid}`,
      ...(one.kind === "f" || index === undefined ? [] : [`pg_class:${index.oid}`]),
    ],
    after: [
      `pg_class:${table.oid}`,
      ...attachments(table, sources),
      ...(one.kind === "f" ? wholeIndex(one.index, parts) : []),
    ],
    partOf: `pg_class:${table.oid}`,
    text: [
      `ALTER ${kind} ${only}${table.full}\n  ADD CONSTRAINT ${one.quoted} ${one.definition};`,
      ...(index === undefined || options.length === 0
        ? []
        : [`ALTER INDEX ${index.full} SET (${options.join(", ")});`]),
      ...commentLines(sources.comments, constraintComments(table, one)),
    ].join("\n"),
  };
}

function indexItem(table: RelationRow, index: IndexRow, sources: TableSources): Item {
  const key = `pg_class:${index.oid}`;
  return {
    kind: "index",
    schema: table.schema,
    name: `${table.name}.${index.name}`,
    keys: [key],
    after: [`pg_class:${table.oid}`, ...attachments(table, sources)],
    partOf: `pg_class:${table.oid}`,
    text: [
      `${index.definition};`,
      ...commentLines(sources.comments, [{ what: `INDEX ${index.full}`, key }]),
    ].join("\n"),
  };
}

/** Attaching a partition builds the indexes that its parent has by then, under names of the server's choice. */
function attachments(table: RelationRow, { relations }: TableSources): string[] {
  if (table.kind !== "p") return table.isPartition ? [`attach:${table.oid}`] : [];
  const partitions = relations.relations.filter(
    (other) => other.isPartition && other.parents?.some((parent) => parent.oid === table.oid),
  );
  return [...(table.isPartition ? [table] : []), ...partitions].map((partition) => `attach:${partition.oid}`);
}

/** A partitioned index counts for foreign keys only when the indexes of all partitions have joined it. */
function wholeIndex(oid: string, parts: IndexParts): string[] {
  const own = parts.get(oid) ?? [];
  return [
    ...own.map((part) => `index attach:${part.oid}`),
    ...own.flatMap((part) => wholeIndex(part.oid, parts)),
  ];
}

function indexAttach(index: IndexRow): Item[] {
  if (index.parent === null) return [];
  return [
    {
      kind: "index attach",
      schema: index.schema,
      name: index.name,
      keys: [`index attach:${index.oid}`],
      after: [`pg_class:${index.oid}`, `pg_class:${index.parent.oid}`],
      partOf: `pg_class:${index.relation}`,
      text: `ALTER INDEX ${index.parent.full} ATTACH PARTITION ${index.full};`,
    },
  ];
}

function indexRoles(table: RelationRow, index: IndexRow): Item[] {
  const kind = table.kind === "m" ? "MATERIALIZED VIEW" : "TABLE";
  const alter = table.kind === "m" ? `ALTER ${kind} ${table.full}` : `ALTER ${kind} ONLY ${table.full}`;
  const lines = [
    ...(index.replicaIdentity ? [`${alter} REPLICA IDENTITY USING INDEX ${index.quoted};`] : []),
    ...(index.clustered ? [`${alter} CLUSTER ON ${index.quoted};`] : []),
  ];
  if (lines.length === 0) return [];
  return [
    {
      kind: "table setting",
      schema: table.schema,
      name: `${table.name}.${index.name}`,
      keys: [`index role:${index.oid}`],
      after: [`pg_class:${index.oid}`],
      partOf: `pg_class:${table.oid}`,
      text: lines.join("\n"),
    },
  ];
}
