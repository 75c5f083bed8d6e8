import type { Column, Constraint, Index, SchemaModel, Table } from "../../core/schema.ts";
import type { InspectRole, Row, Session } from "../engine.ts";
import { readCreateTable, type TableText } from "./create-table.ts";
import { dump, type SchemaObject, schemaObjects } from "./dump.ts";
import { traits } from "./traits.ts";

/**
 * The schema as PRAGMAs show it; checks, generated expressions and collations, which none shows, are read from
 * the stored CREATE TABLE. Constraints other than checks are given without their names.
 */
export const inspect: InspectRole = { schema, dump };

async function schema(session: Session): Promise<SchemaModel> {
  const objects = await schemaObjects(session);
  const kinds = await session.query(
    "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'",
  );
  const tables: Table[] = [];
  for (const object of objects) {
    if (object.type !== "table") continue;
    const kind = kinds.find((row) => row.name === object.name) ?? {};
    tables.push(await readTable(session, object, kind, objects));
  }
  return {
    tables,
    objects: objects
      .filter((object) => object.type === "view" || object.type === "trigger")
      .map(({ type, name, sql }) => ({
        kind: type as "view" | "trigger",
        schema: "",
        name,
        definition: sql,
      })),
  };
}

async function readTable(
  session: Session,
  object: SchemaObject,
  kind: Row,
  objects: readonly SchemaObject[],
): Promise<Table> {
  const { name, sql } = object;
  const virtual = object.virtual !== null;
  const text = readCreateTable(virtual ? "" : sql);
  const columns = await session.query("SELECT * FROM pragma_table_xinfo(?, 'main') ORDER BY cid", [name]);
  const indexes = await session.query(
    "SELECT name, [unique], origin, partial FROM pragma_index_list(?, 'main')",
    [name],
  );
  const options = [
    ...(virtual ? [sql.replace(/^.*?\busing\b/is, "USING")] : []),
    ...(kind.wr === 1n && !virtual ? ["WITHOUT ROWID"] : []),
    ...(kind.strict === 1n ? ["STRICT"] : []),
  ];
  const constraints = [
    ...primaryKey(columns),
    ...(await uniques(session, indexes)),
    ...(await foreignKeys(session, name)),
    ...checks(text),
  ];
  return {
    schema: "",
    name,
    columns: columns.filter((row) => row.hidden !== 1n).map((row) => toColumn(row, text)),
    constraints: constraints.toSorted((a, b) => order(sortKey(a), sortKey(b))),
    indexes: await readIndexes(session, indexes, objects),
    comment: null,
    options: options.join(", "),
  };
}

const sortKey = ({ kind, name, definition }: Constraint) => `${kind}\0${name}\0${definition}`;
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function toColumn(row: Row, text: TableText): Column {
  const name = String(row.name);
  const key = name.toLowerCase();
  const expression = row.hidden === 2n || row.hidden === 3n ? text.generated.get(key) : undefined;
  return {
    name,
    type: String(row.type),
    // A primary key other than of a rowid-less or strict table admits NULL: SQLite keeps this old fault.
    nullable: row.notnull === 0n,
    default: row.dflt_value === null ? null : String(row.dflt_value),
    generated: expression === undefined ? null : { expression, stored: row.hidden === 3n },
    identity: text.autoincrement && row.pk === 1n ? "auto_increment" : null,
    collation: text.collations.get(key) ?? null,
    comment: null,
  };
}

function primaryKey(columns: readonly Row[]): Constraint[] {
  const key = columns
    .filter((row) => row.pk !== 0n)
    .toSorted((a, b) => Number(a.pk) - Number(b.pk))
    .map((row) => String(row.name));
  return key.length === 0 ? [] : [constraint("primary key", "", key, `PRIMARY KEY (${quoted(key)})`)];
}

async function uniques(session: Session, indexes: readonly Row[]): Promise<Constraint[]> {
  const found: Constraint[] = [];
  for (const index of indexes) {
    if (index.origin !== "u") continue;
    const rows = await session.query("SELECT name FROM pragma_index_info(?, 'main') ORDER BY seqno", [
      String(index.name),
    ]);
    const key = rows.map((row) => String(row.name));
    found.push(constraint("unique", "", key, `UNIQUE (${quoted(key)})`));
  }
  return found;
}

async function foreignKeys(session: Session, table: string): Promise<Constraint[]> {
  const rows = await session.query("SELECT * FROM pragma_foreign_key_list(?, 'main') ORDER BY id, seq", [
    table,
  ]);
  return [...Map.groupBy(rows, (row) => row.id).values()].map((parts) => {
    const { table: parent, on_update: onUpdate, on_delete: onDelete } = parts[0]!;
    const columns = parts.map((row) => String(row.from));
    // Without named columns it refers to the parent's primary key.
    const targets = parts.filter((row) => row.to !== null).map((row) => String(row.to));
    const definition = [
      `FOREIGN KEY (${quoted(columns)}) REFERENCES ${traits.quote(String(parent))}`,
      ...(targets.length === 0 ? [] : [`(${quoted(targets)})`]),
      ...(onUpdate === "NO ACTION" ? [] : [`ON UPDATE ${String(onUpdate)}`]),
      ...(onDelete === "NO ACTION" ? [] : [`ON DELETE ${String(onDelete)}`]),
    ].join(" ");
    const references = { schema: "", table: String(parent), columns: targets };
    return constraint("foreign key", "", columns, definition, references);
  });
}

function checks(text: TableText): Constraint[] {
  return text.checks.map(({ name, definition }) => constraint("check", name, [], definition));
}

function constraint(
  kind: Constraint["kind"],
  name: string,
  columns: readonly string[],
  definition: string,
  references: Constraint["references"] = null,
): Constraint {
  return { name, kind, columns, definition, references, validated: true };
}

async function readIndexes(
  session: Session,
  indexes: readonly Row[],
  objects: readonly SchemaObject[],
): Promise<Index[]> {
  const found: Index[] = [];
  for (const index of indexes) {
    const object = objects.find(({ type, name }) => type === "index" && name === index.name);
    if (object === undefined) continue;
    const rows = await session.query(
      "SELECT cid, name, [desc] FROM pragma_index_xinfo(?, 'main') WHERE key = 1 ORDER BY seqno",
      [object.name],
    );
    const keys = rows.map(
      (row) =>
        `${row.cid === -2n ? "<expression>" : String(row.name ?? "rowid")}${row.desc === 1n ? " DESC" : ""}`,
    );
    found.push({ name: object.name, unique: index.unique === 1n, keys, valid: true, definition: object.sql });
  }
  return found.toSorted((a, b) => order(a.name, b.name));
}

function quoted(names: readonly string[]): string {
  return names.map(traits.quote).join(", ");
}
