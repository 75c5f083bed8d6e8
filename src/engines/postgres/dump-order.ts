import type { Session } from "../engine.ts";
import { itemKinds, type Item } from "./dump-item.ts";
import { rows } from "./inspect-catalog.ts";

/** "The object needs the other one", both as `catalogue:oid`. */
export interface Dependency {
  readonly object: string;
  readonly on: string;
  /** pg_depend.deptype: n normal, a automatic, i internal, e extension, P and S partition. */
  readonly type: string;
}

/** The dependencies among objects that users and extensions made. */
export function readDependencies(session: Session): Promise<Dependency[]> {
  // Objects that initdb made have numbers below 16384 (FirstNormalObjectId) and need no place in the order.
  return rows<Dependency>(
    session,
    `SELECT DISTINCT format('%s:%s', classid::regclass, objid) AS object,
       format('%s:%s', refclassid::regclass, refobjid) AS "on", deptype::text AS type
     FROM pg_depend WHERE objid >= 16384 AND refobjid >= 16384
       AND NOT (classid = refclassid AND objid = refobjid)`,
  );
}

/**
 * Puts items so that each comes after what it needs, and otherwise by kind and name, which makes the order
 * independent of OIDs. Items in a circle are split where they can be; a circle that stays is cut at its first item.
 */
export function inOrder(items: readonly Item[], dependencies: readonly Dependency[]): Item[] {
  let current = items;
  for (;;) {
    const { sorted, stuck } = sort(current, dependencies);
    const divisible = new Set(stuck.filter((item) => item.split !== undefined));
    if (divisible.size === 0) return sorted;
    current = current.flatMap((item) => (divisible.has(item) && item.split ? item.split() : [item]));
  }
}

function sort(
  items: readonly Item[],
  dependencies: readonly Dependency[],
): { readonly sorted: Item[]; readonly stuck: readonly Item[] } {
  const needs = needsOf(items, dependencies);
  const neededBy = new Map<Item, Item[]>(items.map((item) => [item, []]));
  for (const [item, needed] of needs) for (const other of needed) neededBy.get(other)?.push(item);

  const missing = new Map([...needs].map(([item, needed]) => [item, needed.size]));
  const waiting = items.toSorted(byKindAndName);
  const sorted: Item[] = [];
  const stuck: Item[] = [];
  while (waiting.length > 0) {
    let place = waiting.findIndex((item) => missing.get(item) === 0);
    if (place === -1) {
      const around = circle(waiting, needs);
      stuck.push(...around);
      place = Math.max(
        0,
        waiting.findIndex((item) => around.includes(item)),
      );
    }
    const [item] = waiting.splice(place, 1);
    if (item === undefined) break;
    sorted.push(item);
    for (const other of neededBy.get(item) ?? []) missing.set(other, (missing.get(other) ?? 1) - 1);
  }
  return { sorted, stuck };
}

/** Walks from the first waiting item to something that it needs until it comes by the same item again. */
function circle(waiting: readonly Item[], needs: ReadonlyMap<Item, ReadonlySet<Item>>): readonly Item[] {
  const left = new Set(waiting);
  const path: Item[] = [];
  let item = waiting[0];
  while (item !== undefined && !path.includes(item)) {
    path.push(item);
    item = [...(needs.get(item) ?? [])].filter((other) => left.has(other)).toSorted(byKindAndName)[0];
  }
  return item === undefined ? path : path.slice(path.indexOf(item));
}

/** What each item needs, of those given. */
export function neededItems(
  items: readonly Item[],
  dependencies: readonly Dependency[],
): ReadonlyMap<Item, ReadonlySet<Item>> {
  return needsOf(items, dependencies);
}

function needsOf(items: readonly Item[], dependencies: readonly Dependency[]): Map<Item, Set<Item>> {
  const owners = new Map<string, Item>();
  for (const item of items) for (const key of item.keys) owners.set(key, item);
  // A row type belongs to its table, an index to its constraint, a function to its extension.
  const parts = new Map<string, string>();
  for (const { object, on, type } of dependencies) {
    if ((type === "i" || type === "e") && !owners.has(object)) parts.set(object, on);
  }
  const ownerOf = (key: string): Item | undefined => {
    let at: string | undefined = key;
    for (let depth = 0; at !== undefined && depth < 10; depth++) {
      const owner = owners.get(at);
      if (owner !== undefined) return owner;
      at = parts.get(at);
    }
    return undefined;
  };

  const needs = new Map<Item, Set<Item>>(items.map((item) => [item, new Set()]));
  const add = (item: Item | undefined, other: Item | undefined): void => {
    if (item !== undefined && other !== undefined && item !== other) needs.get(item)?.add(other);
  };
  for (const { object, on, type } of dependencies) {
    const item = ownerOf(object);
    // A sequence's automatic dependency is OWNED BY, which is an item of its own, after the table.
    if (item?.kind === "sequence" && type === "a") continue;
    add(item, ownerOf(on));
  }
  for (const item of items) for (const key of item.after ?? []) add(item, ownerOf(key));
  return needs;
}

function byKindAndName(a: Item, b: Item): number {
  return (
    itemKinds.indexOf(a.kind) - itemKinds.indexOf(b.kind) ||
    compare(a.schema, b.schema) ||
    compare(a.name, b.name)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
