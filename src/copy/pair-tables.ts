import type { CopyColumn, CopyTable } from "../core/plan.ts";
import type { PortableColumn, PortableSchema, PortableTable, RiskKind } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import { withEncoding } from "../core/with-encoding.ts";
import { keyOf } from "./decide.ts";
import type { CopyProject } from "./project.ts";
import type { RuledTable } from "./rules/ruled-table.ts";
import { foldName } from "./fold-name.ts";
import { sharedEncodings } from "./shared-encodings.ts";
import { targetNames } from "./target-names.ts";

export interface PairedTable {
  readonly table: CopyTable;
  /** As the target has it. */
  readonly twin: PortableTable;
  /** Columns that one side has and the other has not. */
  readonly problems: readonly string[];
  /** Columns that are not compared, each with the reason. */
  readonly leftOut: readonly string[];
}

export interface Pairing {
  readonly pairs: readonly PairedTable[];
  /** Tables of the source that the target lacks. */
  readonly missing: readonly string[];
}

/** Finds to each table of the source the one of the target that holds its copy, and to each column its twin. */
export function pairTables(
  project: CopyProject,
  tables: readonly RuledTable[],
  target: PortableSchema,
  only: readonly string[] | undefined,
  acceptedOf: (table: PortableTable, column: string) => readonly RiskKind[] = () => [],
  isSameProduct = false,
): Pairing {
  const { traits, render } = project.target.engine;
  const fold = (name: string) => foldName(traits, name);
  const names = targetNames(
    tables.map(({ source }) => source),
    {
      sourceDefault: project.source.engine.render?.defaultSchema ?? "",
      targetDefault: render.defaultSchema,
      traits,
    },
    new Map(tables.map((ruled) => [tableKey(ruled.source), ruled])),
  );
  const there = new Map(target.tables.map((table) => [fold(tableKey(table)), table]));
  const missing: string[] = [];
  const pairs: PairedTable[] = [];
  for (const ruled of tables) {
    const key = tableKey(ruled.source);
    const twin = there.get(fold(tableKey(names.get(key)!)));
    if (twin === undefined) missing.push(key);
    else pairs.push(pairColumns(ruled, twin, { only, fold, acceptedOf, isSameProduct }));
  }
  return { pairs, missing };
}

function pairColumns(
  table: RuledTable,
  target: PortableTable,
  {
    only,
    fold,
    acceptedOf,
    isSameProduct,
  }: {
    readonly only: readonly string[] | undefined;
    readonly fold: (name: string) => string;
    readonly acceptedOf: (table: PortableTable, column: string) => readonly RiskKind[];
    readonly isSameProduct: boolean;
  },
): PairedTable {
  const { source, where, columns: ruled } = table;
  const twins = new Map(target.columns.map((column) => [fold(column.name), column]));
  const encodings = sharedEncodings(table, (_, name) => (isSameProduct ? twins.get(fold(name)) : undefined));
  const wanted = (column: PortableColumn) => only === undefined || only.includes(column.name);
  const problems: string[] = [];
  const leftOut: string[] = [];
  const columns: CopyColumn[] = [];
  for (const { column, name: targetName, value, incomparable } of ruled) {
    const twin = twins.get(fold(targetName));
    twins.delete(fold(targetName));
    if (!wanted(column)) continue;
    if (twin === undefined) problems.push(`${tableKey(target)} has no column ${targetName}`);
    else if (incomparable !== null) leftOut.push(`${targetName}: ${incomparable}`);
    else if (column.ofVersion === true && twin.ofVersion === true)
      leftOut.push(`${targetName}: each server has its own times of a row's versions`);
    else {
      const { name, type, declared } = twin;
      const accepts = acceptedOf(source, column.name);
      // What was made of bytes whose loss was accepted is a text that has other ones.
      const encoding = accepts.length === 0 ? encodings.get(column.name) : undefined;
      columns.push({
        source: column.name,
        value,
        from: column.type,
        target: name,
        to: type,
        sql: declared,
        accepts,
        ...withEncoding({ encoding }),
      });
    }
  }
  for (const extra of twins.values()) {
    if (wanted(extra)) problems.push(`${tableKey(source)} has no column ${extra.name}`);
  }
  const key = keyOf(source);
  // Without the key's columns rows are told apart by what they hold.
  const hasKey = key.every(({ name }) => columns.some((column) => column.source === name));
  return {
    problems,
    leftOut,
    twin: target,
    table: {
      source: { schema: source.schema, name: source.name },
      target: { schema: target.schema, name: target.name },
      columns,
      key: hasKey ? key : [],
      where,
      estimate: source.estimate,
      native: false,
      upsertBy: null,
    },
  };
}
