import type { DefinedObject } from "../../core/schema.ts";
import type { InspectRole } from "../engine.ts";
import type { Item, ItemKind } from "./dump-item.ts";
import { dump, readItems } from "./dump.ts";
import { groupBy, readCatalog } from "./inspect-catalog.ts";
import { modelTables } from "./inspect-tables.ts";

export const inspect: InspectRole = {
  schema: (session) =>
    readCatalog(session, async () => {
      const { items, relations, comments } = await readItems(session);
      return { tables: modelTables(relations, comments), objects: modelObjects(items) };
    }),
  dump,
};

const objectKinds: Readonly<Partial<Record<ItemKind, DefinedObject["kind"]>>> = {
  schema: "schema",
  extension: "extension",
  collation: "collation",
  "text search dictionary": "text search",
  "text search configuration": "text search",
  type: "type",
  domain: "domain",
  sequence: "sequence",
  routine: "routine",
  view: "view",
  "materialized view": "materialized view",
  trigger: "trigger",
  rule: "rule",
  policy: "policy",
  statistics: "statistics",
  server: "server",
};

/** What is no table, each with the statements that belong to it: a sequence's owner, a materialised view's indexes. */
function modelObjects(items: readonly Item[]): DefinedObject[] {
  const parts = groupBy(items, (item) => item.partOf ?? "");
  return items
    .flatMap((item) => {
      const kind = objectKinds[item.kind];
      if (kind === undefined) return [];
      const own = item.keys.flatMap((key) => parts.get(key) ?? []);
      const definition = [item, ...own].map((part) => part.text).join("\n");
      return [{ kind, schema: item.schema, name: item.name, definition }];
    })
    .toSorted((a, b) => compare(a.kind, b.kind) || compare(a.schema, b.schema) || compare(a.name, b.name));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
