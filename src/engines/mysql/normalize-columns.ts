import type { PortableColumn, PortableDefault, PortableType } from "../../core/portable.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Row } from "../engine.ts";
import { withEncoding } from "../../core/with-encoding.ts";
import { collationOf, columnType } from "./column-type.ts";
import { toColumn, unescaped } from "./inspect-columns.ts";
import { withoutDatabase } from "./inspect-objects.ts";
import { encodingOf } from "./undefined-bytes.ts";

export interface ColumnContext {
  readonly table: Row;
  readonly mariaDb: boolean;
  readonly database: string;
  /** Collations that count trailing spaces. */
  readonly nopad: ReadonlySet<string>;
  /** Whether a column of this name is MariaDB's JSON. */
  readonly isJson: (column: string) => boolean;
}

export function normalizeColumn(row: Row, context: ColumnContext): PortableColumn {
  const { table, mariaDb } = context;
  const name = String(row.COLUMN_NAME);
  const extra = String(row.EXTRA ?? "");
  const type = columnType(row, context.isJson(name));
  const generation = unescaped(String(row.GENERATION_EXPRESSION ?? ""), mariaDb);
  const counter = /auto_increment/i.test(extra);
  const comment = String(row.COLUMN_COMMENT ?? "");
  const charset = row.CHARACTER_SET_NAME;
  const encoding = type.kind === "text" && typeof charset === "string" ? encodingOf(charset) : undefined;
  return {
    name,
    type,
    declared: String(row.COLUMN_TYPE),
    nullable: row.IS_NULLABLE === "YES",
    default: generation === "" ? defaultOf(row, context) : null,
    identity: counter
      ? {
          always: false,
          next: table.AUTO_INCREMENT === null ? null : String(table.AUTO_INCREMENT),
          increment: "1",
        }
      : null,
    generated:
      generation === ""
        ? null
        : {
            expression: parseExpression(generation, "mysql"),
            text: generation,
            stored: /STORED|PERSISTENT/i.test(extra),
          },
    ...(isRowTime(generation) ? { ofVersion: true } : {}),
    onUpdateNow: /on update current_timestamp/i.test(extra),
    collation: type.kind === "json" || type.kind === "uuid" ? null : collationOf(row, context),
    ...withEncoding({ encoding }),
    ...besideType(String(row.COLUMN_TYPE), type),
    comment: comment === "" ? null : comment,
  };
}

/** What a number's declaration says beside its type. */
function besideType(declared: string, { kind }: PortableType): Pick<PortableColumn, "beside"> {
  if (kind !== "integer" && kind !== "decimal" && kind !== "float") return {};
  const scale = kind === "float" ? /,(\d+)\)/.exec(declared)?.[1] : undefined;
  const beside = [
    ...(/ zerofill$/i.test(declared) ? ["the zeros before its digits (ZEROFILL)"] : []),
    ...(kind !== "integer" && / unsigned\b/i.test(declared) ? ["that it is never negative (UNSIGNED)"] : []),
    ...(scale === undefined ? [] : [`that it is rounded to ${scale} digits after the point`]),
  ];
  return beside.length === 0 ? {} : { beside };
}

/** Of a table with system versioning. */
export function isRowTime(generation: string): boolean {
  return /^ROW (START|END)$/i.test(generation);
}

/** Whether it is when the version of a row was taken away. */
export function isRowEnd(row: Row): boolean {
  return /^ROW END$/i.test(String(row.GENERATION_EXPRESSION ?? ""));
}

/** MariaDB gives SQL text, MySQL a bare value, or an expression and says so. */
function defaultOf(row: Row, context: ColumnContext): PortableDefault | null {
  const given = row.COLUMN_DEFAULT;
  // Of bytes MySQL gives hexadecimal digits.
  const bytes =
    !context.mariaDb && /binary|blob/i.test(String(row.DATA_TYPE)) && /^0x[0-9a-f]*$/i.test(String(given));
  const digits = `X'${String(given).slice(2)}'`;
  const text = bytes
    ? /DEFAULT_GENERATED/i.test(String(row.EXTRA))
      ? `(${digits})`
      : digits
    : (toColumn(row, context).default?.replace(/ ON UPDATE CURRENT_TIMESTAMP(\(\d+\))?$/, "") ?? null);
  if (text === null || text === "NULL") return null;
  // A bare value, in which a backslash is itself.
  if (!context.mariaDb && !bytes && text.startsWith("'")) {
    return { expression: { kind: "string", value: String(given) }, text };
  }
  const bits = /^b'([01]+)'$/i.exec(text)?.[1];
  // b'101' is a number where a number is wanted; as bits it is digits.
  if (bits !== undefined) return { expression: { kind: "string", value: bits }, text };
  return { expression: parseExpression(text, "mysql"), text: withoutDatabase(text, context.database) };
}
