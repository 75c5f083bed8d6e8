import type { Leftover, OwnMaking, PortableSchema, PortableTable } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import type { CopyProject } from "../project.ts";
import type { SurveyedTable } from "../survey.ts";
import { type NamingSides, targetName } from "../target-names.ts";
import type { ObjectsPlan, PlannedObject, Undone } from "./model.ts";
import { assignmentsOf } from "./new-row.ts";
import { bareName, objectName } from "./object-name.ts";
import { sameEngineObjects } from "./same-engine.ts";
import { foldName } from "../fold-name.ts";
import { translateViews } from "./translate-views.ts";

export interface ObjectsOptions {
  readonly project: CopyProject;
  readonly schema: PortableSchema;
  readonly tables: readonly SurveyedTable[];
  readonly sides: NamingSides;
  readonly isSameProduct: boolean;
  /** What the target has already; null where nothing is made. */
  readonly there: PortableSchema;
}

/** What becomes of the source's views, triggers, routines and the like. */
export function planObjects(options: ObjectsOptions): ObjectsPlan {
  const { project, there } = options;
  const isPlain = options.tables.every(({ source, target }) => tableKey(source) === tableKey(target));
  const isSameEngine = project.source.engine.id === project.target.engine.id;
  const plan =
    isSameEngine && isPlain && project.rules === undefined ? withinEngine(options) : betweenEngines(options);
  return withoutTaken(plan, there, options);
}

function withinEngine({ schema, tables, isSameProduct, there }: ObjectsOptions): ObjectsPlan {
  const copied = new Set(tables.map(({ source }) => source));
  return sameEngineObjects({
    schema,
    copied: [...copied],
    left: schema.tables.filter((table) => !copied.has(table)),
    madeBy: new Map(
      tables.flatMap(({ source, target: { own } }) => {
        if (own === undefined) return [];
        const isWhole = own.whole !== undefined || own.statement !== undefined;
        return [[tableKey(source), isWhole ? ("whole" as const) : ("parts" as const)]];
      }),
    ),
    texts: tables.flatMap(({ source, target }) => textsOf(source, target.own?.whole)),
    there: new Set(
      [...there.tables, ...there.views, ...there.leftovers.filter(({ table }) => table === null)].map(
        tableKey,
      ),
    ),
    isSameProduct,
  });
}

/** In which a table names what it needs. */
function textsOf({ columns, checks, indexes }: PortableTable, whole: OwnMaking | undefined): string[] {
  return [
    ...columns.flatMap((column) => [
      column.declared,
      column.default?.text ?? "",
      column.generated?.text ?? "",
    ]),
    ...checks.map(({ text }) => text),
    ...indexes.map(({ definition }) => definition),
    ...[whole?.create, whole?.constraints].flatMap((list) => (list ?? []).map(({ sql }) => sql)),
  ];
}

function betweenEngines(options: ObjectsOptions): ObjectsPlan {
  const { project, schema, tables, sides } = options;
  const { source } = project;
  const fold = (name: string) => foldName(source.engine.traits, name);
  const relations = new Map(
    tables.map(({ source: table, columns, target }) => [
      fold(tableKey(table)),
      {
        name: { schema: target.schema, name: target.name },
        columns: new Map(
          columns.map(({ column, decision }, index) => [
            fold(column.name),
            {
              name: target.columns[index]!.name,
              isBoolean: decision.type.kind === "boolean",
              isDigits: /^text$/i.test(decision.sql) && /^(decimal|integer)$/.test(decision.type.kind),
            },
          ]),
        ),
      },
    ]),
  );
  const views = translateViews(schema.views, { project, sides, tables: relations, fold });
  const isCopied = new Set(tables.map(({ source: table }) => tableKey(table)));
  const isPartial = tables.length < schema.tables.length;
  return {
    before: [],
    after: views.planned,
    undone: [
      // Of what nobody asked for, nothing is told.
      ...views.undone.filter(({ reason }) => !isPartial || !reason.startsWith("it reads ")),
      ...(isPartial
        ? []
        : schema.sequences.map((each) =>
            undoneOf(options, {
              ...each,
              kind: "sequence",
              table: null,
              definition: each.making.statements.join("\n"),
            }),
          )),
      ...schema.leftovers
        .filter(({ table, own }) =>
          table === null ? !isPartial && own === undefined : isCopied.has(tableKey(table)),
        )
        .map((leftover) => undoneOf(options, leftover)),
    ],
  };
}

function undoneOf({ project, tables, sides }: ObjectsOptions, leftover: Leftover): Undone {
  const [source, target] = [project.source.engine, project.target.engine];
  const { action, table } = leftover;
  const owner = tables.find((each) => table !== null && tableKey(each.source) === tableKey(table))?.target;
  const isBody = / RETURNS (event_)?trigger\b/.test(leftover.definition);
  const draft =
    action === undefined || isBody
      ? null
      : target.render.draft({
          name: targetName({ schema: leftover.schema, name: bareName(leftover) }, sides),
          table: owner === undefined ? null : { schema: owner.schema, name: owner.name },
          action,
          assignments: action.kind === "trigger" ? assignmentsOf(action.body, source.id, target.id) : null,
        });
  return {
    what: leftover.kind,
    name: objectName(leftover),
    original: leftover.definition,
    draft,
    reason:
      source.id === target.id
        ? "names change on the way, and its text is not translated"
        : `its text is ${source.traits.title}'s own, and is not translated`,
  };
}

const rights: ReadonlySet<string> = new Set(["grants", "owner"]);

/** What the target has by that name stays as it is. */
function withoutTaken(plan: ObjectsPlan, there: PortableSchema, { project }: ObjectsOptions): ObjectsPlan {
  const { traits } = project.target.engine;
  const fold = (text: string) => foldName(traits, text);
  const taken = new Set(
    [
      ...there.tables.map((each) => `view ${tableKey(each)}`),
      ...there.views.map((each) => `view ${tableKey(each)}`),
      ...there.sequences.map((each) => `sequence ${tableKey(each)}`),
      ...there.leftovers.map((each) => `${each.kind} ${objectName(each)}`),
    ].map(fold),
  );
  const nameThere = ({ what, name, compared }: PlannedObject) =>
    fold(`${what} ${compared === null ? name : tableKey(compared.target)}`);
  const same = new Set(
    there.leftovers.map((each) => fold(`${each.kind} ${objectName(each)} ${each.definition}`)),
  );
  const undone: Undone[] = [];
  const kept = (list: readonly PlannedObject[]) =>
    list.filter((object) => {
      const { what, name, original, draft } = object;
      // Of rights there may be more than one; who has some gets the others too.
      if (!taken.has(nameThere(object)) || rights.has(what)) return true;
      // One extension or schema is as good as the other; of `public` only the comment is told.
      const isAlike =
        what === "extension" ||
        (what === "schema" && name !== "public") ||
        same.has(fold(`${what} ${name} ${original}`));
      const reason = "the target has one of this name, which stays as it is";
      if (!isAlike) undone.push({ what, name, original, draft, reason });
      return false;
    });
  const [before, after] = [kept(plan.before), kept(plan.after)];
  return { before, after, undone: [...plan.undone, ...undone] };
}
