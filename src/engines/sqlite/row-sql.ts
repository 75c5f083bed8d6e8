import type { ReadColumn, ReadRequest } from "../data-roles.ts";
import type { TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { printed } from "./value-sql.ts";
import { exactField, quickField, taggedField, type WireField } from "./wire-form.ts";

export interface RowSql {
  readonly tagged: boolean;
  /** A row as COPY text with its newline. */
  readonly exact: string;
  readonly quick: string | null;
  readonly odd: string;
  /** What of the quick form may need escapes, joined; null: nothing. */
  readonly escapes: string | null;
}

export function rowSql(request: ReadRequest, shape: TableShape, tagged: boolean): RowSql {
  const fields = request.columns.map((column) => fieldOf(column, shape));
  const joined = (parts: readonly string[]) => `concat(${parts.join(",'\t',")},'\n')`;
  if (tagged) {
    const exact = joined(fields.map((field) => taggedField(field.value)));
    return { tagged, exact, quick: null, odd: "0", escapes: null };
  }
  const exact = joined(fields.map((field) => exactField(field, request.form)));
  const quick = fields.map(
    (field) =>
      quickField(field, request.form) ?? { sql: exactField(field, request.form), odd: null, escapes: false },
  );
  const some = fields.some((field) => quickField(field, request.form) !== null);
  const odd = quick.flatMap((field) => (field.odd === null ? [] : [`(${field.odd})`]));
  const escapes = fields.flatMap((field, i) => (quick[i]!.escapes ? [field.value] : []));
  return {
    tagged,
    exact,
    // In UTF-16 the bytes of a BLOB would not show what has to be escaped.
    quick: some && shape.utf16 === false ? joined(quick.map((field) => field.sql)) : null,
    odd: odd.length === 0 ? "0" : odd.join(" OR "),
    escapes: escapes.length === 0 ? null : `concat(${escapes.join(",")})`,
  };
}

export function fieldOf(column: ReadColumn, shape: TableShape): WireField {
  const { from, to } = column;
  if (column.value !== null)
    return { value: `(${printed(column.value)})`, affinity: "blob", enforced: false, from, to };
  const known = shape.columns.get(column.name.toLowerCase());
  const any = known?.affinity === "blob" && /^any$/i.test(known.declared);
  return {
    value: traits.quote(column.name),
    affinity: known?.affinity ?? "blob",
    enforced: (shape.strict && !any) || known?.name === shape.rowidColumn,
    from,
    to,
  };
}

export function toUtf8(bytes: Uint8Array, order: "le" | "be"): Uint8Array {
  const buffer = Buffer.from(bytes);
  return Buffer.from((order === "be" ? buffer.swap16() : buffer).toString("utf16le"));
}
