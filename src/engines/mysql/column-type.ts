import type { PortableCollation, PortableType } from "../../core/portable.ts";
import type { Row } from "../engine.ts";

/**
 * A column's neutral type from its row of information_schema.COLUMNS. `json` is MariaDB's: a longtext with the check
 * json_valid. tinyint(1) stays a number, because nothing keeps a 2 out of it; renderers see it in the declaration.
 */
export function columnType(row: Row, json: boolean): PortableType {
  const name = String(row.DATA_TYPE).toLowerCase();
  const declared = String(row.COLUMN_TYPE);
  const unsigned = /\bunsigned\b/i.test(declared);
  const precision = Number(row.DATETIME_PRECISION ?? 0);
  const length = Number(row.CHARACTER_MAXIMUM_LENGTH ?? 0);
  switch (name) {
    case "tinyint":
      return { kind: "integer", bits: 8, unsigned };
    case "smallint":
      return { kind: "integer", bits: 16, unsigned };
    case "mediumint":
      return { kind: "integer", bits: 24, unsigned };
    case "int":
      return { kind: "integer", bits: 32, unsigned };
    case "bigint":
      return { kind: "integer", bits: 64, unsigned };
    case "decimal":
      return { kind: "decimal", precision: Number(row.NUMERIC_PRECISION), scale: Number(row.NUMERIC_SCALE) };
    case "float":
      return { kind: "float", bits: 32 };
    case "double":
      return { kind: "float", bits: 64 };
    case "bit":
      return { kind: "bits", length: Number(row.NUMERIC_PRECISION), varying: false };
    case "date":
      return { kind: "date" };
    case "time":
      return { kind: "time", precision, zone: false, signed: true };
    case "datetime":
      return { kind: "timestamp", precision, zone: false };
    case "timestamp":
      return { kind: "timestamp", precision, zone: true };
    case "year":
      return { kind: "year" };
    case "char":
    case "varchar":
      return { kind: "text", length, fixed: name === "char" };
    case "binary":
    case "varbinary":
      return { kind: "bytes", length, fixed: name === "binary" };
    case "json":
      return { kind: "json", binary: true };
    case "uuid":
      return { kind: "uuid" };
    case "enum":
      return { kind: "enum", name: null, labels: labelsOf(declared) };
    case "set":
      return { kind: "set", labels: labelsOf(declared) };
    default:
      if (name.endsWith("text")) {
        return json ? { kind: "json", binary: false } : { kind: "text", length: null, fixed: false };
      }
      if (name.endsWith("blob")) return { kind: "bytes", length: null, fixed: false };
      return { kind: "native", name };
  }
}

/** The labels of "enum('a','it''s')": quotes are doubled, and a backslash stands before what does not print. */
export function labelsOf(declared: string): string[] {
  const inside = declared.slice(declared.indexOf("(") + 1, declared.lastIndexOf(")"));
  return [...inside.matchAll(/'((?:[^'\\]|''|\\.)*)'/gs)].map((match) => withoutEscapes(match[1]!));
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0", Z: "\x1a" };

/** What stands between the quotes of a literal, as the text that it is. */
export function withoutEscapes(body: string): string {
  return body.replaceAll(/''|\\(.)/gs, (_, escaped: string | undefined) =>
    escaped === undefined ? "'" : (escapes[escaped] ?? escaped),
  );
}

/** `nopad` has MySQL's names of collations that count trailing spaces; MariaDB says it in the name. */
export function collationOf(
  row: Row,
  { nopad, mariaDb }: { readonly nopad: ReadonlySet<string>; readonly mariaDb: boolean },
): PortableCollation | null {
  if (row.COLLATION_NAME === null || row.COLLATION_NAME === undefined) return null;
  const name = String(row.COLLATION_NAME);
  if (name === "binary") return null;
  const counts = countsOf(name);
  const rules = rulesName(name, mariaDb);
  return {
    ...counts,
    ...(rules === name ? {} : { rules }),
    padSpace: counts.padSpace && !nopad.has(name),
  };
}

/**
 * The one collation that both servers have under a name and not with one order: only MySQL's takes dŽ, lJ and nJ for
 * the letters dž, lj and nj. MariaDB has that one, too, under a name that says whose it is.
 */
export function rulesName(name: string, mariaDb: boolean): string {
  return mariaDb ? name : name.replace(/_croatian_ci$/, "_croatian_mysql561_ci");
}

/** What a collation does by its name, which is all but for a few of MySQL's that count trailing spaces. */
export function countsOf(name: string): PortableCollation {
  // Of two levels, the second of which are accents.
  const isOfTwo = name.endsWith("_w2");
  const caseInsensitive = isOfTwo || /_ci(_|$)/.test(name);
  return {
    name,
    caseInsensitive,
    // Unless it says otherwise, what ignores case ignores accents.
    accentInsensitive:
      /_ai(_|$)/.test(name) || (caseInsensitive && !isOfTwo && !/_(?:as|tolower)(_|$)/.test(name)),
    padSpace: !/_(?:nopad|0900)_/.test(name),
  };
}
