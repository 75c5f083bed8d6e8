import { draft } from "./draft.ts";
import type { TableName } from "../../core/portable.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type {
  DdlStatement,
  RenderRole,
  TableDdl,
  TargetColumn,
  TargetTable,
  TextEquality,
} from "../data-roles.ts";
import { constraintDdl, foreignKeyDdl, validateSql } from "./render-constraints.ts";
import { counterDdl, finishDdl, statisticsDdl } from "./render-finish.ts";
import { indexDdl, keyDdl } from "./render-keys.ts";
import { createDdl } from "./render-table.ts";
import { decideType } from "./render-type.ts";
import { ownRows } from "../qualified-table.ts";
import { traits } from "./traits.ts";
import { defaultSchema, literal, quoted, tableSql } from "./sql-text.ts";

export const render: RenderRole = {
  type: decideType,
  ddl,
  generates: (_, { generated }) =>
    generated?.expression ? printExpression(generated.expression, "postgres") !== null : false,
  equality,
  draft,
  view,
  schema: (name) =>
    name === "" || name === defaultSchema
      ? []
      : [{ sql: `CREATE SCHEMA IF NOT EXISTS ${quoted(name)}`, title: `schema ${name}` }],
  drop,
  truncate: (tables) => [
    {
      sql: `TRUNCATE TABLE ${tables.map((table) => ownRows(traits, { ...table, schema: table.schema || defaultSchema })).join(", ")}`,
      title: `rows of ${tables.length} tables`,
    },
  ],
  counters: counterDdl,
  references: (table, keys) => ({
    drop: keys.map(({ name }) => ({
      sql: `ALTER TABLE ${tableSql(table)} DROP CONSTRAINT IF EXISTS ${quoted(name)}`,
      title: `drop constraint ${name}`,
    })),
    add: keys.flatMap((key) => foreignKeyDdl(table, key, table.partitioning === null)),
  }),
  defaultSchema,
};

function ddl(table: TargetTable): TableDdl {
  const whole = table.own?.whole;
  if (whole !== undefined && tableSql(whole.of) === tableSql(table)) {
    return {
      create: whole.create,
      keys: whole.keys,
      constraints: whole.constraints,
      finish: [...counterDdl(table), ...whole.finish, statisticsDdl(table)],
      undone: [],
    };
  }
  const undone: string[] = [];
  const create = createDdl(table, undone);
  const isPartitioned = create.some(({ sql }) => sql.includes(") PARTITION BY "));
  const made = keyDdl(table, isPartitioned);
  const notValid = new Set((table.own?.notValid ?? []).map((name) => validateSql(table, name)));
  return {
    create,
    keys: [...made.keys, ...indexDdl(table, undone)],
    constraints: [...made.constraints, ...constraintDdl(table, isPartitioned, undone)].filter(
      ({ sql }) => !notValid.has(sql),
    ),
    finish: finishDdl(table),
    undone,
  };
}

function view(one: Parameters<RenderRole["view"]>[0]): ReturnType<RenderRole["view"]> {
  const columns = one.columns.length === 0 ? "" : ` (${one.columns.map(quoted).join(", ")})`;
  const kind = one.materialized ? "MATERIALIZED VIEW" : "VIEW";
  const title = `view ${one.name}`;
  return {
    create: { sql: `CREATE ${kind} ${tableSql(one)}${columns} AS ${one.text}`, title },
    drop: { sql: `DROP ${kind} IF EXISTS ${tableSql(one)}`, title },
  };
}

/** The tables, then the types and trigger functions that bear their names and that nothing else uses. */
function drop(tables: readonly TableName[]): DdlStatement[] {
  if (tables.length === 0) return [];
  const names = tables.map((table) => literal(tableSql(table))).join(", ");
  const body = `DECLARE made record; statements text[];
BEGIN
  SELECT array_agg(s.sql) INTO statements FROM (
    SELECT format('DROP TYPE %s', t.oid::regtype) AS sql
    FROM unnest(ARRAY[${names}]) AS d(name) JOIN pg_catalog.pg_class c ON c.oid = to_regclass(d.name)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typtype = 'e' AND t.typname = c.relname || '_' || a.attname || '_enum'
    UNION ALL
    SELECT format('DROP FUNCTION %s', g.tgfoid::regprocedure)
    FROM unnest(ARRAY[${names}]) AS d(name) JOIN pg_catalog.pg_class c ON c.oid = to_regclass(d.name)
    JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
    WHERE p.proname = g.tgname AND starts_with(g.tgname, c.relname || '_') AND g.tgname LIKE '%\\_touch') AS s;
  DROP TABLE IF EXISTS ${tables.map(tableSql).join(", ")};
  FOR made IN SELECT DISTINCT unnest(statements) AS sql LOOP
    BEGIN EXECUTE made.sql; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END;
  END LOOP;
END`;
  return [{ sql: `DO ${literal(body)}`, title: `drop ${tables.length} tables` }];
}

/** By the collation that the column was given; all others compare bytes. */
function equality({ collation, decision }: TargetColumn): TextEquality | null {
  if (collation === null || !/ COLLATE \S*"godwit_\w+"$/.test(decision.sql)) return null;
  const { caseInsensitive, accentInsensitive } = collation;
  return { caseInsensitive, accentInsensitive, padSpace: false };
}
