import { commentLines } from "./dump-comments.ts";
import { storageOptions, type Item } from "./dump-item.ts";
import type { TableSources } from "./dump-tables.ts";
import type { RelationRow } from "./inspect-relations.ts";

/** Views and materialised views. Materialised ones are made without data: their sources are empty. */
export function viewItems(sources: TableSources): Item[] {
  return sources.relations.relations
    .filter((view) => view.kind === "v" || view.kind === "m")
    .map((view) => viewItem(view, sources));
}

function viewItem(view: RelationRow, { relations, comments }: TableSources): Item {
  const key = `pg_class:${view.oid}`;
  const columns = relations.columns.get(view.oid) ?? [];
  const what = `${view.kind === "m" ? "MATERIALIZED " : ""}VIEW ${view.full}`;
  const options = storageOptions(view.options);
  const query = (view.query ?? "").replace(/;\s*$/, "");
  const create = [
    `CREATE ${what}`,
    ...(view.accessMethod === null ? [] : [`USING ${view.accessMethod}`]),
    ...(options.length === 0 ? [] : [`WITH (${options.join(", ")})`]),
    "AS",
  ].join(" ");
  return {
    kind: view.kind === "m" ? "materialized view" : "view",
    schema: view.schema,
    name: view.name,
    keys: [
      key,
      ...columns.flatMap((column) => (column.defaultOid === null ? [] : [`pg_attrdef:${column.defaultOid}`])),
    ],
    text: [
      `${create}\n${query}${view.kind === "m" ? "\nWITH NO DATA" : ""};`,
      ...columns
        .filter((column) => column.default !== null)
        .map(
          (column) => `ALTER VIEW ${view.full} ALTER COLUMN ${column.quoted} SET DEFAULT ${column.default};`,
        ),
      ...commentLines(comments, [
        { what, key },
        ...columns.map((column) => ({
          what: `COLUMN ${view.full}.${column.quoted}`,
          key,
          column: column.number,
        })),
      ]),
    ].join("\n"),
  };
}
