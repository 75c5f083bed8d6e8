import { GodwitError } from "../../core/error.ts";
import type { RowChange, RowKeeping, SqlStep, Statement } from "../../core/plan.ts";
import type { Engine } from "../../engines/engine.ts";
import type { KeptTable } from "../../engines/row-snapshot-role.ts";
import { crashPoint } from "../crash-point.ts";
import type { StepContext } from "../perform/context.ts";
import type { ArtifactChange } from "../run-ledger.ts";
import {
  countOf,
  type KeptRows,
  qualified,
  readRowSnapshots,
  roleOf,
  rowSnapshotKind,
  sameKey,
  tableTitle,
} from "./kept-rows.ts";

/** Compares what a statement changed with the rows that were kept before it; the row for the ledger. */
type Settle = (reported: number | null) => Promise<ArtifactChange>;

/** Keeps the rows that a statement is about to change, in its transaction. What it returns is called after it. */
export async function keepRows(
  context: StepContext,
  step: SqlStep,
  statement: Statement & { readonly keeps: RowKeeping },
): Promise<Settle> {
  const { engine, session, emit } = context;
  const { keeps } = statement;
  const { change } = keeps;
  const role = roleOf(engine);
  const place = `${step.file}:${statement.line}`;
  const { table, key } = await tableToKeep(context, change, place);
  for (const message of consequencesOf(engine, table, change)) {
    emit({
      type: "warning:raised",
      code: "GW8305",
      message: `${place}: when rows of ${tableTitle(table)} are changed, ${message}; what that does is not kept`,
    });
  }
  const replaces = await isUsed(context, keeps, { table, place });
  if (engine.traits.transactionalDdl) {
    if (replaces) await dropTables(context, table, keeps);
    await makeTables(context, table, keeps);
  }
  await role.capture(session, { change, table, key, into: keeps.before });
  crashPoint("rows:kept");
  return async (reported) => {
    await role.captured?.(session);
    const kept = await settle(context, { table, key, keeps, reported, place });
    const body: KeptRows = {
      unit: step.unit,
      unitTitle: step.unitTitle,
      line: statement.line,
      action: change.action,
      table: { schema: table.schema, name: table.name },
      before: { schema: table.schema, name: keeps.before },
      after: keeps.after === null ? null : { schema: table.schema, name: keeps.after },
      key,
      columns: table.columns,
      ...kept,
    };
    emit({ type: "rows:kept", key: step.key, table: tableTitle(table), snapshot: keeps.before, ...kept });
    crashPoint("rows:settled");
    const name = tableTitle(body.before);
    return { id: keeps.id, kind: rowSnapshotKind, name, state: "kept", body, replaces };
  };
}

/**
 * Whether the ledger has a snapshot of that id that counts no more: the same plan was carried out and undone here, as a
 * rehearsal does. Throws GW8301 where it still counts, or where rows are there of which the ledger does not know.
 */
export async function isUsed(
  { engine, session }: Pick<StepContext, "engine" | "session">,
  keeps: RowKeeping,
  { table, place }: { readonly table: KeptTable; readonly place: string },
): Promise<boolean> {
  // The catalogue first: it may be asked under any role, which the ledger may not.
  const there: KeptTable[] = [];
  for (const name of [keeps.before, keeps.after]) {
    if (name === null) continue;
    const found = await roleOf(engine).table(session, { kind: "table", name, ...inSchema(table) });
    if (found !== null) there.push(found);
  }
  if (there.length === 0) return false;
  const known = (await readRowSnapshots(engine, session)).find((each) => each.id === keeps.id);
  if (known?.state === "kept") {
    throw new GodwitError("GW8301", {
      message: `${place}: ${keeps.before} keeps rows of ${known.unitTitle} already, which were not put back`,
      hint: "Drop it with `godwit snapshots --drop`, if those rows are not needed any more.",
    });
  }
  if (known !== undefined) return true;
  for (const found of there) {
    // What a killed run has made is empty: rows come into it together with the ledger's row.
    const rows = await session.query(`SELECT 1 FROM ${qualified(engine, found)} LIMIT 1`);
    if (rows.length === 0) continue;
    throw new GodwitError("GW8301", {
      message: `${place}: there is a table ${tableTitle(found)} already, with rows of which this database's ledger does not know`,
      hint: "Find out whose rows they are; rename the table, or drop it if nobody needs them.",
      details: { table: tableTitle(found) },
    });
  }
  return false;
}

const inSchema = ({ schema }: KeptTable) => (schema === "" ? {} : { schema });

export async function dropTables(
  { engine, session }: Pick<StepContext, "engine" | "session">,
  { schema }: KeptTable,
  { before, after }: RowKeeping,
): Promise<void> {
  for (const name of [before, after]) {
    if (name !== null) await roleOf(engine).drop(session, { schema, name });
  }
}

/** The empty tables for rows of a statement. */
export async function makeTables(
  { engine, session }: Pick<StepContext, "engine" | "session">,
  table: KeptTable,
  { before, after }: RowKeeping,
): Promise<void> {
  const role = roleOf(engine);
  await role.make(session, table, before);
  if (after !== null) await role.make(session, table, after);
}

/** The table and the key by which its rows are found again. Throws GW8301 where there is none. */
export async function tableToKeep(
  { engine, session }: Pick<StepContext, "engine" | "session">,
  change: RowChange,
  place: string,
): Promise<{ table: KeptTable; key: readonly string[] }> {
  const table = await roleOf(engine).table(session, change.table);
  const refuse = (why: string) =>
    new GodwitError("GW8301", {
      message: `${place}: the rows that this statement changes cannot be kept: ${why}`,
      details: { table: change.table },
    });
  if (table === null) throw refuse(`there is no table ${change.table.name}`);
  const title = tableTitle(table);
  if (table.refused !== null) throw refuse(`${title} ${table.refused}`);
  if (table.keys.length === 0) {
    throw refuse(
      `${title} has no primary key, and no other unique key without NULLs, by which a row is found again`,
    );
  }
  const assigned = new Set(change.assigns.map((name) => fold(engine, name)));
  const key = table.keys.find((names) => !names.some((name) => assigned.has(fold(engine, name))));
  if (key === undefined) {
    const named = table.keys[0]?.filter((name) => assigned.has(fold(engine, name))).join(", ");
    throw refuse(`it sets ${named}, which is of the key by which a row of ${title} is found again`);
  }
  return { table, key };
}

function consequencesOf(engine: Engine, table: KeptTable, change: RowChange): string[] {
  const assigned = new Set(change.assigns.map((name) => fold(engine, name)));
  const met = table.consequences.filter(
    ({ on, columns }) =>
      on.includes(change.action) &&
      (columns === null || columns.some((name) => assigned.has(fold(engine, name)))),
  );
  return [...new Set(met.map(({ message }) => message))];
}

const fold = ({ traits }: Engine, name: string) => (traits.distinguishesCase ? name : name.toLowerCase());

/** Drops from the tables what the statement left alone; what it changed must be all that is kept, and all of it. */
async function settle(
  { engine, session }: StepContext,
  work: {
    readonly table: KeptTable;
    readonly key: readonly string[];
    readonly keeps: RowKeeping;
    readonly reported: number | null;
    readonly place: string;
  },
): Promise<{ rows: number; bytes: number }> {
  const { table, key, keeps, place } = work;
  const role = roleOf(engine);
  // Of the statement itself, so before anything else is run.
  const affected = role.affected(session, keeps.change, work.reported);
  const live = qualified(engine, table);
  const kept = engine.traits.quote(keeps.before);
  const before = qualified(engine, { schema: table.schema, name: keeps.before });
  const isSame = sameKey(engine, key, "t", kept);
  const isChanged = role.isChanged(table.columns, "t", kept);
  await session.execute(
    `DELETE FROM ${before} WHERE EXISTS (SELECT 1 FROM ${live} AS t WHERE ${isSame} AND NOT ${isChanged})`,
  );
  const rows = await countOf(session, `SELECT count(*) AS n FROM ${before}`);
  const there = await countOf(
    session,
    `SELECT count(*) AS n FROM ${before} WHERE EXISTS (SELECT 1 FROM ${live} AS t WHERE ${isSame})`,
  );
  const nulls = key.map((name) => `${engine.traits.quote(name)} IS NULL`).join(" OR ");
  const keyless = await countOf(session, `SELECT count(*) AS n FROM ${before} WHERE ${nulls}`);
  if (keyless > 0) {
    throw new GodwitError("GW8301", {
      message: `${place}: ${keyless} of the rows have NULL in their key, ${key.join(", ")}, and would not be found again`,
    });
  }
  const lost = keeps.change.action === "update" && there !== rows;
  const left = keeps.change.action === "delete" && there !== 0;
  if (lost || left || (affected !== null && affected !== rows)) {
    const found = lost
      ? `${rows - there} rows of ${tableTitle(table)} have another key afterwards`
      : `the statement changed ${affected ?? "other"} rows of ${tableTitle(table)}, and ${rows} of them were kept before it`;
    throw new GodwitError("GW8302", { message: `${place}: ${found}`, details: { affected, kept: rows } });
  }
  if (keeps.after !== null) {
    const after = qualified(engine, { schema: table.schema, name: keeps.after });
    const columns = table.columns.map(({ name }) => engine.traits.quote(name));
    await session.execute(
      `INSERT INTO ${after} (${columns.join(", ")}) SELECT ${columns.map((name) => `t.${name}`).join(", ")}
         FROM ${live} AS t WHERE EXISTS (SELECT 1 FROM ${before} WHERE ${isSame})`,
    );
  }
  const [sum] = await session.query(
    `SELECT coalesce(sum(${role.size(table.columns, "s")}), 0) AS bytes FROM ${before} AS s`,
  );
  return { rows, bytes: Number(sum?.bytes ?? 0) };
}
