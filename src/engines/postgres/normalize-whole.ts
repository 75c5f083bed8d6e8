import type { OwnMaking, OwnStatement, TableName } from "../../core/portable.ts";
import { postgresLexicon } from "../../sql/lexicon.ts";
import { splitStatements } from "../../sql/split.ts";
import type { Item, ItemKind } from "./dump-item.ts";
import { type Dependency, inOrder, neededItems } from "./dump-order.ts";
import type { SequenceRow } from "./dump-sequences.ts";
import { usesInherits } from "./dump-tables.ts";
import {
  type ConstraintRow,
  type IndexRow,
  partitionRoots,
  type RelationRow,
  type Relations,
} from "./inspect-relations.ts";
import { setValue } from "./normalize-sequences.ts";

export interface WholeSources {
  readonly relations: Relations;
  readonly sequences: readonly SequenceRow[];
  /** By the sequence's oid, the value that it gives next. */
  readonly next: ReadonlyMap<string, string>;
}

export interface WholeTables {
  /** By the oid of a table that is no partition: its statements, with those of its partitions. */
  readonly makings: ReadonlyMap<string, OwnMaking>;
  /** Parts of these tables that need what is made only when the tables are there, each with its table. */
  readonly late: ReadonlyMap<Item, TableName>;
}

/** What belongs to a table and is made by items of its own. */
const partKinds: ReadonlySet<ItemKind> = new Set([
  "sequence",
  "table",
  "default",
  "attach",
  "sequence owner",
  "constraint",
  "index",
  "index attach",
  "table setting",
  "foreign key",
]);

/**
 * Tables that need a routine which needs a table are taken apart, so that the one can be made after the other: the
 * default or the check comes when all tables and routines are there.
 */
export function takenApart(items: readonly Item[], dependencies: readonly Dependency[]): readonly Item[] {
  const late = lateItems(items, dependencies);
  const open = items.filter((item) => item.kind === "table" && late.has(item) && item.split !== undefined);
  if (open.length === 0) return items;
  return inOrder(
    items.flatMap((item) => (open.includes(item) ? item.split!() : [item])),
    dependencies,
  );
}

/** Of the parts of tables those that need what stands after the first table and is none of their parts. */
function lateItems(items: readonly Item[], dependencies: readonly Dependency[]): ReadonlySet<Item> {
  const needs = neededItems(items, dependencies);
  const first = items.findIndex(({ kind }) => kind === "table");
  const late = new Set<Item>();
  for (const [place, item] of items.entries()) {
    const isPart = partKinds.has(item.kind) && (item.kind !== "sequence" || place > first);
    const needed = [...(needs.get(item) ?? [])].some((other) => late.has(other));
    if (isPart ? needed : first !== -1 && place > first) late.add(item);
  }
  return late;
}

/** The statements of each table, as the dump has them; none for one that holds what cannot be made. */
export function wholeTables(
  items: readonly Item[],
  dependencies: readonly Dependency[],
  sources: WholeSources,
): WholeTables {
  const { relations } = sources.relations;
  const rootOf = partitionRoots(relations);
  const owners = new Map(
    sources.sequences.flatMap(({ oid, owner }) => (owner === null ? [] : [[oid, owner.relation]])),
  );
  const rootOfItem = (item: Item): RelationRow | undefined => {
    const oid = (item.partOf ?? item.keys[0] ?? "").replace(/^pg_class:/, "");
    return rootOf(owners.get(oid) ?? oid);
  };
  const isForeign = new Set(relations.filter(({ kind }) => kind === "f").map(({ oid }) => rootOf(oid)?.oid));
  const lateParts = lateItems(items, dependencies);
  const roots = new Map<string, { root: RelationRow; making: Phases }>();
  for (const root of relations)
    if ((root.kind === "r" || root.kind === "p") && !root.isPartition && !isForeign.has(root.oid))
      roots.set(root.oid, { root, making: { create: [], keys: [], constraints: [], finish: [] } });
  const late = new Map<Item, RelationRow>();
  const byKey = keyed(sources.relations);
  const byName = new Map(relations.map((relation) => [relation.full, relation.oid]));
  for (const [place, item] of items.entries()) {
    const found = partKinds.has(item.kind) ? roots.get(rootOfItem(item)?.oid ?? "") : undefined;
    if (found === undefined) continue;
    if (!lateParts.has(item)) {
      addItem(found.making, item, {
        place,
        byKey,
        rootOf: (key) => nameOf(rootOf(byName.get(key) ?? key.replace(/^pg_class:/, ""))),
      });
    } else if (item.kind === "table") roots.delete(found.root.oid);
    else late.set(item, found.root);
  }
  for (const sequence of sources.sequences) {
    const { oid, owner } = sequence;
    const found = owner === null ? undefined : roots.get(rootOf(owner.relation)?.oid ?? "");
    const next = sources.next.get(oid);
    // Those of the table's own columns get a value by the rows as well.
    if (found !== undefined && next !== undefined)
      found.making.finish.push({
        sql: setValue(sequence, next),
        title: `next value of ${sequence.name}`,
        place: -1,
      });
  }
  return {
    makings: new Map(
      [...roots].map(([oid, { root, making }]) => [
        oid,
        {
          of: nameOf(root)!,
          needs: parentsOf(root, sources.relations, (parent) => nameOf(rootOf(parent))),
          ...making,
        },
      ]),
    ),
    late: new Map([...late].flatMap(([item, root]) => (roots.has(root.oid) ? [[item, nameOf(root)!]] : []))),
  };
}

type Phases = { [Phase in "create" | "keys" | "constraints" | "finish"]: OwnStatement[] };

function nameOf(relation: RelationRow | undefined): TableName | undefined {
  return relation && { schema: relation.schema, name: relation.name };
}

/** The tables whose columns it has without saying so. */
function parentsOf(
  table: RelationRow,
  relations: Relations,
  named: (oid: string) => TableName | undefined,
): TableName[] {
  if (!usesInherits(table, relations.columns.get(table.oid) ?? [])) return [];
  return (table.parents ?? []).flatMap(({ oid }) => named(oid) ?? []);
}

interface Known {
  readonly relation: RelationRow;
  readonly constraint: ConstraintRow | undefined;
  readonly index: IndexRow | undefined;
}

/** Constraints and indexes by the key under which their items stand. */
function keyed({ relations, constraints, indexes }: Relations): ReadonlyMap<string, Known> {
  return new Map(
    relations.flatMap((relation) => [
      ...(indexes.get(relation.oid) ?? []).map((index): [string, Known] => [
        `pg_class:${index.oid}`,
        { relation, constraint: undefined, index },
      ]),
      ...(constraints.get(relation.oid) ?? []).map((constraint): [string, Known] => [
        `pg_constraint:${constraint.oid}`,
        {
          relation,
          constraint,
          index: indexes.get(relation.oid)?.find(({ oid }) => oid === constraint.index),
        },
      ]),
    ]),
  );
}

function addItem(
  phases: Phases,
  item: Item,
  {
    place,
    byKey,
    rootOf,
  }: {
    readonly place: number;
    readonly byKey: ReadonlyMap<string, Known>;
    /** Of a relation by its key, or by its name in full. */
    readonly rootOf: (relation: string) => TableName | undefined;
  },
): void {
  const title = titleOf(item);
  const said = (sql: string, needs?: TableName): OwnStatement => ({
    sql,
    title,
    place,
    ...(needs === undefined ? {} : { needs }),
  });
  const [first = "", ...others] = splitStatements(item.text, postgresLexicon, title).map(({ text }) => text);
  const all = [first, ...others];
  const known = byKey.get(item.keys[0] ?? "");
  switch (item.kind) {
    case "attach": {
      const [, parent = ""] = item.after ?? [];
      phases.create.push(...all.map((sql) => said(sql, rootOf(parent))));
      return;
    }
    case "index":
      if (known?.relation.kind === "r") {
        phases.keys.push(said(first));
        phases.constraints.push(...others.map((sql) => said(sql)));
      } else phases.constraints.push(...all.map((sql) => said(sql)));
      return;
    case "constraint": {
      const using = known === undefined ? null : usingIndex(known);
      if (using === null) phases.constraints.push(...all.map((sql) => said(sql)));
      else {
        phases.keys.push(said(using.index));
        const comments = others.filter((sql) => sql.startsWith("COMMENT "));
        phases.constraints.push(...[using.constraint, ...comments].map((sql) => said(sql)));
      }
      return;
    }
    case "foreign key": {
      const needs = rootOf(known?.constraint?.refFull ?? "");
      phases.constraints.push(...all.map((sql) => said(sql, needs)));
      return;
    }
    case "index attach":
      phases.constraints.push(...all.map((sql) => said(sql)));
      return;
    case "table setting":
      phases.finish.push(...all.map((sql) => said(sql)));
      return;
    default:
      phases.create.push(...all.map((sql) => said(sql)));
  }
}

/** A key as an index, which is built beside others, and as the constraint that takes it over at no cost. */
function usingIndex({ relation, constraint, index }: Known): { index: string; constraint: string } | null {
  if (index === undefined || relation.kind !== "r" || constraint === undefined) return null;
  const kind = /^(PRIMARY KEY|UNIQUE) /.exec(constraint.definition)?.[1];
  // Not so one of periods, whose index is of another kind.
  if (kind === undefined || / USING (?!btree )/.test(index.definition)) return null;
  const when = / DEFERRABLE(?: INITIALLY DEFERRED)?$/.exec(constraint.definition)?.[0] ?? "";
  return {
    index: index.definition,
    constraint: `ALTER TABLE ONLY ${relation.full} ADD CONSTRAINT ${constraint.quoted} ${kind} USING INDEX ${constraint.quoted}${when}`,
  };
}

function titleOf({ kind, name }: Item): string {
  switch (kind) {
    case "attach":
      return `place of ${name.split(" ")[0]}`;
    case "sequence owner":
      return `owner of sequence ${name}`;
    case "table setting":
      return `settings of ${name}`;
    case "index attach":
      return `place of index ${name}`;
    case "foreign key":
      return `constraint ${name}`;
    default:
      return `${kind} ${name}`;
  }
}
