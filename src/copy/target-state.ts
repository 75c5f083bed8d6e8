import { GodwitError } from "../core/error.ts";
import type { Reference } from "../core/plan.ts";
import type { PortableSchema, PortableTable } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { DdlStatement } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import { ownRows } from "../engines/qualified-table.ts";
import type { Made } from "./given-up.ts";
import { type CopyChoice, type CopyMode, type CopyProject, makesDatabase, makesTables } from "./project.ts";
import { lostParts, refuseLeftovers, refuseObstacles } from "./refresh.ts";
import { referencesOf } from "./references-of.ts";
import { foldName } from "./fold-name.ts";
import { mentions } from "./objects/mentions.ts";
import { objectName } from "./objects/object-name.ts";
import { refuseHidden } from "./refuse-hidden.ts";
import type { Survey } from "./survey.ts";

/** What the target has in the places of the tables that are copied, before anything is made. */
export interface TargetState {
  /** By the name of the copied table, as `tableKey` writes it. */
  readonly tables: ReadonlyMap<string, PortableTable>;
  /** Those of them without a row; not asked for where all are replaced. */
  readonly empty: ReadonlySet<string>;
  /** The foreign keys of these tables. */
  readonly references: readonly Reference[];
  /** What a refresh takes away with the old tables, and what the tables' own triggers do, for the plan to tell. */
  readonly ofTarget: readonly string[];
  /** Takes away what a run that is given up has made. */
  readonly discard: readonly DdlStatement[];
  /** Foreign keys that such a run has taken away and not made again. They count as there, also in `references`. */
  readonly away: readonly Reference[];
  /** All tables of the target. */
  readonly all: readonly PortableTable[];
}

/**
 * Looks at the target, of which the schema is read already, without what the run made that is given up. Throws GW7004
 * where it is not as the mode needs it; nothing is changed.
 */
export async function targetState(
  project: CopyProject,
  choice: CopyChoice,
  survey: Survey,
  {
    schema,
    givenUp,
    discard,
    away,
  }: Pick<TargetState, "discard" | "away"> & {
    readonly schema: PortableSchema;
    readonly givenUp: Made;
  },
  session: Session,
): Promise<TargetState> {
  const { mode = "create" } = choice;
  const { engine } = project.target;
  const fold = (name: string) => foldName(engine.traits, name);
  const byName = new Map(schema.tables.map((table) => [fold(tableKey(table)), table]));
  const tables = new Map(
    survey.tables.flatMap(({ placed }) => {
      const found = byName.get(fold(tableKey(placed)));
      return found === undefined ? [] : [[tableKey(placed), found] as const];
    }),
  );
  const own = new Set(tables.values());
  const references = referencesOf(schema, (table) => own.has(table));
  if (choice.schemaOnly !== true) {
    const made = survey.tables.flatMap(({ target }) => target.own?.whole ?? []);
    // Rows that refer to hidden ones would seem to refer to nothing.
    const parents = new Set(references.map(({ key }) => tableKey(key.references)));
    const there = schema.tables.filter((table) => own.has(table) || parents.has(tableKey(table)));
    await refuseHidden(project, "target", session, makesTables(choice) ? { there: [], made } : { there });
  }
  const state = {
    tables,
    references,
    empty: new Set<string>(),
    ofTarget: [],
    discard,
    away,
    all: schema.tables,
  };
  if (makesDatabase(choice)) refuseExisting(project, [...tables.keys()]);
  refuseUnwritable(project, tables);
  const events = eventsOf(project, mode, own);
  if (mode === "refresh") {
    await refuseObstacles(project, survey, tables, session);
    if (givenUp.beside.length === 0) await refuseLeftovers(project, survey, tables, session);
    return {
      ...state,
      ofTarget: [
        ...survey.tables.flatMap(({ placed }) => lostParts(tables.get(tableKey(placed)), placed)),
        ...stays(schema, own, events),
      ],
    };
  }
  if (makesDatabase(choice)) return state;
  refuseMissing(project, choice, survey, tables);
  const empty = await emptyTables(project, tables, session);
  if (mode === "create")
    refuseRows(
      project,
      [...tables.keys()].filter((name) => !empty.has(name)),
    );
  if (mode === "truncate") {
    const others = referencesOf(schema, (table) => !own.has(table));
    refuseReferring(
      project,
      others.filter(({ key }) => [...own].some((table) => tableKey(table) === tableKey(key.references))),
    );
  }
  return { ...state, ofTarget: stays(schema, own, events), empty };
}

/** What a copy in a mode does to the target's rows, as triggers call it. */
function eventsOf({ target: { engine } }: CopyProject, mode: CopyMode, own: Iterable<PortableTable>) {
  switch (mode) {
    case "create":
      return ["insert"];
    case "truncate":
      // By DELETE or TRUNCATE.
      return [
        "insert",
        ...engine.render.truncate([...own]).map(({ sql }) => /^\w+/.exec(sql)?.[0].toLowerCase()),
      ];
    case "refresh":
      // The tables are new, and those that they replace have no triggers.
      return [];
    case "upsert":
    case "incremental":
      return ["insert", "update"];
  }
}

/** What the target's own triggers do with the rows, and what does not follow them by itself. */
function stays(
  { views, leftovers }: PortableSchema,
  own: ReadonlySet<PortableTable>,
  events: readonly (string | undefined)[],
): string[] {
  const names = new Set([...own].map(tableKey));
  const triggers = leftovers.filter(
    ({ kind, table, action }) =>
      kind === "trigger" &&
      table !== null &&
      names.has(tableKey(table)) &&
      (action?.kind !== "trigger" ||
        (action.isOff !== true &&
          action.events.some((event) => events.includes(event.replace(/ .*$/s, ""))))),
  );
  const stored = [
    ...views.map((view) => ({
      what: "view",
      ...view,
      table: null,
      definition: view.text,
      refill: undefined,
    })),
    ...leftovers.map((leftover) => ({ what: leftover.kind, ...leftover })),
  ].flatMap((each) => {
    const refill = each.making?.refill ?? each.refill;
    return refill === undefined ? [] : [{ ...each, refill }];
  });
  const reading = stored.length === 0 ? [] : readersOf(views, own);
  return [
    ...triggers.map((each) => `trigger ${objectName(each)}: it fires for what is written`),
    ...stored.flatMap((each) => {
      const texts = each.making?.statements ?? [each.definition];
      const read = reading.find(({ name }) => texts.some((text) => mentions(text, name)));
      return read === undefined
        ? []
        : [
            `${each.what} ${objectName(each)}: it keeps what it has read of ${tableKey(read.table)}; afterwards: ${each.refill}`,
          ];
    }),
  ];
}

/** The tables, and the views through which they are read, by their names. */
function readersOf(
  views: PortableSchema["views"],
  tables: ReadonlySet<PortableTable>,
): { readonly name: string; readonly table: PortableTable }[] {
  const found = [...tables].map((table) => ({ name: table.name, table }));
  const left = new Set(views);
  // What is found is looked through, too.
  for (const { name, table } of found) {
    for (const view of left) {
      if (!mentions(view.text, name)) continue;
      left.delete(view);
      found.push({ name: view.name, table });
    }
  }
  return found;
}

function refuseExisting({ target: { target } }: CopyProject, tables: readonly string[]): void {
  if (tables.length === 0) return;
  throw new GodwitError("GW7004", {
    message: `${target.display} has these tables already: ${tables.join(", ")}`,
    details: { tables },
  });
}

function refuseUnwritable(
  { target: { target } }: CopyProject,
  tables: ReadonlyMap<string, PortableTable>,
): void {
  const found = [...tables].flatMap(([name, { unwritable }]) =>
    unwritable === undefined ? [] : [`${name} (${unwritable})`],
  );
  if (found.length === 0) return;
  throw new GodwitError("GW7004", {
    message: `these tables of ${target.display} take no rows: ${found.join(", ")}`,
    hint: "Nothing was changed. Drop what is named as the reason, and make it again afterwards.",
    details: { tables: found },
  });
}

function refuseMissing(
  { target: { target } }: CopyProject,
  { mode }: CopyChoice,
  survey: Survey,
  tables: ReadonlyMap<string, PortableTable>,
): void {
  const missing = survey.tables.map(({ placed }) => tableKey(placed)).filter((name) => !tables.has(name));
  if (missing.length === 0) return;
  throw new GodwitError("GW7004", {
    message: `${target.display} has no table ${missing.join(", ")}`,
    hint:
      mode === "incremental"
        ? "Nothing was changed. Copy it once with --watermark and without --mode; then the incremental copies begin where that one ended."
        : "Nothing was changed. Without --mode and --data-only the tables are made, too.",
    details: { tables: missing },
  });
}

/**
 * Rows that are there before the copy would be rows too many for its comparison, and could not be told from copied
 * ones when chunks have to be copied again.
 */
function refuseRows({ target: { target } }: CopyProject, filled: readonly string[]): void {
  if (filled.length === 0) return;
  throw new GodwitError("GW7004", {
    message: `these tables of ${target.display} hold rows already: ${filled.join(", ")}`,
    hint: "Nothing was changed. --mode truncate empties them first, --mode upsert replaces rows by their key.",
    details: { tables: filled },
  });
}

/** Rows of other tables would refer to nothing. */
function refuseReferring({ target: { target } }: CopyProject, others: readonly Reference[]): void {
  if (others.length === 0) return;
  const told = others.map(
    ({ table, key }) => `${key.name} of ${tableKey(table)} refers to ${tableKey(key.references)}`,
  );
  throw new GodwitError("GW7004", {
    message: `tables of ${target.display} that are not copied refer to those that would be emptied: ${told.join("; ")}`,
    hint: "Nothing was changed. Copy those tables, too, or choose --mode upsert, which empties nothing.",
    details: { tables: others.map(({ table }) => tableKey(table)) },
  });
}

async function emptyTables(
  { target: { engine } }: CopyProject,
  tables: ReadonlyMap<string, PortableTable>,
  session: Session,
): Promise<ReadonlySet<string>> {
  const empty = new Set<string>();
  for (const [name, table] of tables) {
    const rows = await session.query(`SELECT 1 AS one FROM ${ownRows(engine.traits, table)} LIMIT 1`);
    if (rows.length === 0) empty.add(name);
  }
  return empty;
}
