import { GodwitError } from "../core/error.ts";
import type { Reference } from "../core/plan.ts";
import type { PortableSchema, PortableTable } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { Session } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import { ownRows } from "../engines/qualified-table.ts";
import type { KeptOfObjects } from "../run/perform/objects.ts";
import { leftoverKey, type ObjectMarks, objectMarks, viewKey } from "../run/object-marks.ts";
import { objectName } from "./objects/object-name.ts";
import type { Made, MadeObject, MadeTable } from "./given-up.ts";
import type { CopyProject } from "./project.ts";
import { refuseHidden } from "./refuse-hidden.ts";

/**
 * What is there of what runs made that are given up. A name alone says nothing: somebody may have made a table or a view
 * of that name since. So a table counts where one of these runs has made tables, and it has the columns and the number
 * of rows that the run's ledger has; any other is left to whoever needs its place. An object counts where its making is
 * recorded, and as long as it has the text that it had then; where a kill came before that was kept, a view must have the
 * columns that it was given. Throws GW7004 for a table that is another one now.
 */
export async function stillMade(
  project: CopyProject,
  made: Made,
  there: PortableSchema,
  session: Session,
): Promise<Made> {
  const references = made.references.filter((reference) => isAway(reference, there));
  if (made.tables.length === 0 && made.objects.length === 0) return { ...made, references };
  const ledger = await readLedgers(project, made.runs, session);
  const present = new Map(there.tables.map((table) => [tableKey(table), table]));
  const tables = Map.groupBy(
    made.tables.filter((table) => present.has(tableKey(table)) && ledger.hasTables(table.run)),
    tableKey,
  );
  // Of a table that hides its rows it could not be said that it has no others than those that were copied.
  await refuseHidden(project, "target", session, {
    there: [...tables.keys()].map((name) => present.get(name)!),
  });
  for (const [name, candidates] of tables) {
    await refuseOther(project, { name, there: present.get(name)!, candidates, ledger }, session);
  }
  const views = new Map(there.views.map((view) => [tableKey(view), view.columns]));
  const marks = objectMarks(there);
  const isAsMade = (object: MadeObject) => {
    const { name, columns } = object;
    const then = ledger.marks(object);
    if (then !== null && keysOf(object, there).some((key) => (then[key] ?? marks[key]) !== marks[key]))
      return false;
    const found = views.get(name);
    return columns === null || found === undefined || sameNames(columns, found);
  };
  const objects = made.objects.filter((object) => ledger.hasObject(object) && isAsMade(object));
  return {
    ...made,
    references,
    tables: [...tables.values()].map(([table]) => table!),
    objects: [...new Map(objects.map((object) => [object.drop, object])).values()],
  };
}

/** Of the objects that bear its name. */
function keysOf({ what, name }: MadeObject, { views, leftovers }: PortableSchema): string[] {
  return [
    ...views.filter((view) => what === "view" && tableKey(view) === name).map(viewKey),
    ...leftovers.filter((each) => each.kind === what && objectName(each) === name).map(leftoverKey),
  ];
}

/** Its table is there without it. */
function isAway({ table, key }: Reference, { tables }: PortableSchema): boolean {
  const found = tables.find((each) => tableKey(each) === tableKey(table));
  return found !== undefined && found.foreignKeys.every(({ name }) => name !== key.name);
}

interface Ledgers {
  hasTables(run: string | undefined): boolean;
  hasObject(object: MadeObject): boolean;
  /** How objects looked when those of its step were made; null where a kill came before that. */
  marks(object: MadeObject): ObjectMarks | null;
  /** Rows of chunks that are done. */
  rows(table: MadeTable): bigint;
}

async function readLedgers(
  { target: { engine } }: CopyProject,
  runs: readonly string[],
  session: Session,
): Promise<Ledgers> {
  const { store, traits } = engine;
  const ask = (text: string) => session.query(withPlaceholders(traits, text), runs);
  const ofRuns = `run_id IN (${runs.map(() => "?").join(", ")})`;
  const steps = await ask(
    `SELECT run_id, step_key, captured FROM ${store.table("step")} WHERE ${ofRuns} AND state <> 'failed'`,
  );
  const chunks = await ask(
    `SELECT run_id, table_name, row_count FROM ${store.table("chunk")} WHERE ${ofRuns} AND state = 'done'`,
  );
  const keys = new Map<string, string[]>(runs.map((run) => [run, []]));
  for (const { run_id: run, step_key: key } of steps) keys.get(String(run))?.push(String(key));
  // A run makes nothing before it has dropped all that those before it made.
  const begun = runs.findLastIndex((run) => keys.get(run)!.some((key) => !key.startsWith("discard/")));
  for (const run of runs.slice(0, Math.max(0, begun))) keys.set(run, []);
  const rows = new Map<string, bigint>();
  for (const { run_id: run, table_name: table, row_count: count } of chunks) {
    const name = `${String(run)} ${String(table)}`;
    rows.set(name, (rows.get(name) ?? 0n) + BigInt(String(count ?? 0)));
  }
  const kept = new Map<string, ObjectMarks>();
  for (const { run_id: run, step_key: key, captured } of steps) {
    if (captured === null || !/^(before|objects)\/\d+$/.test(String(key))) continue;
    const { result } = (JSON.parse(String(captured)) ?? {}) as { readonly result?: Partial<KeptOfObjects> };
    if (result?.marks !== undefined) kept.set(`${String(run)} ${String(key)}`, result.marks);
  }
  const of = (run = "") => keys.get(run) ?? [];
  return {
    hasTables: (run) => of(run).some((key) => key.startsWith("tables/")),
    hasObject: ({ run, key: own }) =>
      of(run).some((key) => key === own || key.startsWith(`${own}.`)) && !of(run).includes(`${own}-drop`),
    marks: ({ run, key }) => kept.get(`${run} ${key.replace(/#.*$/, "")}`) ?? null,
    rows: (table) => rows.get(`${table.run} ${tableKey(table)}`) ?? 0n,
  };
}

interface Found {
  readonly name: string;
  readonly there: PortableTable;
  /** As runs made it. */
  readonly candidates: readonly MadeTable[];
  readonly ledger: Ledgers;
}

async function refuseOther(
  { target: { engine, target } }: CopyProject,
  { name, there, candidates, ledger }: Found,
  session: Session,
): Promise<void> {
  const refuse = (why: string) => {
    throw new GodwitError("GW7004", {
      message: `${name} of ${target.display} ${why}, so it is not dropped`,
      hint: "Nothing was changed. Move or drop the table, or copy without it: --exclude.",
      details: { tables: [name] },
    });
  };
  const columns = there.columns.map((column) => column.name);
  const alike = candidates.filter((made) => sameNames(made.columns, columns));
  if (alike.length === 0) refuse("has other columns than the copy gave it");
  const [row] = await session.query(`SELECT count(*) AS n FROM ${ownRows(engine.traits, there)}`);
  const count = BigInt(String(row?.n ?? 0));
  const written = alike.map((table) => ledger.rows(table));
  if (count === 0n || written.includes(count)) return;
  const most = written.reduce((a, b) => (a > b ? a : b), 0n);
  refuse(
    count > most
      ? `holds rows that no copy has written (${count}, and ${most} were copied)`
      : `does not hold the rows that were copied (${count}, and ${most} were copied)`,
  );
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  const text = (names: readonly string[]) =>
    JSON.stringify(names.map((name) => name.toLowerCase()).toSorted());
  return text(some) === text(others);
}
