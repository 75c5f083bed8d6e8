import { GodwitError } from "../core/error.ts";
import type { Leftover, PortableSchema, PortableTable, PortableView, TableName } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { TargetTable } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import { type DecidedColumn, decideColumns, keyOf } from "./decide.ts";
import { acceptedOf, type Loss, lossesOf } from "./losses.ts";
import type { CopyChoice, CopyProject } from "./project.ts";
import { selectTables } from "./select-tables.ts";
import { targetNames } from "./target-names.ts";
import type { CopyColumn, CopyTable } from "../core/plan.ts";

/** All that is known of a copy before it is planned: the source's tables and what becomes of each. */
export interface Survey {
  readonly tables: readonly SurveyedTable[];
  readonly losses: readonly Loss[];
  /** Of the source, what is not copied. */
  readonly views: readonly PortableView[];
  readonly leftovers: readonly Leftover[];
  /** Foreign keys that refer to a table which is not copied. */
  readonly dropped: readonly string[];
  /** Indexes, keys and the like that the target has no equivalent of. */
  readonly undone: readonly string[];
}

export interface SurveyedTable {
  readonly source: PortableTable;
  readonly target: TargetTable;
  readonly columns: readonly DecidedColumn[];
  readonly copy: CopyTable;
}

/** Reads the source's schema, and its data where a type demands it. Throws GW7004 for what cannot be named. */
export async function survey(project: CopyProject, choice: CopyChoice, session: Session): Promise<Survey> {
  const { source, target } = project;
  const schema: PortableSchema = await source.engine.normalize.schema(session);
  const chosen = selectTables(schema.tables, choice);
  if (chosen.length === 0) {
    throw new GodwitError("GW7004", { message: `${source.target.display} has no tables to copy` });
  }
  const names = targetNames(chosen, {
    sourceDefault: source.engine.render?.defaultSchema ?? "",
    targetDefault: target.engine.render.defaultSchema,
    traits: target.engine.traits,
  });
  const dropped: string[] = [];
  const losses: Loss[] = [];
  const tables: SurveyedTable[] = [];
  for (const table of chosen) {
    const targetName = names.get(tableKey(table)) as TableName;
    const columns = await decideColumns({
      source: source.engine,
      target: target.engine,
      session,
      table,
      targetName,
    });
    const own = lossesOf(table, columns);
    losses.push(...own);
    const copy = copyTable(project, choice, { table, targetName, columns, losses: own });
    tables.push({
      source: table,
      target: targetTable(table, targetName, columns, names, dropped),
      columns,
      copy,
    });
  }
  const undone = tables.flatMap((table) => target.engine.render.ddl(table.target).undone);
  return { tables, losses, views: schema.views, leftovers: schema.leftovers, dropped, undone };
}

function targetTable(
  table: PortableTable,
  name: TableName,
  columns: readonly DecidedColumn[],
  names: ReadonlyMap<string, TableName>,
  dropped: string[],
): TargetTable {
  const foreignKeys = table.foreignKeys.flatMap((key) => {
    const referenced = names.get(tableKey(key.references));
    if (referenced === undefined) {
      dropped.push(
        `foreign key ${key.name} of ${tableKey(table)}: ${tableKey(key.references)} is not copied`,
      );
      return [];
    }
    return [{ ...key, references: { ...key.references, ...referenced } }];
  });
  return {
    ...table,
    ...name,
    foreignKeys,
    columns: columns.map(({ column, decision }) => Object.assign({}, column, { decision })),
  };
}

function copyTable(
  { source, target }: CopyProject,
  { mode = "create", allow = [] }: CopyChoice,
  {
    table,
    targetName,
    columns,
    losses,
  }: {
    readonly table: PortableTable;
    readonly targetName: TableName;
    readonly columns: readonly DecidedColumn[];
    readonly losses: readonly Loss[];
  },
): CopyTable {
  // The target computes what is generated.
  const copied = columns
    .filter(({ column }) => column.generated === null)
    .map(({ column, decision }): CopyColumn => {
      const { name, type: from } = column;
      const accepts = acceptedOf(losses, name, allow);
      return { source: name, value: null, from, target: name, to: decision.type, sql: decision.sql, accepts };
    });
  const key = keyOf(table);
  return {
    source: { schema: table.schema, name: table.name },
    target: targetName,
    columns: copied,
    key,
    where: null,
    estimate: table.estimate,
    native:
      source.engine.id === target.engine.id &&
      copied.every(
        ({ from, to, accepts = [] }) => accepts.length === 0 && JSON.stringify(from) === JSON.stringify(to),
      ),
    upsertBy: mode === "upsert" ? key.map(({ name }) => name) : null,
  };
}
