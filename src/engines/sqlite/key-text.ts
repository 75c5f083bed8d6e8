import type { KeyColumn } from "../data-roles.ts";
import { traits } from "./traits.ts";

/** A key's value as text, in SQL; it calls the wire functions. */
export function keyText({ name, type }: KeyColumn): string {
  const value = traits.quote(name);
  if (type.kind === "bytes") return `lower(hex(${value}))`;
  if (type.kind === "float") return `godwit_float(${value})`;
  return type.kind === "decimal" ? `godwit_decimal(${value})` : `CAST(${value} AS TEXT)`;
}
