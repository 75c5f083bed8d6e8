import type { CopyColumn, CopyTable } from "../../core/plan.ts";
import { withEncoding } from "../../core/with-encoding.ts";
import type { KeyColumn, ReadRequest, WriteRequest } from "../../engines/data-roles.ts";
import type { ChunkRecord } from "../chunk-ledger.ts";

export function readRequest(
  table: CopyTable,
  { range }: Pick<ChunkRecord, "range">,
  form: ReadRequest["form"],
): ReadRequest {
  return {
    table: table.source,
    columns: table.columns.map((column) => {
      const { source, value, from, to, accepts = [] } = column;
      return {
        name: source,
        value,
        from,
        to,
        accepts,
        ...withEncoding(column),
        trimmed: table.readBack === true && isTrimmed(column),
      };
    }),
    key: table.key,
    range,
    where: table.where,
    form,
  };
}

/** The rows of the target in the form in which they were sent to it. */
export function readBackRequest(
  table: CopyTable,
  range: ReadRequest["range"],
  form: ReadRequest["form"],
): ReadRequest {
  return {
    table: table.target,
    columns: table.columns.map((column) => {
      const { target, to } = column;
      return {
        name: target,
        value: null,
        from: to,
        to,
        ...withEncoding(column),
        trimmed: isTrimmed(column),
      };
    }),
    key: targetKey(table),
    range,
    where: null,
    form,
  };
}

/** The key by which the source is cut, under the target's names; empty where not all of it is copied. */
export function targetKey({ key, columns }: CopyTable): KeyColumn[] {
  const found = key.flatMap(({ name }) => columns.find(({ source }) => source === name) ?? []);
  if (found.length < key.length) return [];
  return found.map((column) => {
    const { target, to } = column;
    return Object.assign({ name: target, type: to }, withEncoding(column));
  });
}

/** Servers differ in the zeros at the end of a fraction, but where the target keeps the text of a number. */
function isTrimmed({ to, sql }: CopyColumn): boolean {
  return fractions.has(to.kind) && !/text|char/i.test(sql);
}

const fractions: ReadonlySet<string> = new Set(["decimal", "float", "time", "timestamp"]);

export function writeRequest(table: CopyTable): WriteRequest {
  return {
    table: table.target,
    columns: table.columns.map((column) => {
      const { target, to, sql } = column;
      return { name: target, type: to, sql, ...withEncoding(column) };
    }),
    upsertBy: table.upsertBy,
  };
}
