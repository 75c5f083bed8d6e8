import type { Expression } from "../../core/expression.ts";
import type {
  PortableColumn,
  PortableForeignKey,
  PortableIndex,
  PortableTable,
} from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import { columnsOf, mapExpression } from "../../sql/expression/map-expression.ts";
import type { RuledTable } from "./ruled-table.ts";

export interface TargetParts {
  readonly parts: Pick<
    PortableTable,
    "primaryKey" | "uniques" | "indexes" | "checks" | "foreignKeys" | "partitioning"
  >;
  /** The target's columns, under its names, in the order of the ruled table's. */
  readonly columns: readonly PortableColumn[];
  /** What could not be made of what is left, for the report. */
  readonly dropped: readonly string[];
}

/**
 * A table's keys, indexes, checks and generated columns under the target's names. What speaks of a column that is not
 * copied, or speaks of any in words that only the source understands while names change, cannot be made.
 */
export function targetParts(table: RuledTable, all: ReadonlyMap<string, RuledTable>): TargetParts {
  const { source } = table;
  const names = targetColumns(table);
  const isAsBefore = source.columns.length === names.size && [...names].every(([from, to]) => from === to);
  const dropped: string[] = [];
  const lose = (what: string): [] => {
    dropped.push(`${what} of ${tableKey(source)}: a rule leaves out or renames what it speaks of`);
    return [];
  };
  const renamed = (expression: Expression | null): Expression | null => {
    if (expression === null || columnsOf(expression).some((name) => !names.has(name))) return null;
    return mapExpression(expression, (part) =>
      part.kind === "column" ? { ...part, name: names.get(part.name)! } : part,
    );
  };
  const list = (columns: readonly string[]) => {
    const found = columns.flatMap((name) => names.get(name) ?? []);
    return found.length === columns.length ? found : null;
  };
  const primary = source.primaryKey === null ? null : list(source.primaryKey.columns);
  if (source.primaryKey !== null && primary === null && table.key === null) lose("primary key");
  const defined = table.key;
  const parts: TargetParts["parts"] = {
    primaryKey:
      defined !== null
        ? { name: defined.name, columns: defined.columns }
        : primary === null
          ? null
          : { name: source.primaryKey!.name, columns: primary },
    uniques: [
      ...source.uniques.flatMap((unique) => {
        const columns = list(unique.columns);
        return columns === null ? lose(`unique key ${unique.name}`) : [{ ...unique, columns }];
      }),
      ...(table.unique === null ? [] : [{ name: table.unique.name, columns: table.unique.columns }]),
    ],
    indexes: source.indexes.flatMap((index) => {
      if (isAsBefore) return [index];
      return renamedIndex(index, names, renamed) ?? lose(`index ${index.name}`);
    }),
    checks: source.checks.flatMap((check) => {
      if (isAsBefore) return [check];
      const expression = renamed(check.expression);
      return expression === null ? lose(`check ${check.name}`) : [{ ...check, expression }];
    }),
    foreignKeys: source.foreignKeys.flatMap(
      (key) => renamedForeignKey(key, list, all) ?? lose(`foreign key ${key.name}`),
    ),
    partitioning: renamedPartitioning(source, names, renamed, isAsBefore, lose),
  };
  const required = new Set(defined?.columns);
  const columns = table.columns.map(({ column, name }): PortableColumn => {
    const { generated } = column;
    const expression = generated === null || isAsBefore ? null : renamed(generated.expression);
    const remade = generated === null || isAsBefore ? generated : expression && { ...generated, expression };
    // Without what it is computed from, it keeps the values that the source has computed.
    if (generated !== null && remade === null) lose(`generation of ${column.name}`);
    return { ...column, name, generated: remade, nullable: column.nullable && !required.has(name) };
  });
  return { parts, columns, dropped };
}

/** The target's names of the source's columns that are copied. */
export function targetColumns({ columns }: RuledTable): ReadonlyMap<string, string> {
  return new Map(columns.flatMap(({ column, name, isAdded }) => (isAdded ? [] : [[column.name, name]])));
}

function renamedIndex(
  index: PortableIndex,
  names: ReadonlyMap<string, string>,
  renamed: (expression: Expression | null) => Expression | null,
): PortableIndex[] | null {
  const where = index.where === null ? null : renamed(index.where.expression);
  if (index.where !== null && where === null) return null;
  const parts = index.parts.map((part) => {
    if (part.column === null) {
      const expression = renamed(part.expression);
      return expression === null ? null : { ...part, expression };
    }
    const name = names.get(part.column);
    return name === undefined ? null : { ...part, column: name, text: name };
  });
  const include = index.include.map((name) => names.get(name));
  if (parts.includes(null) || include.includes(undefined)) return null;
  return [
    {
      ...index,
      parts: parts as PortableIndex["parts"],
      include: include as string[],
      where: where === null ? null : { ...index.where!, expression: where },
    },
  ];
}

function renamedForeignKey(
  key: PortableForeignKey,
  list: (columns: readonly string[]) => string[] | null,
  all: ReadonlyMap<string, RuledTable>,
): PortableForeignKey[] | null {
  const columns = list(key.columns);
  if (columns === null) return null;
  const parent = all.get(tableKey(key.references));
  // The survey tells of a parent that is not copied.
  if (parent === undefined) return [{ ...key, columns }];
  const theirs = targetColumns(parent);
  // Without named columns it refers to the parent's key, which a rule may have replaced.
  const meant =
    key.references.columns.length === 0 && parent.key !== null
      ? (parent.source.primaryKey?.columns ?? [])
      : key.references.columns;
  const referenced = meant.flatMap((name) => theirs.get(name) ?? []);
  if (referenced.length !== meant.length) return null;
  return [{ ...key, columns, references: { ...key.references, columns: referenced } }];
}

function renamedPartitioning(
  { partitioning }: PortableTable,
  names: ReadonlyMap<string, string>,
  renamed: (expression: Expression | null) => Expression | null,
  isAsBefore: boolean,
  lose: (what: string) => [],
): PortableTable["partitioning"] {
  if (partitioning === null || isAsBefore) return partitioning;
  const expression = renamed(partitioning.expression);
  const columns = partitioning.columns.flatMap((name) => names.get(name) ?? []);
  const isExpression = partitioning.expression !== null;
  const isSaid = expression !== null && expression.kind !== "verbatim";
  if (isExpression ? !isSaid : columns.length !== partitioning.columns.length) {
    lose("partitioning");
    return null;
  }
  return { ...partitioning, columns: isExpression ? partitioning.columns : columns, expression };
}
