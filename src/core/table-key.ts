import type { TableName } from "./portable.ts";

/** A table's name in the ledger, in events and for people: "public.orders". Two tables never have one. */
export function tableKey({ schema, name }: TableName): string {
  return schema === "" ? plain(name) : `${plain(schema)}.${plain(name)}`;
}

function plain(name: string): string {
  return /^[^\s."\\]+$/.test(name) ? name : JSON.stringify(name);
}
