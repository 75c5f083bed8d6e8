import type { WireForm } from "../data-roles.ts";
import { type RawKind, rawLeastMark, rawNull, rawOdd } from "./raw-rows.ts";
import { exactField, isText, type WireField } from "./wire-form.ts";

/** One column in the quick form: its SQL, never NULL, and what its bytes then have to be. */
export interface RawField {
  readonly sql: string;
  readonly kind: RawKind;
  /** It is the exact form itself, with nothing escaped. */
  readonly isExact: boolean;
}

/**
 * The SQL tells apart what bytes cannot: the storage classes. Numbers come before texts and texts before blobs in
 * SQLite's order, so that a comparison does it, and no function is called.
 */
export function rawField(field: WireField, form: WireForm): RawField {
  const { value, affinity, enforced, from, to } = field;
  if (field.exactOnly) return exactly(field, form);
  const usual = (kind: RawKind, isUsual: string, sql = value): RawField => {
    return {
      sql: `CASE WHEN ${isUsual} THEN ${sql} WHEN ${value} IS NULL THEN ${rawNull} ELSE ${rawOdd} END`,
      kind,
      isExact: false,
    };
  };
  // Without the sign, SQLite would try for each value whether '' is a number.
  const isNumber = `+${value} < ''`;
  const number = from.kind === "integer" || from.kind === "boolean" || from.kind === "year";
  if (number && (to.kind === "integer" || to.kind === "boolean" || (to.kind === "decimal" && enforced))) {
    if (enforced) return { sql: `ifnull(${value},${rawNull})`, kind: "integer", isExact: false };
    return usual("integer", isNumber);
  }
  // 17 digits always read back as the same double (300,000 random ones were tried), though they are not always
  // the shortest that do. A REAL column has no -0: it is stored as 0.
  if (from.kind === "float" && to.kind === "float" && affinity === "real") return usual("float", isNumber);
  if (from.kind === "decimal" && to.kind === "decimal" && affinity !== "text") {
    return usual("decimal", isNumber);
  }
  if (from.kind === "bytes" && to.kind === "bytes") {
    const prefix = form.bytesPrefix === "" ? "" : `'${form.bytesPrefix.replaceAll("'", "''")}'||`;
    return usual("bytes", `${value} >= x''`, `${prefix}hex(${value})`);
  }
  // Only a text is less than the mark and has as many bytes as one.
  const isUnmarked = `+${value} COLLATE BINARY < ${rawLeastMark}`;
  if (to.kind === "timestamp" || to.kind === "date" || to.kind === "time") return usual(to.kind, isUnmarked);
  // Our own tables keep most types as their wire form in TEXT.
  if (
    (isText(from) && isText(to)) ||
    (affinity === "text" && from.kind === to.kind && from.kind !== "bytes")
  ) {
    // A number in a text column is no text, and comes before all of them.
    const isUsual = affinity === "text" || enforced ? isUnmarked : `+${value} >= '' AND ${isUnmarked}`;
    return usual("text", isUsual, to.kind === "uuid" ? `lower(${value})` : value);
  }
  return exactly(field, form);
}

function exactly(field: WireField, form: WireForm): RawField {
  const exact = exactField(field, { ...form, raw: true });
  const { value } = field;
  return {
    sql: `CASE WHEN +${value} COLLATE BINARY >= ${rawLeastMark} AND ${value} < x'' THEN ${rawOdd} ELSE ${exact} END`,
    kind: "text",
    isExact: true,
  };
}
