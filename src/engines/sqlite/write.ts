import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { GodwitError } from "../../core/error.ts";
import type { WriteRequest, WriteRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { bindingOf, type Binding, taggedBinding } from "./bind-value.ts";
import { blame } from "./blame.ts";
import { longestRow, wholeRows } from "./copy-rows.ts";
import { sessionOf } from "./session.ts";
import { readShape, type TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { printed } from "./value-sql.ts";

/** Values of one statement: beyond some hundred a longer one is no faster. SQLite allows 32,766. */
const valuesAtOnce = 400;
/** Bytes after which the program gets its turn. */
const turnBytes = 256 * 1024;

/** Rows go in by prepared statements of many rows each, inside the session's transaction. */
export const write: WriteRole = {
  form: { bytesPrefix: "" },
  load: (session, request, rows) => insert(session, request, rows, bindingOf),
  loadNative: (session, request, rows) => insert(session, request, rows, taggedBinding),
  longestRow: async () => ({ bytes: longestRow, because: "its driver takes a row as a whole" }),
  remove: async (session, table, where) => {
    const condition = where === null ? "" : ` WHERE ${printed(where)}`;
    await session.execute(`DELETE FROM main.${traits.quote(table.name)}${condition}`);
  },
  blame,
};

async function insert(
  session: Session,
  request: WriteRequest,
  rows: AsyncIterable<Uint8Array>,
  binding: (column: WriteRequest["columns"][number], shape: TableShape) => Binding,
): Promise<bigint> {
  const database = sessionOf(session).handle();
  if (!database.isTransaction) {
    throw new GodwitError("GW9001", { message: "rows are loaded inside a transaction" });
  }
  const { name } = request.table;
  const shape = readShape(database, name);
  const bindings = request.columns.map((column) => binding(column, shape));
  const loader = new Loader(database, request, bindings);
  let since = 0;
  for await (const piece of wholeRows(rows, name, longestRow)) {
    loader.take(piece);
    since += piece.length;
    if (since < turnBytes) continue;
    since = 0;
    await new Promise(setImmediate);
  }
  return loader.finish();
}

class Loader {
  readonly #width: number;
  readonly #names: readonly string[];
  readonly #bindings: readonly Binding[];
  readonly #many: StatementSync;
  readonly #one: StatementSync;
  /** Values of the rows that wait for a statement. */
  #values: SQLInputValue[] = [];
  readonly #full: number;
  #rows = 0n;
  #written = 0n;

  constructor(database: DatabaseSync, request: WriteRequest, bindings: readonly Binding[]) {
    this.#width = bindings.length;
    this.#names = request.columns.map((column) => column.name);
    this.#bindings = bindings;
    const rows = Math.max(1, Math.floor(valuesAtOnce / this.#width));
    this.#full = rows * this.#width;
    this.#many = database.prepare(insertSql(request, bindings, rows));
    this.#one = database.prepare(insertSql(request, bindings, 1));
  }

  /** Binds whole rows; what is bound is written before the piece's memory may be used again. */
  take(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) {
      for (let column = 0; column < this.#width; column++) {
        const start = at;
        let hasEscapes = false;
        let byte = piece[at];
        while (byte !== 9 && byte !== 10) {
          if (byte === 0x5c) {
            hasEscapes = true;
            at++;
          }
          byte = piece[++at];
        }
        if ((byte === 10) !== (column === this.#width - 1)) throw this.#misshapen();
        const isNull = hasEscapes && at - start === 2 && piece[start + 1] === 0x4e;
        this.#values.push(
          isNull ? null : this.#bindings[column]!.bind(piece.subarray(start, at), hasEscapes),
        );
        at++;
      }
      this.#rows++;
      if (this.#values.length === this.#full) {
        this.#count(this.#many.run(...this.#values));
        this.#values = [];
      }
    }
    this.#flush();
  }

  finish(): bigint {
    if (this.#written !== this.#rows) {
      throw new GodwitError("GW9001", {
        message: `SQLite wrote ${this.#written} of ${this.#rows} rows without an error`,
      });
    }
    return this.#written;
  }

  #flush(): void {
    for (let at = 0; at < this.#values.length; at += this.#width) {
      this.#count(this.#one.run(...this.#values.slice(at, at + this.#width)));
    }
    this.#values = [];
  }

  #count({ changes }: { readonly changes: number | bigint }): void {
    this.#written += BigInt(changes);
  }

  #misshapen(): GodwitError {
    return new GodwitError("GW9001", {
      message: `row ${this.#rows + 1n} has another number of fields than the ${this.#width} columns ${this.#names.join(", ")}`,
    });
  }
}

function insertSql(request: WriteRequest, bindings: readonly Binding[], rows: number): string {
  const names = request.columns.map((column) => traits.quote(column.name));
  const tuple = `(${bindings.map(({ sql }) => sql).join(",")})`;
  const values = Array.from({ length: rows }, () => tuple).join(",");
  const sql = `INSERT INTO main.${traits.quote(request.table.name)} (${names.join(",")}) VALUES ${values}`;
  if (request.upsertBy === null) return sql;
  const key = request.upsertBy.map(traits.quote);
  // Where all columns are key columns one is set to itself, so that the row counts as written.
  const others = names.filter((name) => !key.includes(name));
  const set = (others.length === 0 ? key.slice(0, 1) : others).map((name) => `${name} = excluded.${name}`);
  return `${sql} ON CONFLICT (${key.join(",")}) DO UPDATE SET ${set.join(", ")}`;
}
