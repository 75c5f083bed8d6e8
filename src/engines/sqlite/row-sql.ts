import type { ReadColumn, ReadRequest } from "../data-roles.ts";
import { acceptedSql } from "./accepted-value.ts";
import { between, concatOf, joinedBy } from "./many.ts";
import { rawField } from "./raw-field.ts";
import { rawFieldEnd, type RawKind } from "./raw-rows.ts";
import type { TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import { printed } from "./value-sql.ts";
import { exactField, taggedField, type WireField } from "./wire-form.ts";

export interface RowSql {
  readonly tagged: boolean;
  /** A row as COPY text with its newline. */
  readonly exact: string;
  /** A row as raw-rows has it; null where there is no quicker form. */
  readonly quick: string | null;
  /** What the fields of the quick form have to be. */
  readonly fields: readonly RawKind[];
  /** How many bytes stand before those of bytes. */
  readonly prefixBytes: number;
  /** As in RawShape; also of the exact form, from which the program takes them. */
  readonly trimmed: readonly boolean[];
  /** True of a row that needs the exact form; null where the fields themselves tell. */
  readonly odd: string | null;
}

export function rowSql(request: ReadRequest, shape: TableShape, tagged: boolean): RowSql {
  const fields = request.columns.map((column) => fieldOf(column, shape));
  const joined = (parts: readonly string[]) => concatOf([...between(parts, "'\t'"), "'\n'"]);
  const prefixBytes = Buffer.byteLength(request.form.bytesPrefix);
  if (tagged) {
    const exact = joined(fields.map((field) => taggedField(field.value)));
    return { tagged, exact, quick: null, fields: [], prefixBytes, trimmed: [], odd: null };
  }
  const raw = fields.map((field) => rawField(field, request.form));
  // In UTF-16 the marks are no bytes of their own.
  const hasQuick = raw.some(({ isExact }) => !isExact) && shape.utf16 === false;
  return {
    tagged,
    exact: joined(fields.map((field) => exactField(field, { ...request.form, raw: false }))),
    // A last empty text has the mark before it that ends the row's last field.
    quick: hasQuick ? joinedBy(rawFieldEnd, [...raw.map(({ sql }) => sql), "''"]) : null,
    fields: raw.map(({ kind }) => kind),
    prefixBytes,
    trimmed: request.columns.map(({ trimmed = false }) => trimmed),
    odd: null,
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
