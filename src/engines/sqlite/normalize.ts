import type { Leftover, PortableSchema, PortableTable, PortableView } from "../../core/portable.ts";
import type { NormalizeRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { applicationNumbers } from "./application-numbers.ts";
import { conflictClauses, readCreateTable, readCreateTrigger, readCreateView } from "./create-table.ts";
import { declaredType } from "./declared-type.ts";
import { schemaObjects, type SchemaObject } from "./dump.ts";
import { normalizeColumns } from "./normalize-columns.ts";
import { normalizeForeignKeys, normalizeIndexes, primaryKey, uniques } from "./normalize-keys.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import { traits } from "./traits.ts";
import { relationsNamed } from "./relations-named.ts";
import { rebuilding } from "./virtual-tables.ts";

/** The schema from PRAGMAs and the stored statements. Names that SQLite does not keep are made as PostgreSQL makes them. */
export const normalize: NormalizeRole = { schema };

async function schema(session: Session): Promise<PortableSchema> {
  const objects = await schemaObjects(session);
  const kinds = new Map(
    (await session.query("SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'")).map(
      (row) => [String(row.name), row],
    ),
  );
  const tables: PortableTable[] = [];
  const views: PortableView[] = [];
  const leftovers: Leftover[] = [];
  const [size] = await session.query(
    "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
  );
  const fileBytes = Number(size?.bytes ?? 0);
  const estimate = await estimator(session, fileBytes);
  const relations = relationsOf(objects);
  for (const [place, object] of objects.entries()) {
    const { type, name, sql, virtual } = object;
    // SQLite makes views and triggers of what is not there, and fails when they are used.
    const needs = [...new Set([...relationsNamed(sql), object.table.toLowerCase()])]
      .flatMap((named) => relations.get(named) ?? [])
      .filter((other) => type === "trigger" || other !== name)
      .map((other) => ({ schema: "", name: other }));
    const making = { settings: [], statements: [sql], drop: null, beforeTables: false, place, needs };
    const kind = kinds.get(name);
    if (type === "view") {
      const columns = await viewColumns(session, name);
      views.push({
        schema: "",
        name,
        text: readCreateView(sql),
        columns: columns.map((column) => column.name),
        types: columns.map(({ declared }) => declaredType(declared)),
        materialized: false,
        comment: null,
        making: { ...making, drop: `DROP VIEW IF EXISTS main.${traits.quote(name)}` },
      });
    } else if (type === "trigger") {
      leftovers.push({
        schema: "",
        name,
        kind: "trigger",
        table: { schema: "", name: object.table },
        definition: sql,
        making: { ...making, drop: `DROP TRIGGER IF EXISTS main.${traits.quote(name)}` },
        action: readCreateTrigger(sql),
      });
    } else if (virtual !== null) {
      const rebuilt = await rebuilding(session, object, { virtual, objects });
      const drop = `DROP TABLE IF EXISTS main.${traits.quote(name)}`;
      leftovers.push({
        schema: "",
        name,
        kind: "virtual table",
        table: null,
        definition: sql,
        ...("reason" in rebuilt ? { making: null, ...rebuilt } : { making: { ...making, ...rebuilt, drop } }),
      });
    } else if (type === "table") {
      const options = {
        strict: kind?.strict === 1n,
        withoutRowid: kind?.wr === 1n,
        isPart: kind?.type === "shadow",
      };
      const table = await readTable(session, object, options, objects, estimate);
      tables.push(table);
      leftovers.push(...ownLeftovers(table, sql));
    }
  }
  for (const { name, value } of await applicationNumbers(session)) {
    const statement = `PRAGMA main.${name} = ${value}`;
    leftovers.push({
      schema: "",
      name,
      kind: "number of the application",
      table: null,
      definition: statement,
      making: {
        settings: [],
        statements: [statement],
        drop: `PRAGMA main.${name} = 0`,
        beforeTables: false,
        place: objects.length,
      },
    });
  }
  return { tables: withBytes(tables, fileBytes), views, sequences: [], leftovers };
}

/** The tables and views by their names in lower case; a part of a virtual table stands for that. */
function relationsOf(objects: readonly SchemaObject[]): ReadonlyMap<string, string> {
  return new Map(
    objects.flatMap(({ type, name, virtual }) =>
      type === "table" || type === "view"
        ? [name.toLowerCase(), ...(virtual?.parts ?? [])].map((key) => [key, name] as const)
        : [],
    ),
  );
}

async function readTable(
  session: Session,
  { name, sql }: SchemaObject,
  options: { readonly strict: boolean; readonly withoutRowid: boolean; readonly isPart: boolean },
  objects: readonly SchemaObject[],
  estimate: RowEstimate,
): Promise<PortableTable> {
  const text = readCreateTable(sql);
  const columns = await normalizeColumns(session, name, text, options);
  return {
    schema: "",
    name,
    columns,
    primaryKey: await primaryKey(session, name),
    uniques: await uniques(session, name),
    indexes: await normalizeIndexes(session, name, columns, objects),
    foreignKeys: await normalizeForeignKeys(session, name, text, objects),
    checks: text.checks.map(({ name: given, definition }, i) => {
      const condition = definition
        .replace(/^CHECK\s*/i, "")
        .slice(1, -1)
        .trim();
      return {
        name: given === "" ? `${name}_check${i === 0 ? "" : i}` : given,
        expression: parseExpression(condition, "sqlite"),
        text: condition,
      };
    }),
    partitioning: null,
    comment: null,
    own: { before: "", after: "", statement: sql },
    estimate: { rows: await estimate(name, options.withoutRowid), bytes: 0 },
    ...(options.isPart
      ? { unwritable: "SQLite takes it for a part of the virtual table after which it is called" }
      : {}),
  };
}

/** What the neutral model has no word for, to be told where the table's own text is not passed on. */
function ownLeftovers(table: PortableTable, sql: string): Leftover[] {
  const { name } = table;
  const one = (kind: string, what: string, definition: string): Leftover => ({
    schema: "",
    name: what,
    kind,
    table: { schema: "", name },
    definition,
    making: null,
    own: "whole",
  });
  const found = table.indexes.flatMap(({ name: index, parts }) => {
    const words = parts.flatMap(({ column, own }) =>
      own === undefined ? [] : [`${column ?? "expression"} ${own}`],
    );
    return words.length === 0 ? [] : [one("collation of index", index, words.join(", "))];
  });
  const clauses = conflictClauses(sql);
  return clauses.length === 0
    ? found
    : [...found, one("conflict clause", name, [...new Set(clauses)].join(", "))];
}

async function viewColumns(
  session: Session,
  view: string,
): Promise<{ readonly name: string; readonly declared: string }[]> {
  try {
    const rows = await session.query("SELECT name, type FROM pragma_table_info(?, 'main') ORDER BY cid", [
      view,
    ]);
    return rows.map((row) => ({ name: String(row.name), declared: String(row.type) }));
  } catch {
    // A view of a table that is gone stays in the schema; it cannot be asked.
    return [];
  }
}

type RowEstimate = (table: string, withoutRowid: boolean) => Promise<number>;

/**
 * SQLite keeps no sizes of tables: the rows are those of the last ANALYZE, or as many as there are rowids from the
 * least to the greatest, which is one step in the tree each. Where neither is known, as many as the file could hold.
 */
async function estimator(session: Session, fileBytes: number): Promise<RowEstimate> {
  const analyzed = new Map<string, number>();
  const [has] = await session.query("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'");
  if (has !== undefined) {
    for (const row of await session.query("SELECT tbl, stat FROM main.sqlite_stat1 WHERE stat IS NOT NULL")) {
      analyzed.set(String(row.tbl), Number.parseInt(String(row.stat), 10));
    }
  }
  // A row takes at least some ten bytes, however far the rowids lie apart.
  const most = Math.ceil(fileBytes / 10);
  return async (table, withoutRowid) => {
    const known = analyzed.get(table);
    if (known !== undefined) return known;
    if (withoutRowid) return most;
    const name = `main.${traits.quote(table)}`;
    const [row] = await session.query(
      `SELECT (SELECT max(rowid) FROM ${name}) AS last, (SELECT min(rowid) FROM ${name}) AS first`,
    );
    const [last, first] = [row?.last, row?.first];
    if (last === null) return 0;
    // A column may be called rowid, and hold anything.
    if (typeof last !== "bigint" || typeof first !== "bigint") return most;
    return Math.min(Number(last - first) + 1, most);
  };
}

/** The file's bytes, shared out by the rows. */
function withBytes(tables: readonly PortableTable[], fileBytes: number): PortableTable[] {
  const rows = tables.reduce((sum, table) => sum + table.estimate.rows, 0);
  const share = (table: PortableTable) =>
    rows === 0 ? 0 : Math.round((fileBytes * table.estimate.rows) / rows);
  return tables.map((table) =>
    Object.assign(table, { estimate: { rows: table.estimate.rows, bytes: share(table) } }),
  );
}
