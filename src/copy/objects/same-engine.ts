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
  /** Both servers are of one product: what a view gives needs no proof beside its text. */
  readonly isSameProduct: boolean;
}

/** Within one engine each object is made as the source's server prints it, in the order of its dump. */
export function sameEngineObjects(options: SameEngineOptions): ObjectsPlan {
  const { schema, copied, left } = options;
  const isCopied = new Set(copied.map(tableKey));
  const undone: Undone[] = [];
  const found: Candidate[] = [
    ...schema.sequences.map((each) => candidate("sequence", each, each.making, null)),
    ...schema.views.map((view) =>
      Object.assign(candidate("view", view, view.making, null), {
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
  for (const { kind, schema: place, name, table, definition, making } of schema.leftovers) {
    // Of tables that nobody asked for, nothing is told.
    if (table !== null && !isCopied.has(tableKey(table))) continue;
    if (making !== null) found.push(candidate(kind, { schema: place, name }, making, table));
    else {
      undone.push({
        what: kind,
        name: objectName({ schema: place, name, table }),
        original: definition,
        draft: null,
        reason: "a copy does not make it",
      });
    }
  }
  const wanted = left.length === 0 ? found : neededOf(found, copied, left);
  const ordered = wanted.toSorted((a, b) => a.making.place - b.making.place);
  const of = (isBefore: boolean) =>
    ordered.filter(({ making }) => making.beforeTables === isBefore).map(({ planned }) => planned());
  return { before: of(true), after: of(false), undone };
}

interface Candidate {
  readonly what: string;
  readonly name: TableName;
  readonly making: Making;
  /** The table to which it belongs. */
  readonly table: TableName | null;
  compared: PlannedObject["compared"];
  readonly planned: () => PlannedObject;
}

function candidate(what: string, name: TableName, making: Making, table: TableName | null): Candidate {
  const original = making.statements.join("\n");
  const own: Candidate = {
    what,
    name: { schema: name.schema, name: name.name },
    making,
    table,
    compared: null,
    planned: () => ({
      what,
      name: objectName({ ...name, table }),
      original,
      draft: null,
      schema: name.schema,
      needs: [],
      settings: making.settings,
      statements: making.statements,
      drop: making.drop,
      compared: own.compared,
      note:
        /\bDISABLE\b/.test(original) && what === "event"
          ? "switched off, so that its work is not done twice"
          : null,
    }),
  };
  return own;
}

/**
 * Where only some tables are copied: their triggers, the views that read nothing else, extensions, and whatever one of
 * these names.
 */
function neededOf(
  candidates: readonly Candidate[],
  copied: readonly TableName[],
  left: readonly TableName[],
): Candidate[] {
  const text = (one: Candidate) => one.making.statements.join("\n");
  const wanted = new Set(
    candidates.filter((one) => {
      if (one.what === "extension" || one.table !== null) return true;
      if (one.what !== "view") return false;
      return (
        copied.some(({ name }) => mentions(text(one), name)) &&
        !left.some(({ name }) => mentions(text(one), name))
      );
    }),
  );
  for (let more = true; more;) {
    const found = candidates.filter(
      (one) =>
        !wanted.has(one) &&
        [...wanted].some((other) => mentions(text(other), one.name.name.replace(/\(.*$/s, ""))),
    );
    for (const one of found) wanted.add(one);
    more = found.length > 0;
  }
  return candidates.filter((one) => wanted.has(one));
}
