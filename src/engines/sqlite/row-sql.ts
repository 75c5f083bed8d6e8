import type { ReadColumn, ReadRequest } from "../data-roles.ts";
import { acceptedSql } from "./accepted-value.ts";
import { anyOf, between, concatOf } from "./many.ts";
import { rawFieldEnd, rawNull, rawRowEnd } from "./raw-rows.ts";
import type { TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { printed } from "./value-sql.ts";
import { exactField, quickField, taggedField, type WireField } from "./wire-form.ts";

export interface RowSql {
  readonly tagged: boolean;
  readonly fields: number;
  /** A row as COPY text with its newline. */
  readonly exact: string;
  /** A row as raw-rows has it; null where there is no quicker form. */
  readonly quick: string | null;
  /** True of a row that needs the exact form. */
  readonly odd: string;
}

export function rowSql(request: ReadRequest, shape: TableShape, tagged: boolean): RowSql {
  const fields = request.columns.map((column) => fieldOf(column, shape));
  const joined = (parts: readonly string[]) => concatOf([...between(parts, "'\t'"), "'\n'"]);
  if (tagged) {
    const exact = joined(fields.map((field) => taggedField(field.value)));
    return { tagged, fields: fields.length, exact, quick: null, odd: "0" };
  }
  const form = { ...request.form, raw: false };
  const raw = { ...request.form, raw: true };
  const quick = fields.map((field) => quickField(field, raw));
  const sql = fields.map((field, i) => quick[i]?.sql ?? exactField(field, raw));
  const odd = quick.flatMap((field) => (typeof field?.odd === "string" ? [`(${field.odd})`] : []));
  // A text of bytes that are no UTF-8 must not pass for the mark of a NULL.
  const marks = fields.flatMap((field, i) =>
    quick[i]?.isDigits === true ? [] : [`${field.value} = ${rawNull}`],
  );
  // In UTF-16 the marks are no bytes of their own.
  const hasQuick = quick.some((field) => field !== null) && shape.utf16 === false;
  return {
    tagged,
    fields: fields.length,
    exact: joined(fields.map((field) => exactField(field, form))),
    quick: hasQuick ? concatOf([...between(sql, rawFieldEnd), rawRowEnd]) : null,
    odd: anyOf([...odd, ...marks]),
  };
}

export function fieldOf(column: ReadColumn, shape: TableShape): WireField {
  const field = plainField(column, shape);
  const { accepts = [], to } = column;
  if (accepts.length === 0) return field;
  const value = acceptedSql(field.value, accepts, to, shape.utf16);
  return { ...field, value, affinity: "blob", enforced: false, exactOnly: true };
}

function plainField(column: ReadColumn, shape: TableShape): WireField {
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
