import { GodwitError } from "../../core/error.ts";
import type { CopyColumn, CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Engine, ErrorKind, Session } from "../../engines/engine.ts";
import type { RefusedRow } from "../chunk-ledger.ts";
import { writeRequest } from "./copy-request.ts";
import { SpooledRows } from "./spooled-rows.ts";

/** What is not the row's fault, or passes. */
const otherReasons: ReadonlySet<ErrorKind> = new Set([
  "connection-lost",
  "timeout",
  "unreachable",
  "starting-up",
  "lock-timeout",
  "deadlock",
  "serialization",
  "statement-timeout",
  "cancelled",
  "permission",
  "read-only",
  "disk-full",
  "missing-object",
  "too-many-connections",
]);

export function mayBeRows(engine: Engine, error: unknown): boolean {
  // A target that only warns of the rows it left out (MySQL's LOAD DATA LOCAL) has them refused by its engine.
  if (error instanceof GodwitError) return error.code === "GW7002";
  return !otherReasons.has(engine.errors.classify(error).kind);
}

/** A row's text is kept up to this length: it is held in memory, and is one value of the quarantine. */
const mostTextBytes = 8 << 20;
/** Of a value, so many bytes are told. */
const mostToldBytes = 64;

export interface RefusedOptions {
  readonly engine: Engine;
  /** In an open transaction, in which the rows that fit stay. */
  readonly session: Session;
  readonly table: CopyTable;
  readonly rows: AsyncIterable<Uint8Array>;
  /** How many may still be set aside. */
  readonly allowed: number;
  readonly check: () => void;
}

export interface Sorted {
  readonly loaded: bigint;
  readonly refused: readonly RefusedRow[];
}

/**
 * Loads rows of which the target refuses some, by halves: a part that is refused is undone to its savepoint and
 * divided, until the row is alone. So rows before it count, and of two with one key the second is the refused one.
 * Throws GW7002 with the row when no more may be set aside.
 */
export async function sortRefused(options: RefusedOptions): Promise<Sorted> {
  const { engine, session, table, allowed } = options;
  const write = engine.write!;
  await using spool = await SpooledRows.of(options.rows);
  const refused: RefusedRow[] = [];
  let loaded = 0n;
  const load = async (from: number, to: number): Promise<void> => {
    options.check();
    await session.execute("SAVEPOINT godwit_rows");
    try {
      loaded += await write.load(session, writeRequest(table), spool.rows(from, to));
      await session.execute("RELEASE SAVEPOINT godwit_rows");
      return;
    } catch (error) {
      if (!mayBeRows(engine, error)) throw error;
      await session.execute("ROLLBACK TO SAVEPOINT godwit_rows");
      await session.execute("RELEASE SAVEPOINT godwit_rows");
      if (to - from === 1) {
        const bytes = await spool.row(from, mostTextBytes);
        const blamed = write.blame(error);
        const isTooLong = error instanceof GodwitError && error.details["limitBytes"] !== undefined;
        const column = isTooLong ? widestColumn(table, bytes) : blamed.column;
        const row = describe(table, bytes, { ...blamed, column });
        if (refused.length >= allowed) throw refusedRow(engine, table, row, error, refused.length + 1);
        refused.push(row);
        return;
      }
    }
    const middle = (from + to) >> 1;
    await load(from, middle);
    await load(middle, to);
  };
  if (spool.count > 0) await load(0, spool.count);
  return { loaded, refused };
}

function describe(
  table: CopyTable,
  bytes: Buffer,
  { column, reason }: { readonly column: string | null; readonly reason: string },
): RefusedRow & { readonly value: string | null } {
  const fields = fieldsOf(bytes);
  const index = table.columns.findIndex(({ target }) => target === column);
  const value = fields[index];
  const key = table.key.map(({ name }) => {
    const at = table.columns.findIndex(({ source }) => source === name);
    return (fields[at] ?? Buffer.alloc(0)).toString("utf8");
  });
  // PostgreSQL's text cannot hold U+0000.
  const text = bytes.toString("utf8").replaceAll("\0", "\\000");
  const plain = value === undefined ? null : valueOf(value, table.columns[index]!);
  return { key, column, reason, text, value: plain === null ? null : hexOf(plain) };
}

/** Of a row that is too long as a whole; of its text the beginning is enough, for it ends in that column if anywhere. */
function widestColumn({ columns }: CopyTable, bytes: Buffer): string | null {
  const lengths = fieldsOf(bytes).map((field) => field.length);
  return columns[lengths.indexOf(Math.max(...lengths))]?.target ?? null;
}

/** Without COPY's escapes; null is NULL. A text that came as its bytes is the bytes. */
function valueOf(field: Buffer, { encoding }: CopyColumn): Buffer | "NULL" {
  const text = field.toString("latin1");
  if (text === "\\N") return "NULL";
  if (encoding !== undefined) return Buffer.from(text, "hex");
  return Buffer.from(
    text.replaceAll(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter),
    "latin1",
  );
}

function hexOf(plain: Buffer | "NULL"): string {
  if (plain === "NULL") return plain;
  const told = plain.subarray(0, mostToldBytes).toString("hex");
  return `\\x${told}${plain.length > mostToldBytes ? `… (${plain.length} bytes)` : ""}`;
}

const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r" };

function fieldsOf(row: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let from = 0;
  for (let tab = row.indexOf(9); tab !== -1; tab = row.indexOf(9, from)) {
    fields.push(row.subarray(from, tab));
    from = tab + 1;
  }
  fields.push(row.subarray(from));
  return fields;
}

function refusedRow(
  engine: Engine,
  table: CopyTable,
  row: ReturnType<typeof describe>,
  error: unknown,
  nth: number,
): GodwitError {
  const name = tableKey(table.target);
  const { native } = engine.errors.classify(error instanceof GodwitError ? error.cause : error);
  const where = [
    row.key.length === 0 ? "a row" : `row ${row.key.join(", ")}`,
    row.column === null ? null : `column ${row.column}`,
    row.value === null ? null : `value ${row.value}`,
  ];
  const more = nth > 1 ? `; ${nth - 1} rows were to be set aside before it, and no more may be` : "";
  return new GodwitError("GW7002", {
    message: `${name}, ${where.filter((part) => part !== null).join(", ")}: ${row.reason}${more}`,
    details: { table: name, key: row.key, column: row.column, value: row.value, kind: "other", native },
    cause: error,
  });
}
