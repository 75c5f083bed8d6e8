import { columnClause, columnSettings } from "./dump-columns.ts";
import { commentLines, type Comments } from "./dump-comments.ts";
import { foreignOptions, storageOptions, type Item } from "./dump-item.ts";
import type { SequenceRow } from "./dump-sequences.ts";
import type { ColumnRow, ConstraintRow, RelationRow, Relations } from "./inspect-relations.ts";

export interface TableSources {
  readonly relations: Relations;
  readonly sequences: readonly SequenceRow[];
  readonly comments: Comments;
  /** Keys and row security are made by statements of their own, after the rows. */
  readonly keysApart?: boolean;
  /** Checks, by their oid, that are made so too: they call what may read other tables. */
  readonly apart?: ReadonlySet<string>;
}

/** CREATE TABLE and what follows it directly, with ATTACH PARTITION and INHERIT as items of their own. */
export function tableItems(sources: TableSources): Item[] {
  return sources.relations.relations.flatMap((table) => {
    if (table.kind !== "r" && table.kind !== "p" && table.kind !== "f") return [];
    return [[tableItem(table, sources, true)], attachItems(table, sources), settings(table, sources)].flat();
  });
}

/** Whether a constraint is written inside CREATE TABLE. */
export function isInline(
  table: RelationRow,
  constraint: ConstraintRow,
  { keysApart = false, apart }: Pick<TableSources, "keysApart" | "apart">,
): boolean {
  if (apart?.has(constraint.oid) === true) return false;
  if (constraint.kind === "n" || constraint.kind === "f" || !constraint.validated) return false;
  if (constraint.kind === "c") return constraint.local || table.isPartition;
  // The keys of partitions are made one by one and joined by ALTER INDEX … ATTACH PARTITION, so that each keeps
  // its name and none is made twice.
  return table.kind === "r" && !table.isPartition && !keysApart;
}

/** Columns that come from parents are left to INHERITS only where the catalogue says that they do. */
export function usesInherits(table: RelationRow, columns: readonly ColumnRow[]): boolean {
  return table.parents !== null && !table.isPartition && columns.some((column) => !column.local);
}

export function tableOptions(table: RelationRow): string[] {
  const storage = [...storageOptions(table.options), ...storageOptions(table.toastOptions, "toast.")];
  return [
    ...(table.partitionKey === null ? [] : [`PARTITION BY ${table.partitionKey}`]),
    ...(table.server === null ? [] : [`SERVER ${table.server}${foreignOptions(table.serverOptions)}`]),
    ...(table.accessMethod === null ? [] : [`USING ${table.accessMethod}`]),
    ...(storage.length === 0 ? [] : [`WITH (${storage.join(", ")})`]),
  ];
}

function tableItem(table: RelationRow, sources: TableSources, whole: boolean): Item {
  const columns = sources.relations.columns.get(table.oid) ?? [];
  const constraints = sources.relations.constraints.get(table.oid) ?? [];
  const inherits = usesInherits(table, columns);
  const inline = constraints.filter((one) => isInline(table, one, sources) && (whole || one.kind !== "c"));
  const key = `pg_class:${table.oid}`;
  const identities = new Map(
    sources.sequences.flatMap((sequence) =>
      sequence.owner?.identity === true && sequence.owner.relation === table.oid
        ? [[sequence.owner.column, sequence]]
        : [],
    ),
  );
  const clauses = [
    ...columns
      .filter((column) => !inherits || column.local)
      .map((column) =>
        columnClause(column, {
          table,
          sequence: identities.get(column.number),
          notNull: constraints.find((one) => one.kind === "n" && one.columns?.[0] === column.name),
          withDefault: whole,
        }),
      ),
    ...inline.map((one) => `CONSTRAINT ${one.quoted} ${one.definition}`),
  ];
  const kind = `${table.unlogged ? "UNLOGGED " : ""}${table.kind === "f" ? "FOREIGN " : ""}TABLE`;
  const body = clauses.length === 0 ? "()" : `(\n  ${clauses.join(",\n  ")}\n)`;
  const create = [
    `CREATE ${kind} ${table.full} ${body}`,
    ...(inherits ? [`INHERITS (${(table.parents ?? []).map((parent) => parent.full).join(", ")})`] : []),
    ...tableOptions(table),
  ];
  const alter = `ALTER ${table.kind === "f" ? "FOREIGN " : ""}TABLE ONLY ${table.full}`;
  const parts = inline.flatMap((one) => (one.index === "0" ? [] : [`pg_class:${one.index}`]));
  const defaults = columns.filter(
    (column) => column.defaultOid !== null && (whole || column.generated !== ""),
  );
  return {
    kind: "table",
    schema: table.schema,
    name: table.name,
    keys: [
      key,
      ...defaults.map((column) => `pg_attrdef:${column.defaultOid}`),
      ...inline.map((one) => `pg_constraint:${one.oid}`),
      ...parts,
    ],
    text: [
      `${create.join("\n")};`,
      ...(inherits ? inheritedChanges(table, sources.relations, alter, whole) : []),
      ...columns.flatMap((column) => columnSettings(column, alter)),
      ...indexSettings(table, inline, sources),
      ...(sources.keysApart === true ? [] : rowSecurity(table)),
      ...commentLines(sources.comments, [
        { what: `${table.kind === "f" ? "FOREIGN " : ""}TABLE ${table.full}`, key },
        ...columns.map((column) => ({
          what: `COLUMN ${table.full}.${column.quoted}`,
          key,
          column: column.number,
        })),
        // Each is made with its column.
        ...[...identities.values()].map(({ oid, full }) => ({
          what: `SEQUENCE ${full}`,
          key: `pg_class:${oid}`,
        })),
        ...[...inline, ...constraints.filter((one) => one.kind === "n" && one.validated)].flatMap((one) =>
          constraintComments(table, one),
        ),
      ]),
    ].join("\n"),
    ...(whole && { split: () => [tableItem(table, sources, false), ...splitItems(table, sources, alter)] }),
  };
}

/** The names under which a constraint, and its index, can carry comments. */
export function constraintComments(
  table: RelationRow,
  constraint: ConstraintRow,
): readonly { readonly what: string; readonly key: string }[] {
  return [
    { what: `CONSTRAINT ${constraint.quoted} ON ${table.full}`, key: `pg_constraint:${constraint.oid}` },
    ...(constraint.kind === "f" || constraint.index === "0"
      ? []
      : [{ what: `INDEX ${table.schemaQuoted}.${constraint.quoted}`, key: `pg_class:${constraint.index}` }]),
  ];
}

function splitItems(table: RelationRow, sources: TableSources, alter: string): Item[] {
  const { relations, comments } = sources;
  const { schema, name } = table;
  const after = [`pg_class:${table.oid}`];
  const columns = (relations.columns.get(table.oid) ?? []).filter(
    (column) => column.default !== null && column.generated === "",
  );
  const checks = (relations.constraints.get(table.oid) ?? []).filter(
    (one) => one.kind === "c" && isInline(table, one, sources),
  );
  return [
    ...columns.map((column): Item => ({
      kind: "default",
      schema,
      name: `${name}.${column.name}`,
      keys: [`pg_attrdef:${column.defaultOid}`],
      after,
      partOf: `pg_class:${table.oid}`,
      text: `${alter} ALTER COLUMN ${column.quoted} SET DEFAULT ${column.default};`,
    })),
    ...checks.map((one): Item => ({
      kind: "constraint",
      schema,
      name: `${name}.${one.name}`,
      keys: [`pg_constraint:${one.oid}`],
      after,
      partOf: `pg_class:${table.oid}`,
      text: [
        `${alter.replace(" ONLY ", " ")} ADD CONSTRAINT ${one.quoted} ${one.definition};`,
        ...commentLines(comments, constraintComments(table, one)),
      ].join("\n"),
    })),
  ];
}

/** Columns that come by INHERITS may differ from the parent's in default and NOT NULL; that is said again. */
function inheritedChanges(
  table: RelationRow,
  relations: Relations,
  alter: string,
  withDefaults: boolean,
): string[] {
  const inherited = (oid: string, name: string) =>
    relations.columns.get(oid)?.find((column) => column.name === name);
  const constraints = relations.constraints.get(table.oid) ?? [];
  const lines: string[] = [];
  for (const column of relations.columns.get(table.oid) ?? []) {
    if (column.local) continue;
    const change = `${alter} ALTER COLUMN ${column.quoted}`;
    const above = (table.parents ?? []).flatMap((parent) => inherited(parent.oid, column.name) ?? []);
    if (column.generated === "" && withDefaults && above.some((other) => other.default !== column.default)) {
      lines.push(`${change} ${column.default === null ? "DROP DEFAULT" : `SET DEFAULT ${column.default}`};`);
    }
    const notNull = constraints.find((one) => one.kind === "n" && one.columns?.[0] === column.name);
    const stricter = notNull === undefined ? above.every((other) => !other.notNull) : notNull.local;
    if (column.notNull && stricter) lines.push(`${change} SET NOT NULL;`);
  }
  return lines;
}

function indexSettings(
  table: RelationRow,
  inline: readonly ConstraintRow[],
  { relations }: TableSources,
): string[] {
  return inline.flatMap((one) => {
    const index = relations.indexes.get(table.oid)?.find(({ oid }) => oid === one.index);
    const options = storageOptions(index?.options ?? null);
    return index === undefined || options.length === 0
      ? []
      : [`ALTER INDEX ${index.full} SET (${options.join(", ")});`];
  });
}

function rowSecurity(table: RelationRow): string[] {
  return [
    ...(table.rowSecurity ? [`ALTER TABLE ${table.full} ENABLE ROW LEVEL SECURITY;`] : []),
    ...(table.forceRowSecurity ? [`ALTER TABLE ${table.full} FORCE ROW LEVEL SECURITY;`] : []),
  ];
}

function attachItems(table: RelationRow, { relations }: TableSources): Item[] {
  if (table.parents === null || usesInherits(table, relations.columns.get(table.oid) ?? [])) return [];
  return table.parents.map((parent) => ({
    kind: "attach",
    schema: table.schema,
    name: `${table.name} ${parent.full}`,
    keys: [`attach:${table.oid}`],
    after: [`pg_class:${table.oid}`, `pg_class:${parent.oid}`],
    partOf: `pg_class:${table.oid}`,
    text: table.isPartition
      ? `ALTER TABLE ONLY ${parent.full} ATTACH PARTITION ${table.full} ${table.bound};`
      : `ALTER TABLE ONLY ${table.full} INHERIT ${parent.full};`,
  }));
}

function settings(table: RelationRow, { keysApart = false }: TableSources): Item[] {
  if (table.kind === "f") return [];
  const lines = [
    ...(table.ofType === null ? [] : [`ALTER TABLE ${table.full} OF ${table.ofType};`]),
    ...(table.replicaIdentity === "n" ? [`ALTER TABLE ONLY ${table.full} REPLICA IDENTITY NOTHING;`] : []),
    ...(table.replicaIdentity === "f" ? [`ALTER TABLE ONLY ${table.full} REPLICA IDENTITY FULL;`] : []),
    ...(keysApart ? rowSecurity(table) : []),
  ];
  if (lines.length === 0) return [];
  const key = `pg_class:${table.oid}`;
  return [
    {
      kind: "table setting",
      schema: table.schema,
      name: table.name,
      keys: [`setting:${table.oid}`],
      after: [key],
      partOf: key,
      text: lines.join("\n"),
    },
  ];
}
