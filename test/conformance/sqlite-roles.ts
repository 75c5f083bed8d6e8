import { DatabaseSync } from "node:sqlite";
import type { PortableType } from "../../src/core/portable.ts";
import type { KeyColumn, Range, ReadRequest } from "../../src/engines/data-roles.ts";

// The driver is used here directly, as an oracle of its own.

export const types = {
  integer: { kind: "integer", bits: 64, unsigned: false },
  boolean: { kind: "boolean" },
  decimal: { kind: "decimal", precision: 10, scale: 2 },
  numeric: { kind: "decimal", precision: null, scale: null },
  float: { kind: "float", bits: 64 },
  text: { kind: "text", length: null, fixed: false },
  bytes: { kind: "bytes", length: null, fixed: false },
  date: { kind: "date" },
  time: { kind: "time", precision: 6, zone: false, signed: false },
  timestamp: { kind: "timestamp", precision: 6, zone: false },
  uuid: { kind: "uuid" },
  json: { kind: "json", binary: false },
  any: { kind: "any" },
} as const satisfies Record<string, PortableType>;

/** Runs statements on a file by a connection of its own. */
export function execute(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

export function select(path: string, sql: string): unknown[][] {
  const database = new DatabaseSync(path, { readBigInts: true });
  try {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all() as unknown as unknown[][];
  } finally {
    database.close();
  }
}

export function readRequest(
  table: string,
  columns: Readonly<Record<string, PortableType | readonly [PortableType, PortableType]>>,
  options: {
    readonly key?: readonly KeyColumn[];
    readonly range?: Range;
    readonly bytesPrefix?: string;
  } = {},
): ReadRequest {
  return {
    table: { schema: "", name: table },
    columns: Object.entries(columns).map(([name, type]) => {
      const [from, to] = Array.isArray(type) ? type : [type, type];
      return { name, value: null, from, to };
    }),
    key: options.key ?? [],
    range: options.range ?? { by: "all" },
    where: null,
    form: { bytesPrefix: options.bytesPrefix ?? "" },
  };
}

export async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

export async function lines(pieces: AsyncIterable<Uint8Array>): Promise<string[]> {
  const text = (await gather(pieces)).toString();
  return text === "" ? [] : text.slice(0, -1).split("\n");
}
