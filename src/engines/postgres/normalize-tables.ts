import type {
  OwnColumn,
  OwnMaking,
  OwnTable,
  PortableCheck,
  PortableColumn,
  PortableForeignKey,
  PortableIndex,
  PortableTable,
  TableEstimate,
} from "../../core/portable.ts";
import type { Expression } from "../../core/expression.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Session } from "../engine.ts";
import type { Comments } from "./dump-comments.ts";
import type { SequenceRow } from "./dump-sequences.ts";
import { tableOptions } from "./dump-tables.ts";
import { rows, userSchema } from "./inspect-catalog.ts";
import type { ColumnRow, ConstraintRow, RelationRow, Relations } from "./inspect-relations.ts";
import {
  actionsOf,
  type ConstraintFactsRow,
  type IndexPartsRow,
  portableIndex,
} from "./normalize-constraints.ts";
import { type PartitionedRow, partitioningOf } from "./normalize-partitions.ts";
import { identityOf } from "./normalize-sequences.ts";
import { type ColumnTypeRow, portableCollation, portableType } from "./normalize-types.ts";
import { rowsEstimate } from "./rows-estimate.ts";
import { quoted } from "./sql-text.ts";

export interface TableSources {
  readonly relations: Relations;
  readonly comments: Comments;
  readonly sequences: readonly SequenceRow[];
  readonly next: ReadonlyMap<string, string>;
  readonly types: readonly ColumnTypeRow[];
  readonly constraints: readonly ConstraintFactsRow[];
  readonly indexes: readonly IndexPartsRow[];
  readonly partitioned: readonly PartitionedRow[];
  readonly estimates: ReadonlyMap<string, TableEstimate>;
  /** By the table's oid. */
  readonly whole: ReadonlyMap<string, OwnMaking>;
}

/** Of a partitioned table all rows count, and the pages of its partitions. */
export async function readEstimates(session: Session): Promise<ReadonlyMap<string, TableEstimate>> {
  const found = await rows<{ oid: string } & TableEstimate>(
    session,
    `SELECT c.oid::text AS oid, sum(greatest(${rowsEstimate("p")}, 0))::float8 AS rows, sum(pg_table_size(p.oid))::float8 AS bytes
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       CROSS JOIN LATERAL (
         SELECT c.oid, c.reltuples, c.relpages WHERE c.relkind = 'r'
         UNION ALL SELECT l.oid, l.reltuples, l.relpages FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
         WHERE c.relkind = 'p' AND t.isleaf) AS p
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${userSchema("n")} GROUP BY c.oid`,
  );
  return new Map(found.map(({ oid, rows: count, bytes }) => [oid, { rows: count, bytes }]));
}

/** Tables with their own rows; partitions are part of their parent. */
export function portableTables(sources: TableSources): PortableTable[] {
  const { relations } = sources.relations;
  const types = new Map(sources.types.map((row) => [`${row.relation}:${row.number}`, row]));
  return relations
    .filter((table) => (table.kind === "r" || table.kind === "p") && !table.isPartition)
    .map((table) => {
      const columns = (sources.relations.columns.get(table.oid) ?? []).map((column) => ({
        column,
        type: types.get(`${table.oid}:${column.number}`)!,
      }));
      const constraints = sources.relations.constraints.get(table.oid) ?? [];
      const key = constraints.find((one) => one.kind === "p");
      const partitioned = sources.partitioned.find((row) => row.relation === table.oid);
      return {
        schema: table.schema,
        name: table.name,
        columns: columns.map(({ column, type }) => portableColumn(sources, column, type)),
        primaryKey: key === undefined ? null : { name: key.name, columns: key.columns ?? [] },
        uniques: constraints
          .filter((one) => one.kind === "u")
          .map((one) => ({ name: one.name, columns: one.columns ?? [] })),
        indexes: indexesOf(sources, table),
        foreignKeys: foreignKeysOf(sources, table),
        checks: [
          ...constraints
            .filter((one) => one.kind === "c")
            .map((one) => checkOf(one.name, textOf(sources, one.oid))),
          ...columns.flatMap(({ column, type }) => domainChecks(table, column, type)),
        ],
        partitioning:
          partitioned === undefined
            ? null
            : partitioningOf(
                partitioned,
                table,
                relations.filter((one) => one.isPartition && one.parents?.[0]?.oid === table.oid),
              ),
        comment: sources.comments.get(`pg_class:${table.oid}:0`) ?? null,
        estimate: sources.estimates.get(table.oid) ?? { rows: 0, bytes: 0 },
        own: ownTable(table, constraints, sources.whole.get(table.oid)),
      };
    });
}

function ownTable(
  table: RelationRow,
  constraints: readonly ConstraintRow[],
  whole: OwnMaking | undefined,
): OwnTable {
  const notValid = constraints.filter(({ kind, validated }) => kind !== "n" && !validated);
  return {
    before: table.unlogged ? "UNLOGGED" : "",
    after: tableOptions({ ...table, partitionKey: null }).join(" "),
    ...(notValid.length === 0 ? {} : { notValid: notValid.map(({ name }) => name) }),
    ...(whole === undefined ? {} : { whole }),
  };
}

/** Of a domain, a collation of the column's own, citext and money, whose neutral types say less. */
function ownColumn(column: ColumnRow, type: ColumnTypeRow): { own?: OwnColumn } {
  const { printed, name, builtIn } = type;
  const says = builtIn ? name === "money" || name === "_money" : name === "citext" || name === "_citext";
  if (column.type === printed && column.collation === null && !says) return {};
  const collation = column.collation === null ? "" : ` COLLATE ${column.collation}`;
  // Operators of citext take no text.
  const base = !builtIn && (type.element ?? type).name === "citext" ? { base: printed } : {};
  return { own: { type: `${column.type}${collation}`, words: "", ...base } };
}

function portableColumn(sources: TableSources, column: ColumnRow, type: ColumnTypeRow): PortableColumn {
  const sequence = sources.sequences.find(
    ({ owner }) => owner?.relation === column.relation && owner.column === column.number,
  );
  // A serial column is an identity that was spelled before there were any; its default says only that.
  const isSerial = column.default !== null && /^nextval\('(?:[^']|'')+'::regclass\)$/.test(column.default);
  const identity =
    sequence !== undefined && (column.identity !== "" || isSerial)
      ? identityOf(sequence, column.identity === "a", sources.next.get(sequence.oid))
      : null;
  const isGenerated = column.generated !== "";
  const text = column.default ?? type.domainDefault;
  return {
    name: column.name,
    type: portableType(type),
    declared: column.type,
    nullable: !type.notNull,
    default:
      text === null || isGenerated || identity !== null
        ? null
        : { expression: emptyArray(text) ?? parseExpression(text, "postgres"), text },
    identity,
    generated:
      isGenerated && column.default !== null
        ? {
            expression: parseExpression(column.default, "postgres"),
            text: column.default,
            stored: column.generated === "s",
          }
        : null,
    onUpdateNow: false,
    collation: portableCollation(type),
    comment: sources.comments.get(`pg_class:${column.relation}:${column.number}`) ?? null,
    ...ownColumn(column, type),
  };
}

/** The one array that is nearly every default of one. */
function emptyArray(text: string): Expression | null {
  return /^('\{\}'|ARRAY\[\])::[\w ".()]+\[\]$/.test(text) ? { kind: "string", value: "{}" } : null;
}

function indexesOf(sources: TableSources, table: RelationRow): PortableIndex[] {
  return (sources.relations.indexes.get(table.oid) ?? []).flatMap((index) => {
    const parts = sources.indexes.find((row) => row.oid === index.oid);
    return index.constraint !== null || parts === undefined ? [] : [portableIndex(index, parts)];
  });
}

function foreignKeysOf(sources: TableSources, table: RelationRow): PortableForeignKey[] {
  return (sources.relations.constraints.get(table.oid) ?? []).flatMap((one) => {
    const facts = sources.constraints.find((row) => row.oid === one.oid);
    if (one.kind !== "f" || facts === undefined || one.refSchema === null || one.refTable === null) return [];
    return [
      {
        name: one.name,
        columns: one.columns ?? [],
        references: { schema: one.refSchema, name: one.refTable, columns: one.refColumns ?? [] },
        ...actionsOf(facts),
      },
    ];
  });
}

function textOf(sources: TableSources, oid: string): string {
  return sources.constraints.find((row) => row.oid === oid)?.text ?? "";
}

function checkOf(name: string, text: string): PortableCheck {
  return { name, expression: parseExpression(text, "postgres"), text };
}

/** A domain's checks as those of the column; a domain's NULL passes, as a column's does. */
function domainChecks(table: RelationRow, column: ColumnRow, type: ColumnTypeRow): PortableCheck[] {
  return (type.domainChecks ?? []).map(({ name, text }) => {
    const own = text.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\bVALUE\b/g, (token) =>
      token === "VALUE" ? quoted(column.name) : token,
    );
    return Object.assign(checkOf(`${table.name}_${column.name}_${name}`, own), { ofType: true });
  });
}
