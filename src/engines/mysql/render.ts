import { draft } from "./draft.ts";
import type { PortableForeignKey, TableName } from "../../core/portable.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type {
  DdlStatement,
  RenderRole,
  TableDdl,
  TargetColumn,
  TargetTable,
  TextEquality,
} from "../data-roles.ts";
import { countsOf, rulesName } from "./column-type.ts";
import { columnCollation } from "./render-collation.ts";
import { keysDdl } from "./render-keys.ts";
import { isComputedOwn, ownTableDdl } from "./render-own-table.ts";
import { counterColumn } from "./counter-column.ts";
import { createTable, generationSql } from "./render-table.ts";
import { decideType } from "./render-type.ts";
import { namedServer } from "./server-version.ts";
import { nameList, tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

/** One text for MySQL and MariaDB: what differs stands in comments that only one of them reads. */
export const render: RenderRole = {
  type: decideType,
  ddl,
  generates: (table, column) =>
    table.own?.statement === undefined ? generationSql(column.generated) !== null : isComputedOwn(column),
  equality,
  draft,
  view,
  schema: () => [],
  drop: (tables) =>
    unreferenced(
      tables.map((table) => ({
        sql: `DROP TABLE IF EXISTS ${tableText(table)}`,
        title: `drop ${table.name}`,
      })),
    ),
  truncate,
  counters: counter,
  defaultSchema: "",
};

/** The primary key is the table, so it is made with it; InnoDB would write all rows anew. */
function ddl(table: TargetTable): TableDdl {
  const statement = table.own?.statement;
  if (statement !== undefined) return ownTableDdl(table, statement, counter(table));
  const undone: string[] = [];
  return {
    create: [createTable(table, undone)],
    keys: keysDdl(table, undone),
    constraints: constraints(table, undone),
    finish: counter(table),
    undone,
  };
}

function constraints(table: TargetTable, undone: string[]): DdlStatement[] {
  const alter = `ALTER TABLE ${tableText(table)}`;
  const checks: string[] = [];
  for (const check of table.checks) {
    const text = check.expression === null ? null : printExpression(check.expression, "mysql");
    if (text === null) undone.push(`check ${check.name} of ${table.name}: ${check.text}`);
    else checks.push(`ADD CONSTRAINT ${traits.quote(check.name)} CHECK (${text})`);
  }
  const foreign = table.foreignKeys.map((key) => ({
    sql: `${alter} ADD CONSTRAINT ${traits.quote(key.name)} ${foreignKeySql(table, key, undone)}`,
    title: `foreign key ${key.name} of ${table.name}`,
  }));
  return [
    ...(checks.length === 0
      ? []
      : [{ sql: `${alter} ${checks.join(", ")}`, title: `checks of ${table.name}` }]),
    ...foreign,
  ];
}

function foreignKeySql(table: TargetTable, key: PortableForeignKey, undone: string[]): string {
  const place = `foreign key ${key.name} of ${table.name}`;
  if (key.deferrable) undone.push(`${place}: it is checked at once, never at the commit`);
  const actions = (["onDelete", "onUpdate"] as const).flatMap((event) => {
    const action = key[event];
    if (action === "no action" || action === "restrict") return [];
    const words = event === "onDelete" ? "ON DELETE" : "ON UPDATE";
    if (action !== "set default") return [`${words} ${action.toUpperCase()}`];
    undone.push(`${place}: ${words} SET DEFAULT, which InnoDB has not`);
    return [];
  });
  const { references: parent } = key;
  return [
    `FOREIGN KEY (${nameList(key.columns)}) REFERENCES ${tableText(parent)} (${nameList(parent.columns)})`,
    ...actions,
  ].join(" ");
}

/** InnoDB takes the greater of this and what the rows ask for. */
function counter(table: TargetTable): DdlStatement[] {
  const next = counterColumn(table)?.identity?.next ?? null;
  if (next === null || !/^[1-9]\d*$/.test(next)) return [];
  return [
    { sql: `ALTER TABLE ${tableText(table)} AUTO_INCREMENT = ${next}`, title: `counter of ${table.name}` },
  ];
}

function view({
  name,
  schema,
  columns,
  text,
}: Parameters<RenderRole["view"]>[0]): ReturnType<RenderRole["view"]> {
  const list = columns.length === 0 ? "" : ` (${nameList(columns)})`;
  const title = `view ${name}`;
  const place = tableText({ schema, name });
  return {
    create: { sql: `CREATE VIEW ${place}${list} AS ${text}`, title },
    drop: { sql: `DROP VIEW IF EXISTS ${place}`, title },
  };
}

/** TRUNCATE is refused where another table refers to this one, unless references are not looked at. */
function truncate(tables: readonly TableName[]): DdlStatement[] {
  return unreferenced(
    tables.map((table) => ({ sql: `TRUNCATE TABLE ${tableText(table)}`, title: `rows of ${table.name}` })),
  );
}

/** Statements that do not look at references. */
function unreferenced(statements: readonly DdlStatement[]): DdlStatement[] {
  if (statements.length === 0) return [];
  const checks = (value: 0 | 1) => ({
    sql: `SET SESSION foreign_key_checks = ${value}`,
    title: value === 0 ? "without references" : "with references",
  });
  return [checks(0), ...statements, checks(1)];
}

function equality({ collation, decision }: TargetColumn, server: string | undefined): TextEquality | null {
  const name = columnCollation({ collation, type: decision.type }, server);
  if (name === null) return null;
  return { ...countsOf(name), name: rulesName(name, namedServer(server)?.mariaDb === true) };
}
