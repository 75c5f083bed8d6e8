import type { Leftover, PortableAction, TableName } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import type { Item, ItemKind } from "./dump-item.ts";
import type { SequenceRow } from "./dump-sequences.ts";
import { readLeftOut } from "./dump-left-out.ts";
import { rows } from "./inspect-catalog.ts";
import { partitionRoots, type Relations } from "./inspect-relations.ts";
import type { Makings } from "./normalize-making.ts";
import { optionsOf, settingsOf } from "./normalize-settings.ts";
import { readRights } from "./normalize-rights.ts";

/** What a copy does not carry over by rule, each with the text that makes it here. */
export async function readLeftovers(
  session: Session,
  {
    items,
    relations,
    makings,
    sequences,
    late,
    actions,
  }: {
    readonly items: readonly Item[];
    readonly relations: Relations;
    readonly makings: Makings;
    readonly sequences: readonly SequenceRow[];
    /** Parts of tables that come when all tables are there. */
    readonly late: ReadonlyMap<Item, TableName>;
    readonly actions: ReadonlyMap<string, PortableAction>;
  },
): Promise<Leftover[]> {
  const owners = new Map(
    (await rows<{ key: string } & TableName>(session, ownerQuery)).map((row) => [row.key, row]),
  );
  const things = items.flatMap((item): Leftover[] => {
    if (!leftoverKinds.has(item.kind) && !late.has(item)) return [];
    const key = item.keys[0] ?? "";
    const owner = late.get(item) ?? owners.get(key);
    const table = owner === undefined ? null : { schema: owner.schema, name: owner.name };
    const making = copiedKinds.has(item.kind) || late.has(item) ? (makings.get(key) ?? null) : null;
    // Another engine gets the labels of an enum and the checks of a domain with each column.
    const isOwn =
      late.has(item) ||
      item.kind === "policy" ||
      item.kind === "schema" ||
      item.kind === "domain" ||
      (item.kind === "type" && item.text.includes(" AS ENUM "));
    const action = actions.get(key);
    return [
      {
        kind: item.kind === "routine" ? routineWord(item.text) : item.kind,
        schema: item.schema,
        name: item.name,
        table,
        definition: item.text,
        making,
        action,
        ...(isOwn ? { own: "whole" } : {}),
      },
    ];
  });
  const rootOf = partitionRoots(relations.relations);
  const ofTables = relations.relations.flatMap((relation): Leftover[] => {
    const root = rootOf(relation.oid) ?? relation;
    const table = { schema: root.schema, name: root.name };
    const of = (kind: string, name: string, definition: string): Leftover => ({
      kind,
      schema: relation.schema,
      name,
      table: kind === "foreign table" ? null : table,
      definition,
      making: null,
      ...(kind === "foreign table" ? {} : { own: kind === "options" ? "parts" : "whole" }),
    });
    const constraints = (relations.constraints.get(relation.oid) ?? []).flatMap((one) =>
      one.kind === "x" || (one.kind === "u" && one.definition.includes("NULLS NOT DISTINCT"))
        ? [of(one.kind === "x" ? "exclusion constraint" : "nulls not distinct", one.name, one.definition)]
        : [],
    );
    const parents = (relation.parents ?? []).map((parent) => parent.full).join(", ");
    return [
      ...constraints,
      ...(parents === "" || relation.isPartition
        ? []
        : [of("inheritance", relation.name, `INHERITS (${parents})`)]),
      ...(relation.isPartition && relation.kind === "p"
        ? [of("sub-partitioning", relation.name, `PARTITION BY ${relation.partitionKey ?? ""}`)]
        : []),
      ...(relation.kind === "f"
        ? [of("foreign table", relation.name, `SERVER ${relation.server ?? ""}`)]
        : []),
      ...settingsOf(relation, relations, sequences).map((what) => of("settings", what, what)),
      ...optionsOf(relation, relations).map((what) => of("options", what, what)),
      ...(relation.rowSecurity
        ? [of("row level security", relation.name, `ALTER TABLE ${relation.full} ENABLE ROW LEVEL SECURITY`)]
        : []),
    ];
  });
  const leftOut = (await readLeftOut(session)).map(({ kind, schema, name }): Leftover => {
    const definition = `${kind} ${schema === "" ? "" : `${schema}.`}${name}`;
    return { kind, schema, name, table: null, definition, making: null };
  });
  const [large] = await rows<{ n: string }>(
    session,
    "SELECT count(*)::text AS n FROM pg_largeobject_metadata",
  );
  const objects: Leftover[] =
    large === undefined || large.n === "0"
      ? []
      : [
          {
            kind: "large objects",
            schema: "",
            name: "",
            table: null,
            definition: `${large.n} large objects`,
            making: null,
          },
        ];
  return [...things, ...ofTables, ...leftOut, ...objects, ...(await readRights(session))];
}

function routineWord(text: string): string {
  return (
    /^CREATE (?:OR REPLACE )?(FUNCTION|PROCEDURE|AGGREGATE)\b/.exec(text)?.[1]?.toLowerCase() ?? "routine"
  );
}

const leftoverKinds: ReadonlySet<ItemKind> = new Set([
  "schema",
  "extension",
  "server",
  "collation",
  "text search dictionary",
  "text search configuration",
  "type",
  "domain",
  "routine",
  "trigger",
  "rule",
  "policy",
  "statistics",
]);

/** What can be made again by itself; a policy where its table is made with its row security. */
const copiedKinds: ReadonlySet<ItemKind> = new Set([
  "schema",
  "extension",
  "collation",
  "text search dictionary",
  "text search configuration",
  "type",
  "domain",
  "routine",
  "trigger",
  "rule",
  "policy",
  "statistics",
]);

const ownerQuery = `
  SELECT o.key, n.nspname AS schema, c.relname AS name
  FROM (SELECT 'pg_trigger:' || oid AS key, tgrelid AS relation FROM pg_trigger
        UNION ALL SELECT 'pg_rewrite:' || oid, ev_class FROM pg_rewrite WHERE oid >= 16384
        UNION ALL SELECT 'pg_policy:' || oid, polrelid FROM pg_policy
        UNION ALL SELECT 'pg_statistic_ext:' || oid, stxrelid FROM pg_statistic_ext) AS o
    JOIN pg_class c ON c.oid = coalesce(pg_partition_root(o.relation)::oid, o.relation) JOIN pg_namespace n ON n.oid = c.relnamespace`;
