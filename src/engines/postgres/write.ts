import { GodwitError } from "../../core/error.ts";
import type { TableName } from "../../core/portable.ts";
import type { WriteRequest, WriteRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { copyIn } from "./copy-in.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";
import { expressionSql, tableKind, whereSql } from "./table-source.ts";
import { postgresBytesPrefix } from "./wire-form.ts";

export const write: WriteRole = {
  form: { bytesPrefix: postgresBytesPrefix },
  load: (session, request, rows) => load(session, request, rows, ""),
  loadNative: (session, request, rows) => load(session, request, rows, " (FORMAT binary)"),
  remove: async (session, table, where) => {
    // Without ONLY it would reach into the tables that inherit from it.
    const { from } = await tableKind(session, table);
    await refuseCascades(session, table);
    // A policy that hides rows makes the statement fail, instead of leaving them.
    await session.execute("SET LOCAL row_security = off");
    await session.execute(`DELETE FROM ${from}${whereSql([where === null ? null : expressionSql(where)])}`);
  },
  blame,
};

async function load(
  session: Session,
  request: WriteRequest,
  rows: AsyncIterable<Uint8Array>,
  options: string,
): Promise<bigint> {
  const table = tableSql(request.table);
  if (request.columns.some(({ sql }) => /^money\b/.test(sql))) await takePlainMoney(session);
  const columns = request.columns.map((column) => quoted(column.name)).join(", ");
  if (request.upsertBy === null) {
    return copyIn(session, `COPY ${table} (${columns}) FROM STDIN${options}`, rows);
  }
  // The columns' types without their constraints: those are the target's to check.
  await session.execute(
    `CREATE TEMPORARY TABLE ${upserted} ON COMMIT DROP AS SELECT ${columns} FROM ${table} WITH NO DATA`,
  );
  const loaded = await copyIn(session, `COPY ${upserted} (${columns}) FROM STDIN${options}`, rows);
  await session.execute(upsertSql(table, columns, request, request.upsertBy));
  await session.execute(`DROP TABLE ${upserted}`);
  return loaded;
}

/**
 * A server whose locale has a comma before the cents would take the point of 12.34 for a separator. Those of another
 * number of digits than two have no point.
 */
async function takePlainMoney(session: Session): Promise<void> {
  await session.query(
    `SELECT set_config('lc_monetary', 'C', true) WHERE cash_send('1'::money) = int8send(100)`,
  );
}

function upsertSql(table: string, columns: string, request: WriteRequest, by: readonly string[]): string {
  const set = request.columns
    .filter((column) => !by.includes(column.name))
    .map((column) => `${quoted(column.name)} = EXCLUDED.${quoted(column.name)}`);
  const action = set.length === 0 ? "NOTHING" : `UPDATE SET ${set.join(", ")}`;
  return `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${upserted}
    ON CONFLICT (${by.map(quoted).join(", ")}) DO ${action}`;
}

/** With a row of this table, rows of another one would go, or change. */
async function refuseCascades(session: Session, table: TableName): Promise<void> {
  const [found] = await session.query(
    `SELECT quote_ident(conname) AS name, conrelid::regclass::text AS of FROM pg_catalog.pg_constraint
      WHERE contype = 'f' AND confrelid = ${literal(tableSql(table))}::regclass AND confdeltype IN ('c', 'n', 'd') LIMIT 1`,
  );
  if (found === undefined) return;
  throw new GodwitError("GW7004", {
    message: `rows of ${table.name} that were copied must be replaced, and the foreign key ${String(found["name"])} of ${String(found["of"])} would delete or change what refers to them`,
    hint: "Drop the foreign key until the copy is done, or copy into emptied tables with --mode truncate.",
    details: { table: table.name, constraint: found["name"], of: found["of"] },
  });
}

const upserted = "pg_temp.godwit_upserted";

/** The server names the column in a field of its own, in the context ("COPY t, line 3, column c: "x""), or in words. */
function blame(error: unknown): { column: string | null; reason: string } {
  const native = error as { where?: string; column?: string; message?: string } | null;
  const reason = native?.message ?? String(error);
  const column =
    native?.column ??
    /^COPY .*?, line \d+, column (.+?)(?:: (?:"|null input)|$)/m.exec(native?.where ?? "")?.[1] ??
    /^missing data for column "(.+)"$/.exec(reason)?.[1];
  return { column: column ?? null, reason };
}
