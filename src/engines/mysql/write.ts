import { GodwitError } from "../../core/error.ts";
import type { Expression } from "../../core/expression.ts";
import type { TableName } from "../../core/portable.ts";
import type { Longest, WriteRequest, WriteRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { rowCount } from "./counted-rows.ts";
import { dataSession, type DataSession } from "./data-session.ts";
import { errors } from "./errors.ts";
import { insertRows } from "./insert-rows.ts";
import { loadData } from "./load-data.ts";
import { expressionText } from "./read-column.ts";
import { refuse } from "./refuse.ts";
import { tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";
import { loadColumns } from "./write-column.ts";

export const write: WriteRole = {
  form: { bytesPrefix: "" },
  load,
  // With innodb_autoinc_lock_mode = 1 a LOAD DATA has the lock of the table's counter to its end.
  inTurn: true,
  longestRow,
  remove,
  blame,
};

/** Around a row's text, in the server's packet. */
const spareBytes = 1_024;

/** The server's packet bounds a row of LOAD DATA as well as an INSERT. */
async function longestRow(session: Session): Promise<Longest> {
  const { maxAllowedPacket } = await dataSession(session);
  return { bytes: maxAllowedPacket - spareBytes, because: "its max_allowed_packet" };
}

/**
 * Loads by LOAD DATA LOCAL, which is the server's fastest way; where its configuration forbids that, by INSERT of
 * many rows. References are not checked while rows come in: parts of a table and tables come in any order, and
 * those who copy check the references when all is there. Throws GW7002.
 */
async function load(
  session: Session,
  request: WriteRequest,
  rows: AsyncIterable<Uint8Array>,
): Promise<bigint> {
  const data = await dataSession(session);
  await session.execute("SET SESSION foreign_key_checks = 0");
  try {
    if (request.upsertBy === null) return await insert(data, request, request.table, rows);
    return await upsert(data, request, request.upsertBy, rows);
  } finally {
    // Without it, a foreign key that is added later on this session would not look at the rows that are there.
    await session.execute("SET SESSION foreign_key_checks = 1").catch(() => {});
  }
}

async function insert(
  data: DataSession,
  request: WriteRequest,
  into: TableName,
  rows: AsyncIterable<Uint8Array>,
): Promise<bigint> {
  const counted = rowCount(data.maxAllowedPacket - spareBytes, request.table.name);
  if (!data.localInfile) return insertRows(data, request, into, rows, counted);
  const sql = `LOAD DATA LOCAL INFILE 'godwit' INTO TABLE ${tableText(into)} CHARACTER SET utf8mb4
    FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ${loadColumns(request.columns)}`;
  const reply = await data.session.lend((connection) => loadData(connection, sql, rows, counted));
  // "Records: 3  Deleted: 0  Skipped: 0  Warnings: 0", in the server's language.
  const [records, , skipped, warnings] = String(reply?.info ?? "").match(/\d+/g) ?? [];
  if (records === String(counted.rows) && skipped === "0" && warnings === "0") return BigInt(records);
  return refuse(data.session, request.table, `${counted.rows} rows were sent; ${reply?.info ?? "no count"}`);
}

/**
 * Through a temporary table, and by UPDATE and INSERT: ON DUPLICATE KEY UPDATE would replace a row that is equal in
 * any other unique key, too.
 */
async function upsert(
  data: DataSession,
  request: WriteRequest,
  by: readonly string[],
  rows: AsyncIterable<Uint8Array>,
): Promise<bigint> {
  const { session } = data;
  const temporary = { schema: "", name: `godwit_rows_${request.table.name}`.slice(0, 60) };
  const incoming = tableText(temporary);
  const target = tableText(request.table);
  const names = request.columns.map((column) => traits.quote(column.name));
  const on = by.map((name) => `t.${traits.quote(name)} = s.${traits.quote(name)}`).join(" AND ");
  const others = request.columns
    .filter((column) => !by.includes(column.name))
    .map(({ name }) => traits.quote(name));
  await session.execute(`DROP TEMPORARY TABLE IF EXISTS ${incoming}`);
  await session.execute(`CREATE TEMPORARY TABLE ${incoming} LIKE ${target}`);
  try {
    const loaded = await insert(data, request, temporary, rows);
    if (others.length > 0) {
      const assignments = others.map((name) => `t.${name} = s.${name}`).join(", ");
      await session.execute(`UPDATE ${target} t JOIN ${incoming} s ON ${on} SET ${assignments}`);
    }
    await session.execute(
      `INSERT INTO ${target} (${names.join(", ")}) SELECT ${names.map((name) => `s.${name}`).join(", ")}
        FROM ${incoming} s WHERE NOT EXISTS (SELECT 1 FROM ${target} t WHERE ${on})`,
    );
    return loaded;
  } finally {
    await session.execute(`DROP TEMPORARY TABLE IF EXISTS ${incoming}`).catch(() => {});
  }
}

/** With references unchecked the server neither cascades nor refuses. */
async function remove(session: Session, table: TableName, where: Expression | null): Promise<void> {
  await dataSession(session);
  await session.execute("SET SESSION foreign_key_checks = 0");
  try {
    const condition = where === null ? "" : ` WHERE ${expressionText(where)}`;
    await session.execute(`DELETE FROM ${tableText(table)}${condition}`);
  } finally {
    await session.execute("SET SESSION foreign_key_checks = 1").catch(() => {});
  }
}

function blame(error: unknown): { column: string | null; reason: string } {
  const said = error instanceof GodwitError ? error.cause : undefined;
  const reason =
    error instanceof GodwitError && said === undefined
      ? error.message
      : errors.classify(said ?? error).message;
  // MariaDB puts database and table before the column: `db`.`t`.`c`.
  const column =
    /\bcolumn (?:`(?:[^`]|``)*`\.)*[`'"]((?:[^`'"]|``)+)[`'"]/i.exec(reason)?.[1] ??
    /\bfield '([^']+)'/i.exec(reason)?.[1] ??
    null;
  return { column: column?.replaceAll("``", "`") ?? null, reason };
}
