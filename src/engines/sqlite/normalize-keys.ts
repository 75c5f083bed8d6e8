import type {
  PortableColumn,
  PortableForeignKey,
  PortableIndex,
  PortableKey,
  ReferentialAction,
} from "../../core/portable.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Session } from "../engine.ts";
import { readCreateIndex, type TableText } from "./create-table.ts";
import type { SchemaObject } from "./dump.ts";

export async function primaryKey(session: Session, table: string): Promise<PortableKey | null> {
  const columns = await keyColumns(session, table);
  return columns.length === 0 ? null : { name: `${table}_pkey`, columns };
}

export async function uniques(session: Session, table: string): Promise<PortableKey[]> {
  const rows = await session.query(
    `SELECT l.name, json_group_array(i.name ORDER BY i.seqno) AS columns
       FROM pragma_index_list(?, 'main') AS l, pragma_index_info(l.name, 'main') AS i
      WHERE l.origin = 'u' GROUP BY l.name`,
    [table],
  );
  return rows
    .map((row) => JSON.parse(String(row.columns)) as string[])
    .map((columns) => ({ name: `${table}_${columns.join("_")}_key`, columns }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function normalizeIndexes(
  session: Session,
  table: string,
  columns: readonly PortableColumn[],
  objects: readonly SchemaObject[],
): Promise<PortableIndex[]> {
  const collations = new Map(
    columns.map((column) => [column.name.toLowerCase(), column.collation?.name ?? "BINARY"]),
  );
  const rows = await session.query(
    "SELECT name, [unique] FROM pragma_index_list(?, 'main') WHERE origin = 'c' ORDER BY name",
    [table],
  );
  const found: PortableIndex[] = [];
  for (const row of rows) {
    const name = String(row.name);
    const sql = objects.find((object) => object.type === "index" && object.name === name)?.sql;
    if (sql === undefined) continue;
    const text = readCreateIndex(sql);
    const keys = await session.query(
      "SELECT cid, name, [desc], coll FROM pragma_index_xinfo(?, 'main') WHERE key = 1 ORDER BY seqno",
      [name],
    );
    found.push({
      name,
      unique: row.unique === 1n,
      method: "btree",
      parts: keys.map((key, i) => {
        const column = key.cid === -2n ? null : String(key.name ?? "rowid");
        const isColumns =
          String(key.coll).toUpperCase() === (collations.get(String(key.name).toLowerCase()) ?? "BINARY");
        const part = {
          column,
          expression: column === null ? parseExpression(text.parts[i]!, "sqlite") : null,
          text: column ?? text.parts[i]!,
          descending: key.desc === 1n,
          prefix: null,
        };
        return isColumns ? part : Object.assign(part, { own: `COLLATE ${String(key.coll)}` });
      }),
      include: [],
      where:
        text.where === null ? null : { expression: parseExpression(text.where, "sqlite"), text: text.where },
      definition: sql,
    });
  }
  return found;
}

export async function normalizeForeignKeys(
  session: Session,
  table: string,
  text: TableText,
  objects: readonly SchemaObject[],
): Promise<PortableForeignKey[]> {
  const rows = await session.query("SELECT * FROM pragma_foreign_key_list(?, 'main') ORDER BY id DESC, seq", [
    table,
  ]);
  const keys = [...Map.groupBy(rows, (row) => row.id).values()];
  const found: PortableForeignKey[] = [];
  for (const [i, parts] of keys.entries()) {
    const first = parts[0]!;
    const columns = parts.map((row) => String(row.from));
    // SQLite compares names without case; the parent's own spelling is what others need.
    const parent =
      objects.find(
        ({ type, name }) => type === "table" && name.toLowerCase() === String(first.table).toLowerCase(),
      )?.name ?? String(first.table);
    const named = parts.filter((row) => row.to !== null).map((row) => String(row.to));
    const written = text.references[i];
    found.push({
      name:
        written === undefined || written.name === "" ? `${table}_${columns.join("_")}_fkey` : written.name,
      columns,
      references: {
        schema: "",
        name: parent,
        // Without named columns it refers to the parent's primary key.
        columns: named.length > 0 ? named : await keyColumns(session, parent),
      },
      onUpdate: action(first.on_update),
      onDelete: action(first.on_delete),
      deferrable: written?.deferrable ?? false,
      initiallyDeferred: written?.initiallyDeferred ?? false,
      match: "simple",
    });
  }
  return found;
}

async function keyColumns(session: Session, table: string): Promise<string[]> {
  const rows = await session.query(
    "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE pk > 0 ORDER BY pk",
    [table],
  );
  return rows.map((row) => String(row.name));
}

function action(value: unknown): ReferentialAction {
  return String(value).toLowerCase() as ReferentialAction;
}
