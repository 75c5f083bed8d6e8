import type { SchemaPart } from "../backup-role.ts";
import type { Session } from "../engine.ts";
import { readItems } from "./dump.ts";
import type { Item, ItemKind } from "./dump-item.ts";
import { neededItems } from "./dump-order.ts";
import { rows, userSchema } from "./inspect-catalog.ts";

/** What rows are loaded without: it is made faster, or only right, when they are there. */
const lateKinds: ReadonlySet<ItemKind> = new Set([
  "constraint",
  "index",
  "index attach",
  "table setting",
  "materialized view",
  "foreign key",
  "statistics",
  "trigger",
  "rule",
  "policy",
]);

/** The schema in the three parts between which the rows are loaded. To be called inside `readCatalog`. */
export async function backupParts(session: Session): Promise<{
  readonly before: readonly SchemaPart[];
  readonly keys: readonly SchemaPart[];
  readonly after: readonly SchemaPart[];
}> {
  const { items, needs, plainTables } = await sortedItems(session);
  const late = new Set<Item>();
  const keys = new Map<string, Item[]>();
  for (const item of items) {
    const needed = [...(needs.get(item) ?? [])].filter((other) => late.has(other));
    if (!lateKinds.has(item.kind) && needed.length === 0) continue;
    late.add(item);
    const table = item.partOf;
    const isKey = (item.kind === "constraint" || item.kind === "index") && table !== undefined;
    // Keys of one table are made one after another, those of several at the same time: none may need another one's.
    if (!isKey || !plainTables.has(table)) continue;
    if (needed.every((other) => keys.get(table)?.includes(other)))
      keys.set(table, [...(keys.get(table) ?? []), item]);
  }
  const inKeys = new Set([...keys.values()].flat());
  const stored = await filledViews(session);
  const counters = await counterStatements(session);
  return {
    before: [bodies, ...items.filter((item) => !late.has(item)).map(partOf)],
    keys: [...keys].map(([, list]) => ({
      title: `keys of ${list[0]!.schema}.${list[0]!.name.split(".")[0]}`,
      text: list.map(({ text }) => text).join("\n"),
      settings: [],
    })),
    after: [
      bodies,
      ...items
        .filter((item) => late.has(item) && !inKeys.has(item))
        .flatMap((item) => {
          const refresh = item.kind === "materialized view" ? stored.get(item.keys[0] ?? "") : undefined;
          return refresh === undefined
            ? [partOf(item)]
            : [partOf(item), { title: `rows of ${item.name}`, text: refresh, settings: [] }];
        }),
      ...(counters.length === 0
        ? []
        : [{ title: "values of sequences", text: counters.join("\n"), settings: [] }]),
    ],
  };
}

/** Bodies may name tables and routines that come later. */
const bodies: SchemaPart = {
  title: "settings",
  text: "SET check_function_bodies = off;",
  settings: [],
};

function partOf({ kind, schema, name, text }: Item): SchemaPart {
  return { title: `${kind} ${schema === "" ? "" : `${schema}.`}${name}`, text, settings: [] };
}

async function sortedItems(session: Session) {
  const { items, relations, dependencies } = await readItems(session, true);
  const plainTables = new Set(
    relations.relations
      .filter(({ kind, isPartition }) => kind === "r" && !isPartition)
      .map(({ oid }) => `pg_class:${oid}`),
  );
  return { items, needs: neededItems(items, dependencies), plainTables };
}

/** Stored views that hold rows, by their key. */
async function filledViews(session: Session): Promise<ReadonlyMap<string, string>> {
  const found = await rows<{ oid: string; full: string }>(
    session,
    `SELECT c.oid::text AS oid, format('%I.%I', n.nspname, c.relname) AS "full"
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'm' AND c.relispopulated AND ${userSchema("n")}`,
  );
  return new Map(found.map(({ oid, full }) => [`pg_class:${oid}`, `REFRESH MATERIALIZED VIEW ${full};`]));
}

/** Sequences stand where they stood. They know no snapshots: a value that was taken since then is skipped. */
async function counterStatements(session: Session): Promise<string[]> {
  const found = await rows<{ full: string; text: string }>(
    session,
    `SELECT format('%I.%I', n.nspname, c.relname) AS "full", quote_literal(format('%I.%I', n.nspname, c.relname)) AS text
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${userSchema("n")}
       AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
     ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  );
  const statements: string[] = [];
  for (const { full, text } of found) {
    const [row] = await rows<{ last: string; called: boolean }>(
      session,
      `SELECT last_value::text AS last, is_called AS called FROM ${full}`,
    );
    if (row !== undefined)
      statements.push(`SELECT pg_catalog.setval(${text}, ${row.last}, ${String(row.called)});`);
  }
  return statements;
}
