import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { ReadRequest } from "../data-roles.ts";
import { fieldOf, toUtf8 } from "./row-sql.ts";
import type { TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { ValueError } from "./value-error.ts";
import { exactField, taggedField } from "./wire-form.ts";

/**
 * The driver has no incremental BLOB interface, so a value is held whole, by SQLite and some times more here, where a
 * row is hashed. This is the largest one that was measured to fit into the 256 MB of a run, in the text it becomes.
 */
export const largestValue = 36 * 1024 * 1024;
const pieceBytes = 256 * 1024;

/** One row, value by value, for rows too wide to be formatted as a whole. */
export async function* streamRow(
  database: DatabaseSync,
  request: ReadRequest,
  shape: TableShape,
  { match, key }: { readonly match: string; readonly key: readonly SQLInputValue[] },
  tagged: boolean,
): AsyncIterable<Uint8Array> {
  const from = `FROM main.${traits.quote(request.table.name)} WHERE ${match}`;
  const get = (sql: string) => {
    const statement = database.prepare(`SELECT ${sql} ${from}`);
    statement.setReturnArrays(true);
    return statement.get(...key) as unknown as readonly unknown[];
  };
  for (const [i, column] of request.columns.entries()) {
    if (i > 0) yield Buffer.from("\t");
    const field = fieldOf(column, shape);
    // The length is in the row's header; the value itself is not read for it.
    const [size, type] = get(`octet_length(${field.value}), typeof(${field.value})`) as [
      bigint | null,
      string,
    ];
    // Bytes become two digits each.
    const most = type === "blob" ? largestValue / 2 : largestValue;
    if (size !== null && size > BigInt(most)) {
      throw new ValueError(
        `${request.table.name}.${column.name} holds a value of ${size} bytes in the row with the key ${key.map(String).join(", ")}; SQLite's driver can read at most ${most} within the memory of a run`,
        column.name,
      );
    }
    const plain =
      type === "blob" ? column.to.kind !== "uuid" && column.from.kind !== "json" : type === "text";
    if (size === null || size <= 1024n * 1024n || !plain) {
      const [bytes] = get(
        `CAST(${tagged ? taggedField(field.value) : exactField(field, { ...request.form, raw: false })} AS BLOB)`,
      ) as [Uint8Array];
      yield shape.utf16 === false ? bytes : toUtf8(bytes, shape.utf16);
      continue;
    }
    let [bytes] = get(`CAST(${field.value} AS BLOB)`) as [Uint8Array];
    const hexadecimal = type === "blob" || (!tagged && column.to.kind === "bytes");
    if (type === "text" && shape.utf16 !== false) bytes = toUtf8(bytes, shape.utf16);
    if (tagged) yield Buffer.from(hexadecimal ? "b" : "t");
    else if (hexadecimal) yield Buffer.from(request.form.bytesPrefix);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(pieceBytes, bytes.length - at));
      yield hexadecimal ? Buffer.from(piece.toString("hex")) : escapedBytes(piece);
      await new Promise(setImmediate);
    }
  }
  yield Buffer.from("\n");
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function escapedBytes(piece: Buffer): Uint8Array {
  // Latin-1 keeps each byte, whatever the encoding.
  return Buffer.from(
    piece.toString("latin1").replaceAll(/[\\\t\n\r]/g, (mark) => escapes[mark]!),
    "latin1",
  );
}
