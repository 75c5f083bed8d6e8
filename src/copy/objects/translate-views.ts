import type { PortableView, TableName } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import { dialects } from "../../sql/expression/dialect.ts";
import { parseQuery } from "../../sql/query/parse.ts";
import { printQuery } from "../../sql/query/print.ts";
import type { CopyProject } from "../project.ts";
import { type NamingSides, targetName } from "../target-names.ts";
import type { PlannedObject, Undone } from "./model.ts";
import { type KnownRelation, retargetQuery } from "./retarget-query.ts";

export interface ViewSurroundings {
  readonly project: CopyProject;
  readonly sides: NamingSides;
  /** The tables that are copied, by the source's folded keys. */
  readonly tables: ReadonlyMap<string, KnownRelation>;
  readonly fold: (name: string) => string;
}

export interface TranslatedViews {
  /** Each after those that it reads. */
  readonly planned: readonly PlannedObject[];
  readonly undone: readonly Undone[];
}

/** Says the views in the target's words, as far as that is certain to mean the same. */
export function translateViews(views: readonly PortableView[], around: ViewSurroundings): TranslatedViews {
  const byName = new Map(views.map((view) => [around.fold(tableKey(view)), view]));
  const planned = new Map<string, PlannedObject>();
  const undone: Undone[] = [];
  const begun = new Set<PortableView>();
  const visit = (view: PortableView): PlannedObject | null => {
    const key = around.fold(tableKey(view));
    if (begun.has(view)) return planned.get(key) ?? null;
    begun.add(view);
    const found = translateView(view, around, (name) => {
      const other = byName.get(around.fold(tableKey(inSource(name, around))));
      const made = other === undefined ? null : visit(other);
      return made === null || other === undefined ? null : relationOf(other, around);
    });
    if ("reason" in found) undone.push(found);
    else planned.set(key, found);
    return planned.get(key) ?? null;
  };
  for (const view of views) visit(view);
  return { planned: [...planned.values()], undone };
}

function translateView(
  view: PortableView,
  { project, sides, tables, fold }: ViewSurroundings,
  findView: (name: TableName) => KnownRelation | null,
): PlannedObject | Undone {
  const { source, target } = project;
  const object = { what: "view", name: tableKey(view), original: view.making.statements[0] ?? view.text };
  const parsed = parseQuery(view.text, source.engine.id);
  if ("unknown" in parsed) return untold(`its query holds what is not translated: ${parsed.unknown}`);
  const known = (name: TableName) => tables.get(fold(tableKey(inSource(name, { sides })))) ?? findView(name);
  const found = retargetQuery(parsed.query, {
    find: known,
    fold,
    hasBooleans: dialects[target.engine.id].booleans,
  });
  if ("missing" in found) return untold(`it reads ${found.missing}, which is not copied`);
  const text = printQuery(found.query, target.engine.id);
  if (text === null) return untold(`${target.engine.traits.title} cannot say its query`);
  const name = targetName(view, sides);
  const unfit = target.engine.traits.refusesName(name.name);
  if (unfit !== null) return untold(`its name ${unfit}`);
  const { create, drop } = target.engine.render.view({ ...view, ...name, text, materialized: false });
  const columns = view.columns.map((column, index) => ({ name: column, type: view.types[index]! }));
  return {
    ...object,
    draft: `${create.sql};`,
    schema: name.schema,
    relation: tableKey(name),
    needs: found.reads.map(tableKey),
    settings: [],
    statements: [create.sql],
    drop: drop.sql,
    compared: { source: { schema: view.schema, name: view.name }, target: name, columns },
    note: noteOf(view),
  };

  function untold(reason: string): Undone {
    const { create } = target.engine.render.view({
      ...view,
      ...targetName(view, sides),
      text: view.text,
      materialized: false,
    });
    return { ...object, draft: commented(`${create.sql};`), reason };
  }
}

function noteOf({ materialized, beside = [] }: PortableView): string | null {
  const notes = [
    ...(materialized ? ["as a plain view, whose rows are always those of now"] : []),
    ...(beside.length === 0 ? [] : [`without ${beside.join(" and ")}`]),
  ];
  return notes.length === 0 ? null : notes.join(", ");
}

/** A draft that is no statement yet, so that nothing runs it by mistake. */
function commented(text: string): string {
  return text
    .split("\n")
    .map((line) => `-- ${line}`.trimEnd())
    .join("\n");
}

/** A name as the source's query has it: "main" and the default schema are those of a name without one. */
function inSource(name: TableName, { sides }: Pick<ViewSurroundings, "sides">): TableName {
  const isDefault = name.schema === "" || (sides.sourceDefault === "" && name.schema === "main");
  return isDefault ? { schema: sides.sourceDefault, name: name.name } : name;
}

function relationOf(view: PortableView, { sides, fold }: ViewSurroundings): KnownRelation {
  return {
    name: targetName(view, sides),
    columns: new Map(view.columns.map((name) => [fold(name), { name, isBoolean: false }])),
  };
}
