import type { Connection } from "mysql2";
import type { TableName } from "../../core/portable.ts";
import type { WriteRequest } from "../data-roles.ts";
import type { RowCount } from "./counted-rows.ts";
import type { DataSession } from "./data-session.ts";
import { tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";
import type { Reply } from "./take-over.ts";
import { refuse } from "./refuse.ts";
import { fieldLiteral } from "./write-column.ts";

/** Of one statement, if the server's packet allows; a row is never cut. */
const statementBytes = 1_048_576;
/** Fails where the bytes are no UTF-8, and leaves U+FEFF where it stands. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Writes rows by INSERT of many rows a statement, for servers with local_infile = OFF, MySQL's default. COPY's
 * escapes are those of MySQL's string literals, so a field becomes a literal by its quotes alone. Bytes are carried
 * as latin1 text, one character each.
 */
export async function insertRows(
  data: DataSession,
  request: WriteRequest,
  into: TableName,
  rows: AsyncIterable<Uint8Array>,
  counted: RowCount,
): Promise<bigint> {
  const limit = Math.min(statementBytes, data.maxAllowedPacket / 4);
  const forms = request.columns.map((column) => fieldLiteral(column));
  const start = `INSERT INTO ${tableText(into)} (${request.columns.map(({ name }) => traits.quote(name)).join(", ")}) VALUES `;
  let inserted = 0n;
  let tuples: string[] = [];
  let bytes = 0;
  let rest = "";

  async function send(): Promise<void> {
    if (tuples.length === 0) return;
    // Back to the characters that the bytes are, because the driver writes UTF-8.
    const sql = start + decoder.decode(Buffer.from(tuples.join(","), "latin1"));
    const reply = await data.session.lend((connection) => sendStatement(connection, sql));
    if ((reply.warningStatus ?? 0) > 0 || Number(reply.affectedRows) !== tuples.length) {
      await refuse(
        data.session,
        request.table,
        `${tuples.length} rows were sent, ${reply.affectedRows ?? 0} taken`,
      );
    }
    inserted += BigInt(tuples.length);
    tuples = [];
    bytes = 0;
  }

  for await (const piece of rows) {
    counted.count(piece);
    const lines = (
      rest + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("latin1")
    ).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const tuple = `(${line
        .split("\t")
        .map((field, place) => forms[place]!(field))
        .join(",")})`;
      tuples.push(tuple);
      bytes += tuple.length;
      if (bytes >= limit) await send();
    }
  }
  counted.finish();
  await send();
  return inserted;
}

function sendStatement(connection: Connection, sql: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error, result) => (error ? reject(error) : resolve(result as unknown as Reply)));
  });
}
