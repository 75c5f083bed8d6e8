import type { TableName } from "../../core/portable.ts";
import { traits } from "./traits.ts";

/** `schema`.`table`, or the table alone, which is then of the session's database. */
export function tableText(table: TableName): string {
  return table.schema === ""
    ? traits.quote(table.name)
    : `${traits.quote(table.schema)}.${traits.quote(table.name)}`;
}

/** A string literal that means the same under every sql_mode. */
export function textLiteral(value: string): string {
  return value === "" ? "''" : `_utf8mb4 x'${Buffer.from(value).toString("hex")}'`;
}

/** The same without a character set: what it stands beside decides nothing. */
export function bytesLiteral(value: string | Uint8Array): string {
  const hex = Buffer.from(value as string).toString("hex");
  return hex === "" ? "_binary''" : `_binary x'${hex}'`;
}

/** Text for DDL: readable, under a sql_mode with backslash escapes. */
export function plainLiteral(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\0", "\\0")}'`;
}

export function labelList(labels: readonly string[]): string {
  return labels.map(plainLiteral).join(",");
}

export function nameList(names: readonly string[]): string {
  return names.map(traits.quote).join(", ");
}
