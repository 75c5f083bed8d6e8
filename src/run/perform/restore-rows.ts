import { GodwitError } from "../../core/error.ts";
import type { RestoreRowsStep } from "../../core/plan.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import { withPlaceholders } from "../../engines/placeholders.ts";
import type { KeptTable } from "../../engines/row-snapshot-role.ts";
import { crashPoint } from "../crash-point.ts";
import type { ArtifactChange } from "../run-ledger.ts";
import {
  countOf,
  qualified,
  readRowSnapshots,
  roleOf,
  type RowSnapshot,
  sameKey,
  tableTitle,
} from "../row-snapshot/kept-rows.ts";
import type { StepContext } from "./context.ts";
import { restoreFailure } from "./restore-failure.ts";
import { inTransaction } from "./sql.ts";
import { refuseStopped } from "./statement.ts";

/** So many rows that were changed since are named. */
const namedRows = 10;

/** Puts kept rows back, all in one transaction, or none where one of them is no longer as the migration left it. */
export async function performRestoreRows(context: StepContext, step: RestoreRowsStep): Promise<void> {
  // Before the transaction, whose view of the rows must not be older than its locks.
  const snapshots = await snapshotsOf(context, step);
  const artifacts: ArtifactChange[] = [];
  await inTransaction(
    context,
    step,
    async () => {
      // The ledger and the triggers are the login's; the migration's own role may have no right to them.
      if (context.ledger.isUnderForeignSettings) await context.session.asLogin?.();
      for (const snapshot of snapshots) {
        await telling(context, step, snapshot, () => lock(context, snapshot));
      }
      for (const snapshot of snapshots) {
        refuseStopped(context, step);
        artifacts.push(await telling(context, step, snapshot, () => restore(context, step, snapshot)));
      }
    },
    artifacts,
  );
}

/** What the ledger has of them, each with a table to go back to. It is read in a transaction of its own. */
async function snapshotsOf(context: StepContext, step: RestoreRowsStep): Promise<RowSnapshot[]> {
  const { engine, session, ledger } = context;
  await session.begin();
  try {
    if (ledger.isUnderForeignSettings) await session.asLogin?.();
    const snapshots = await whatIsKept(engine, session, step);
    for (const snapshot of snapshots) await sameTable(engine, context, snapshot);
    return snapshots;
  } finally {
    // Where the session is lost the failure is the one to tell.
    await session.rollback().catch(() => {});
    await session.asMigration?.().catch(() => {});
  }
}

async function telling<T>(
  { engine }: StepContext,
  step: RestoreRowsStep,
  { table }: RowSnapshot,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw restoreFailure(engine, step, `putting back rows of ${tableTitle(table)}`, error);
  }
}

/** From here on nobody else changes the rows, or inserts those that are gone. */
async function lock({ engine, session }: StepContext, snapshot: RowSnapshot): Promise<void> {
  const on = sameKey(engine, snapshot.key, "t", "s");
  const sql = roleOf(engine).lock(qualified(engine, snapshot.table), qualified(engine, snapshot.before), on);
  if (sql !== null) await session.execute(sql);
}

/**
 * All that the migration's last application has kept, in the order of the step. Throws GW8304 where the step was made
 * for others: its file, or what is demanded of it, is not what it was then.
 */
async function whatIsKept(engine: Engine, session: Session, step: RestoreRowsStep): Promise<RowSnapshot[]> {
  const refuse = (why: string, more: { details?: Record<string, unknown>; hint?: string } = {}) =>
    new GodwitError("GW8304", {
      message: `the rows that ${step.unitTitle} changed cannot be put back: ${why}`,
      ...more,
    });
  const all = await readRowSnapshots(engine, session);
  const known = new Map(all.map((each) => [each.id, each]));
  for (const id of step.snapshots) {
    const snapshot = known.get(id);
    if (snapshot === undefined) continue;
    if (snapshot.unit !== step.unit) throw refuse(`the snapshot ${id} is of ${snapshot.unitTitle}`);
    const { name } = snapshot.before;
    if (snapshot.state === "dropped") throw refuse(`the snapshot ${name} was dropped`);
    if (snapshot.state === "restored") throw refuse(`the snapshot ${name} was put back already`);
  }
  const runId = await lastApplication(engine, session, step.unit);
  const kept = all.filter((each) => each.unit === step.unit && each.runId === runId && each.state === "kept");
  const snapshots = step.snapshots.flatMap((id) => kept.find((each) => each.id === id) ?? []);
  if (snapshots.length === step.snapshots.length && snapshots.length === kept.length) return snapshots;
  const expected = step.snapshots.map((id) => known.get(id)?.before.name ?? id);
  const there = kept.map(({ before, line }) => `${before.name} (line ${line})`);
  const list = (names: readonly string[]) => (names.length === 0 ? "nothing" : names.join(", "));
  throw refuse(
    `when it was applied it kept ${list(there)}, and by its file and the setting \`snapshots\` as they are now these would be put back: ${list(expected)}`,
    {
      hint: "Roll back with the file, and the setting `snapshots`, with which the migration was applied.",
      details: { kept: kept.map(({ id }) => id), expected: step.snapshots },
    },
  );
}

/** The run that has applied the migration, as the history says; null where none has. */
async function lastApplication(engine: Engine, session: Session, version: string): Promise<string | null> {
  const [row] = await session.query(
    withPlaceholders(
      engine.traits,
      `SELECT run_id FROM ${engine.store.table("migration")} WHERE version = ? AND action = 'apply'
        ORDER BY seq DESC LIMIT 1`,
    ),
    [version],
  );
  return row === undefined ? null : String(row.run_id);
}

async function restore(
  context: StepContext,
  step: RestoreRowsStep,
  snapshot: RowSnapshot,
): Promise<ArtifactChange> {
  const { engine, session, emit } = context;
  const role = roleOf(engine);
  const table = await sameTable(engine, context, snapshot);
  const live = qualified(engine, snapshot.table);
  const before = qualified(engine, snapshot.before);
  const on = sameKey(engine, snapshot.key, "t", "s");
  if (!step.overwrites) await refuseChanged(context, snapshot);
  const differs = differing(engine, snapshot, "t", "s");
  await role.undisturbed(session, table, async () => {
    const settable = snapshot.columns.filter(
      ({ name, updatable }) => updatable && !snapshot.key.includes(name),
    );
    // Without leave to overwrite only what the migration had changed and left: what it had deleted is not there.
    const left = step.overwrites ? null : leftBy(engine, snapshot);
    if (settable.length > 0 && left !== "") {
      const columns = settable.map(({ name }) => name);
      // Rows that are as they were are left alone: what the server counts or logs of them would be for nothing.
      const which = left === null ? on : `${on} AND ${left}`;
      await session.execute(
        role.update({ table: live, kept: before, columns, on: `${which} AND (${differs})` }),
      );
    }
    // One that is there all the same meets its key: it is somebody else's.
    const missing = left === null ? `EXISTS (SELECT 1 FROM ${live} AS t WHERE ${on})` : left;
    const columns = snapshot.columns.filter(({ generated }) => !generated).map(({ name }) => name);
    const quoted = columns.map((name) => `s.${engine.traits.quote(name)}`).join(", ");
    const insert = () =>
      session.execute(
        `${role.insertInto(live, columns)} SELECT ${quoted} FROM ${before} AS s${missing === "" ? "" : ` WHERE NOT ${missing}`}`,
      );
    if (role.insertAll === undefined) await insert();
    else await role.insertAll(session, table, insert, `${before} AS s JOIN ${live} AS t ON ${on}`);
  });
  crashPoint("rows:restored");
  const same = await countOf(
    session,
    `SELECT count(*) AS n FROM ${before} AS s JOIN ${live} AS t ON ${on} WHERE NOT (${differs})${role.current}`,
  );
  if (same !== snapshot.rows) {
    throw new GodwitError("GW8304", {
      message: `${snapshot.rows - same} of ${snapshot.rows} rows of ${tableTitle(snapshot.table)} would not be as they were: a trigger of the table, or a default of the server, changes them when they are put back`,
      details: { snapshot: snapshot.before.name, rows: snapshot.rows, same },
    });
  }
  const { id, before: name, rows } = snapshot;
  emit({
    type: "rows:restored",
    key: step.key,
    table: tableTitle(snapshot.table),
    snapshot: name.name,
    rows,
  });
  return { id, state: "restored" };
}

/** The table as it is now, which must still have the columns that were kept. */
async function sameTable(
  engine: Engine,
  { session }: StepContext,
  snapshot: RowSnapshot,
): Promise<KeptTable> {
  const { schema, name } = snapshot.table;
  const table = await roleOf(engine).table(session, {
    kind: "table",
    name,
    ...(schema === "" ? {} : { schema }),
  });
  const refuse = (why: string) =>
    new GodwitError("GW8304", { message: `the rows in ${snapshot.before.name} cannot be put back: ${why}` });
  if (table === null) throw refuse(`there is no table ${tableTitle(snapshot.table)}`);
  const shape = (columns: KeptTable["columns"]) =>
    columns.map((column) => `${column.name} ${column.type}${column.generated ? " (generated)" : ""}`).sort();
  const [then, now] = [shape(snapshot.columns), shape(table.columns)];
  const other = [
    ...then.filter((each) => !now.includes(each)),
    ...now.filter((each) => !then.includes(each)),
  ];
  if (other.length > 0) {
    throw refuse(`${tableTitle(table)} has other columns than when they were kept: ${other.join(", ")}`);
  }
  return table;
}

function differing(engine: Engine, { columns }: RowSnapshot, left: string, right: string): string {
  return columns.map((column) => roleOf(engine).differs(column, left, right)).join(" OR ");
}

/** Condition of a row of `s`: the migration changed it, and it was still there afterwards; "" where it deleted all. */
function leftBy(engine: Engine, { after, key }: RowSnapshot): string {
  if (after === null) return "";
  return `EXISTS (SELECT 1 FROM ${qualified(engine, after)} AS a WHERE ${sameKey(engine, key, "a", "s")})`;
}

/** Throws GW8303 with the first of the rows that are not as the migration left them. */
async function refuseChanged({ engine, session }: StepContext, snapshot: RowSnapshot): Promise<void> {
  const { traits } = engine;
  const { current } = roleOf(engine);
  const live = qualified(engine, snapshot.table);
  const key = snapshot.key.map((name, no) => `s.${traits.quote(name)} AS k${no}`).join(", ");
  const order = snapshot.key.map((name) => `s.${traits.quote(name)}`).join(", ");
  const on = sameKey(engine, snapshot.key, "t", "s");
  // No column of a key is NULL, but in a row that is not there.
  const [first = ""] = snapshot.key.map((name) => traits.quote(name));
  const found: { row: Record<string, unknown>; what: string }[] = [];
  let count = 0;
  const collect = async (from: string, select: string, tell: (row: Record<string, unknown>) => string) => {
    count += await countOf(session, `SELECT count(*) AS n FROM ${from}${current}`);
    if (count === 0 || found.length >= namedRows) return;
    const rows = await session.query(
      `SELECT ${key}${select} FROM ${from} ORDER BY ${order} LIMIT ${namedRows - found.length}${current}`,
    );
    found.push(...rows.map((row) => ({ row, what: tell(row) })));
  };
  if (snapshot.after !== null) {
    const after = qualified(engine, snapshot.after);
    const columns = snapshot.columns.map(
      (column, no) => `CASE WHEN ${roleOf(engine).differs(column, "t", "s")} THEN 1 ELSE 0 END AS c${no}`,
    );
    await collect(
      `${after} AS s JOIN ${live} AS t ON ${on} WHERE ${differing(engine, snapshot, "t", "s")}`,
      `, ${columns.join(", ")}`,
      (row) =>
        `${snapshot.columns.flatMap(({ name }, no) => (Number(row[`c${no}`]) === 1 ? [name] : [])).join(", ")} changed`,
    );
    await collect(
      `${after} AS s LEFT JOIN ${live} AS t ON ${on} WHERE t.${first} IS NULL`,
      "",
      () => "deleted",
    );
  }
  // What was deleted must not be there again.
  const [others, gone] =
    snapshot.after === null
      ? ["", ""]
      : [
          ` LEFT JOIN ${qualified(engine, snapshot.after)} AS a ON ${sameKey(engine, snapshot.key, "a", "s")}`,
          ` WHERE a.${first} IS NULL`,
        ];
  await collect(
    `${qualified(engine, snapshot.before)} AS s JOIN ${live} AS t ON ${on}${others}${gone}`,
    "",
    () => "inserted again",
  );
  if (count === 0) return;
  const named = found.map(({ row, what }) => {
    const values = snapshot.key.map((name, no) => `${name} = ${String(row[`k${no}`])}`);
    return { key: values.join(", "), what };
  });
  const list = named.map((each) => `${each.key} (${each.what})`).join("; ");
  const more = count > named.length ? `; and ${count - named.length} more` : "";
  throw new GodwitError("GW8303", {
    message: `${count} of ${snapshot.rows} rows of ${tableTitle(snapshot.table)} were changed after ${snapshot.unitTitle} had changed them: ${list}${more}`,
    details: { table: tableTitle(snapshot.table), snapshot: snapshot.before.name, count, rows: named },
  });
}
