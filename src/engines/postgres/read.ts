import type { PortableColumn, PortableType } from "../../core/portable.ts";
import type { ReadColumn, ReadRequest, ReadRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { copyOut } from "./copy-out.ts";
import { expressionSql, rangeSql, tableKind, valueSql, whereSql } from "./table-source.ts";
import { plainEscapes } from "./wire-escapes.ts";
import { wireSql } from "./wire-form.ts";

export const read: ReadRole = { rows, native, isNative };

async function* rows(session: Session, request: ReadRequest): AsyncGenerator<Uint8Array> {
  const columns = request.columns.map((column) =>
    trimmedSql(wireSql(valueSql(column), column.from, column.to, request.form), column),
  );
  const transform = request.columns.some(({ from }) => mayHoldControls(from)) ? plainEscapes() : undefined;
  yield* copyOut(session, `COPY (${await selection(session, request, columns)}) TO STDOUT`, transform);
}

/** The server prints no zeros at the end of a second's digits by itself. */
function trimmedSql(sql: string, { trimmed = false, from }: ReadColumn): string {
  return trimmed && from.kind === "decimal" ? `trim_scale(${sql})` : sql;
}

/** Binary COPY: about the speed of text here, but the target has nothing to parse. */
async function* native(session: Session, request: ReadRequest): AsyncGenerator<Uint8Array> {
  const columns = request.columns.map((column) => {
    if (carriesOids(column.from))
      throw new Error(`column ${column.name} holds numbers of types in its binary form; read it as text`);
    return valueSql(column);
  });
  yield* copyOut(session, `COPY (${await selection(session, request, columns)}) TO STDOUT (FORMAT binary)`);
}

async function selection(
  session: Session,
  request: ReadRequest,
  columns: readonly string[],
): Promise<string> {
  const { from } = await tableKind(session, request.table);
  const where = whereSql([
    rangeSql(request.range, request.key),
    request.where === null ? null : expressionSql(request.where),
  ]);
  return `SELECT ${columns.join(", ")} FROM ${from}${where}`;
}

function mayHoldControls({ kind }: PortableType): boolean {
  return ["text", "json", "enum", "array", "native", "any"].includes(kind);
}

function isNative({ type, declared }: PortableColumn): boolean {
  // Money is a decimal, but in binary a number of cents.
  if (type.kind === "decimal") return declared.startsWith("numeric");
  if (type.kind === "array" && type.of.kind === "decimal") return declared.startsWith("numeric");
  return !carriesOids(type);
}

/** Arrays name the type of their elements by its number, which of a user's type differs between databases. */
function carriesOids(type: PortableType): boolean {
  return (
    type.kind === "native" || (type.kind === "array" && ["enum", "native", "array"].includes(type.of.kind))
  );
}
