import type { Dialect } from "./dialect.ts";
import { formCalled } from "./forms.ts";

/**
 * Functions that mean the same in the dialects that name them, by the neutral name, which is PostgreSQL's. A dialect
 * without a spelling has none. Left out on purpose: those whose meaning differs in corners that data reach (concat
 * with NULL, round of floats, date formats, regular expressions).
 */
export const functionNames: Readonly<Record<string, Readonly<Partial<Record<Dialect, string>>>>> = {
  lower: { postgres: "lower", mysql: "lower", sqlite: "lower" },
  upper: { postgres: "upper", mysql: "upper", sqlite: "upper" },
  // Of characters; MySQL's LENGTH counts bytes.
  length: { postgres: "length", mysql: "char_length", sqlite: "length" },
  octet_length: { postgres: "octet_length", mysql: "length", sqlite: "octet_length" },
  btrim: { postgres: "btrim", mysql: "trim", sqlite: "trim" },
  ltrim: { postgres: "ltrim", mysql: "ltrim", sqlite: "ltrim" },
  rtrim: { postgres: "rtrim", mysql: "rtrim", sqlite: "rtrim" },
  substr: { postgres: "substr", mysql: "substr", sqlite: "substr" },
  replace: { postgres: "replace", mysql: "replace", sqlite: "replace" },
  left: { postgres: "left", mysql: "left" },
  right: { postgres: "right", mysql: "right" },
  coalesce: { postgres: "coalesce", mysql: "coalesce", sqlite: "coalesce" },
  nullif: { postgres: "nullif", mysql: "nullif", sqlite: "nullif" },
  abs: { postgres: "abs", mysql: "abs", sqlite: "abs" },
  md5: { postgres: "md5", mysql: "md5" },
  gen_random_uuid: { postgres: "gen_random_uuid", mysql: "uuid" },
};

/** Other spellings of the same, as written in a dialect: lower case. */
const synonyms: Readonly<Record<Dialect, Readonly<Record<string, string>>>> = {
  postgres: { char_length: "length", character_length: "length", trim: "btrim", substring: "substr" },
  mysql: {
    char_length: "length",
    character_length: "length",
    length: "octet_length",
    lcase: "lower",
    ucase: "upper",
    trim: "btrim",
    substring: "substr",
    mid: "substr",
    ifnull: "coalesce",
    uuid: "gen_random_uuid",
  },
  sqlite: { ifnull: "coalesce", trim: "btrim", substring: "substr" },
};

/** The neutral name of a function as a dialect writes it; null where it is not known to mean the same elsewhere. */
export function neutralFunction(written: string, dialect: Dialect): string | null {
  const form = formCalled(written);
  if (form !== null) return form;
  const name = synonyms[dialect][written] ?? written;
  return functionNames[name]?.[dialect] === undefined ? null : name;
}
