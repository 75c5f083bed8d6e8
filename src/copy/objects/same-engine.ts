import type { Making, PortableSchema, TableName } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import { mentions } from "./mentions.ts";
import { objectName } from "./object-name.ts";
import type { ObjectsPlan, PlannedObject, Undone } from "./model.ts";

export interface SameEngineOptions {
  readonly schema: PortableSchema;
  /** The tables that are copied, and those that are not. */
  readonly copied: readonly TableName[];
  readonly left: readonly TableName[];
  /** Tables and views of the target, by their keys. */
  readonly there: ReadonlySet<string>;
  /** Of those that are copied and made in their engine's own words, by the table's key: as a whole, or their parts alone. */
  readonly madeBy: ReadonlyMap<string, "whole" | "parts">;
  /** All that the statements of the copied tables say. */
  readonly texts: readonly string[];
  /** Both servers are of one product: what a view gives needs no proof beside its text. */
  readonly isSameProduct: boolean;
}

/** Within one engine each object is made as the source's server prints it, in the order of its dump. */
export function sameEngineObjects(options: SameEngineOptions): ObjectsPlan {
  const { schema, copied, left, madeBy } = options;
  const isCopied = new Set(copied.map(tableKey));
  const undone: Undone[] = [];
  const found: Candidate[] = [
    ...schema.sequences.map((each) => candidate("sequence", each, each.making)),
    ...schema.views.map((view) =>
      Object.assign(candidate("view", view, view.making), {
        compared: options.isSameProduct
          ? null
          : {
              source: { schema: view.schema, name: view.name },
              target: { schema: view.schema, name: view.name },
              columns: view.columns.map((name, index) => ({ name, type: view.types[index]! })),
            },
      }),
    ),
  ];
  const isLeft = new Set(left.map(tableKey));
  for (const leftover of schema.leftovers) {
    const { kind, schema: place, name, table, definition, making, reason, own } = leftover;
    // Of tables that nobody asked for, nothing is told.
    if (table === null ? making === null && left.length > 0 : isLeft.has(tableKey(table))) continue;
    const made = table === null ? undefined : madeBy.get(tableKey(table));
    // What is made as a whole has its parts as well.
    const goesAlong = own === undefined || table === null || made === "whole" || made === own;
    if (own !== undefined && table !== null && goesAlong && making === null) continue;
    if (making !== null && goesAlong) found.push(candidate(kind, { schema: place, name }, making, leftover));
    else {
      undone.push({
        what: kind,
        name: objectName({ schema: place, name, table }),
        original: definition,
        draft: null,
        reason: reason ?? "a copy does not make it",
      });
    }
  }
  const rights = found.filter(({ about }) => about !== undefined);
  const things = found.filter(({ about }) => about === undefined);
  const { usable: wanted, unusable } = usableOf(
    left.length === 0 ? things : neededOf(things, options),
    options,
  );
  undone.push(...unusable);
  const isThere = new Set([...isCopied, ...wanted.map(({ name }) => tableKey(name))]);
  const ordered = together([
    ...wanted,
    ...rights.filter(({ about }) => about !== undefined && isThere.has(tableKey(about))),
  ]).toSorted((a, b) => a.making.place - b.making.place);
  const of = (isBefore: boolean) =>
    ordered.filter(({ making }) => making.beforeTables === isBefore).map(({ planned }) => planned());
  return { before: of(true), after: of(false), undone };
}

interface Candidate {
  readonly what: string;
  readonly name: TableName;
  readonly making: Making;
  /** The table or view to which it belongs. */
  readonly table: TableName | null;
  readonly about: TableName | undefined;
  compared: PlannedObject["compared"];
  readonly planned: () => PlannedObject;
}

function candidate(
  what: string,
  name: TableName,
  making: Making,
  { table = null, about }: { readonly table?: TableName | null; readonly about?: TableName | undefined } = {},
): Candidate {
  const original = making.statements.join("\n");
  const own: Candidate = {
    what,
    name: { schema: name.schema, name: name.name },
    making,
    table,
    about,
    compared: null,
    planned: () => ({
      what,
      name: objectName({ ...name, table }),
      original,
      draft: null,
      schema: name.schema,
      relation: table === null && about === undefined ? tableKey(name) : null,
      needs: (making.needs ?? []).map(tableKey),
      settings: [...making.settings, ...(making.own ?? [])],
      statements: making.statements,
      drop: making.drop,
      compared: own.compared,
      note: making.note ?? null,
    }),
  };
  return own;
}

/** Several of one kind and name are one: what a role may do, here and there. */
function together(candidates: readonly Candidate[]): Candidate[] {
  const groups = Map.groupBy(candidates, ({ what, name, about }, n) =>
    about === undefined ? n : `${what} ${tableKey(name)}`,
  );
  return [...groups.values()].map(([first, ...others]) =>
    others.length === 0
      ? first!
      : candidate(
          first!.what,
          first!.name,
          {
            ...first!.making,
            statements: [first!, ...others].flatMap(({ making }) => making.statements),
          },
          first,
        ),
  );
}

/** Without what would fail when it is used, because it needs something that the target will not have. */
function usableOf(
  candidates: readonly Candidate[],
  { copied, there }: SameEngineOptions,
): { readonly usable: readonly Candidate[]; readonly unusable: readonly Undone[] } {
  const usable = new Set(candidates);
  const unusable: Undone[] = [];
  for (let before = -1; before !== usable.size;) {
    before = usable.size;
    const relations = [...usable].flatMap(({ table, name }) => (table === null ? [tableKey(name)] : []));
    const has = new Set([...copied.map(tableKey), ...there, ...relations]);
    for (const one of usable) {
      const missing = one.making.needs?.find((need) => !has.has(tableKey(need)));
      if (missing === undefined) continue;
      usable.delete(one);
      const { what, name, original, draft } = one.planned();
      const reason = `it needs ${objectName({ ...missing, table: null })}, which is not copied`;
      unusable.push({ what, name, original, draft, reason });
    }
  }
  return { usable: [...usable], unusable };
}

/**
 * Where only some tables are copied: their triggers, the views that read nothing else, extensions, and whatever one of
 * these, or of the tables, names.
 */
function neededOf(
  candidates: readonly Candidate[],
  { schema, copied, left, texts }: SameEngineOptions,
): Candidate[] {
  const text = (one: Candidate) => one.making.statements.join("\n");
  const isView = new Set(schema.views.map(tableKey));
  const wanted = new Set(
    candidates.filter((one) => {
      if (one.what === "extension") return true;
      if (one.table !== null) return !isView.has(tableKey(one.table));
      if (one.what !== "view") return false;
      return (
        copied.some(({ name }) => mentions(text(one), name)) &&
        !left.some(({ name }) => mentions(text(one), name))
      );
    }),
  );
  for (let more = true; more;) {
    const said = [...texts, ...[...wanted].map(text)];
    const names = new Set([...wanted].map(({ name }) => tableKey(name)));
    const found = candidates.filter((one) => {
      if (wanted.has(one)) return false;
      if (one.table !== null) return names.has(tableKey(one.table));
      // A view that reads more than what is copied cannot be made.
      if (one.what === "view" && left.some(({ name }) => mentions(text(one), name))) return false;
      return said.some((other) => mentions(other, one.name.name.replace(/\(.*$/s, "")));
    });
    for (const one of found) wanted.add(one);
    more = found.length > 0;
  }
  return candidates.filter((one) => wanted.has(one));
}
