import type { WriteRequest, WriteRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { copyIn } from "./copy-in.ts";
import { quoted, tableSql } from "./sql-text.ts";
import { postgresBytesPrefix } from "./wire-form.ts";

export const write: WriteRole = {
  form: { bytesPrefix: postgresBytesPrefix },
  load: (session, request, rows) => load(session, request, rows, ""),
  loadNative: (session, request, rows) => load(session, request, rows, " (FORMAT binary)"),
  blame,
};

async function load(
  session: Session,
  request: WriteRequest,
  rows: AsyncIterable<Uint8Array>,
  options: string,
): Promise<bigint> {
  const table = tableSql(request.table);
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

function upsertSql(table: string, columns: string, request: WriteRequest, by: readonly string[]): string {
  const set = request.columns
    .filter((column) => !by.includes(column.name))
    .map((column) => `${quoted(column.name)} = EXCLUDED.${quoted(column.name)}`);
  const action = set.length === 0 ? "NOTHING" : `UPDATE SET ${set.join(", ")}`;
  return `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${upserted}
    ON CONFLICT (${by.map(quoted).join(", ")}) DO ${action}`;
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
