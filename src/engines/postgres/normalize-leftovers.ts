import type { Leftover, PortableAction, TableName } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import type { Item, ItemKind } from "./dump-item.ts";
import { leftOutLines } from "./dump-left-out.ts";
import { rows } from "./inspect-catalog.ts";
import type { Relations } from "./inspect-relations.ts";
import type { Makings } from "./normalize-making.ts";

/** What a copy does not carry over by rule, each with the text that makes it here. */
export async function readLeftovers(
  session: Session,
  {
    items,
    relations,
    makings,
    actions,
  }: {
    readonly items: readonly Item[];
    readonly relations: Relations;
    readonly makings: Makings;
    readonly actions: ReadonlyMap<string, PortableAction>;
  },
): Promise<Leftover[]> {
  const owners = new Map(
    (await rows<{ key: string } & TableName>(session, ownerQuery)).map((row) => [row.key, row]),
  );
  const things = items.flatMap((item): Leftover[] => {
    if (!leftoverKinds.has(item.kind) || (item.kind === "type" && item.text.includes(" AS ENUM "))) return [];
    const key = item.keys[0] ?? "";
    const owner = owners.get(key);
    const table = owner === undefined ? null : { schema: owner.schema, name: owner.name };
    const making = copiedKinds.has(item.kind) ? (makings.get(key) ?? null) : null;
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
      },
    ];
  });
  const ofTables = relations.relations.flatMap((relation): Leftover[] => {
    const table = { schema: relation.schema, name: relation.name };
    const of = (kind: string, name: string, definition: string): Leftover => ({
      kind,
      schema: relation.schema,
      name,
      table,
      definition,
      making: null,
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
    ];
  });
  const counted = (await leftOutLines(session)).map((line): Leftover => {
    const kind = line.replace(/^-- Not in this text: \d+ /, "");
    return { kind, schema: "", name: "", table: null, definition: line, making: null };
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
  return [...things, ...ofTables, ...counted, ...objects];
}

function routineWord(text: string): string {
  return (
    /^CREATE (?:OR REPLACE )?(FUNCTION|PROCEDURE|AGGREGATE)\b/.exec(text)?.[1]?.toLowerCase() ?? "routine"
  );
}

const leftoverKinds: ReadonlySet<ItemKind> = new Set([
  "extension",
  "server",
  "type",
  "routine",
  "trigger",
  "rule",
  "policy",
  "statistics",
]);

/** What can be made again by itself: a policy means nothing where row security is not switched on. */
const copiedKinds: ReadonlySet<ItemKind> = new Set([
  "extension",
  "type",
  "routine",
  "trigger",
  "rule",
  "statistics",
]);

const ownerQuery = `
  SELECT o.key, n.nspname AS schema, c.relname AS name
  FROM (SELECT 'pg_trigger:' || oid AS key, tgrelid AS relation FROM pg_trigger
        UNION ALL SELECT 'pg_rewrite:' || oid, ev_class FROM pg_rewrite WHERE oid >= 16384
        UNION ALL SELECT 'pg_policy:' || oid, polrelid FROM pg_policy
        UNION ALL SELECT 'pg_statistic_ext:' || oid, stxrelid FROM pg_statistic_ext) AS o
    JOIN pg_class c ON c.oid = o.relation JOIN pg_namespace n ON n.oid = c.relnamespace`;
