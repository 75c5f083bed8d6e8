import type { CopyTable } from "../../core/plan.ts";
import type { ReadRequest, WriteRequest } from "../../engines/data-roles.ts";
import type { ChunkRecord } from "../chunk-ledger.ts";

export function readRequest(
  table: CopyTable,
  { range }: Pick<ChunkRecord, "range">,
  form: ReadRequest["form"],
): ReadRequest {
  return {
    table: table.source,
    columns: table.columns.map(({ source, value, from, to, accepts = [] }) => {
      return { name: source, value, from, to, accepts };
    }),
    key: table.key,
    range,
    where: table.where,
    form,
  };
}

export function writeRequest(table: CopyTable): WriteRequest {
  return {
    table: table.target,
    columns: table.columns.map(({ target, to, sql }) => ({ name: target, type: to, sql })),
    upsertBy: table.upsertBy,
  };
}
