import type { PortableType } from "../../core/portable.ts";
import type { WireForm } from "../data-roles.ts";
import { literal } from "./sql-text.ts";

/**
 * The expression whose text, as the server prints it under `dataSettings`, is the value of `sql` in the form that
 * a target of type `to` reads. COPY calls a type's own output, so most types need nothing.
 */
export function wireSql(sql: string, from: PortableType, to: PortableType, form: WireForm): string {
  if (to.kind === "json" && from.kind === "array") return `to_json(${sql})`;
  if (to.kind === "array" && from.kind === "json")
    return `(SELECT array_agg(e ORDER BY n) FROM jsonb_array_elements_text((${sql})::jsonb) WITH ORDINALITY AS a(e, n))`;
  if (to.kind === "set" && from.kind === "array") return `array_to_string(${sql}, ',')`;
  if (to.kind === "bytes") return bytesSql(sql, from, form);
  switch (from.kind) {
    case "boolean":
      return `(${sql})::int4`;
    case "decimal":
      // Without effect on numeric; money would be printed with a currency's sign.
      return `(${sql})::numeric`;
    case "bytes":
      return `encode(${sql}, 'hex')`;
    case "bits":
      return to.kind === "integer" || to.kind === "decimal" ? bitsNumber(sql) : sql;
    case "integer":
      return to.kind === "bits" ? `(${sql})::int8::bit(${to.length})` : sql;
    case "date":
      return to.kind === "timestamp" ? `(${sql})::timestamp` : sql;
    case "timestamp": {
      // In UTC and without an offset.
      const plain = from.zone ? `((${sql}) AT TIME ZONE 'UTC')` : sql;
      if (to.kind === "date") return `(${plain})::date`;
      return to.kind === "time" ? `(${plain})::time` : plain;
    }
    case "interval":
      // Hours beyond a day instead of days. By way of digits, since seconds as a float would lose some.
      return to.kind === "time" ? `((extract(epoch FROM ${sql})::text || ' s')::interval)` : sql;
    default:
      return sql;
  }
}

/** The number that bits are. A cast to more bits would put the zeros behind them. */
export function bitsNumber(sql: string): string {
  return `lpad((${sql})::text, 64, '0')::bit(64)::int8`;
}

function bytesSql(sql: string, from: PortableType, form: WireForm): string {
  const bytes =
    from.kind === "bytes"
      ? sql
      : from.kind === "uuid"
        ? `decode(replace((${sql})::text, '-', ''), 'hex')`
        : `convert_to((${sql})::text, 'UTF8')`;
  // What the server prints by itself, at no cost.
  if (form.bytesPrefix === postgresBytesPrefix) return bytes;
  const hex = `encode(${bytes}, 'hex')`;
  if (form.bytesPrefix === "") return hex;
  // COPY writes the escapes of the prefix again.
  return `${literal(form.bytesPrefix.replaceAll("\\\\", "\\"))} || ${hex}`;
}

/** As bytes of COPY text: the server reads \x. */
export const postgresBytesPrefix = "\\\\x";
