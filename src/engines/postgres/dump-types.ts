import type { Session } from "../engine.ts";
import { commentLines, type Comments } from "./dump-comments.ts";
import { literal, type Item } from "./dump-item.ts";
import { groupBy, notOfExtension, rows, userSchema } from "./inspect-catalog.ts";
import type { Relations } from "./inspect-relations.ts";

interface TypeRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly full: string;
  readonly kind: "e" | "d" | "c" | "r";
  readonly relation: string;
  readonly labels: readonly string[] | null;
  readonly base: string | null;
  readonly default: string | null;
  readonly notNull: boolean;
  readonly collation: string | null;
  /** The parts of CREATE TYPE … AS RANGE. */
  readonly range: readonly string[] | null;
}

interface DomainConstraintRow {
  readonly oid: string;
  readonly domain: string;
  readonly quoted: string;
  readonly kind: "c" | "n";
  readonly definition: string;
  readonly validated: boolean;
  /** The server would choose the same name. */
  readonly usual: boolean;
}

/** Enums, domains, composite types and ranges. */
export async function typeItems(
  session: Session,
  version: number,
  { relations, comments }: { readonly relations: Relations; readonly comments: Comments },
): Promise<Item[]> {
  const types = await rows<TypeRow>(session, typeQuery(version));
  const constraints = groupBy(await rows<DomainConstraintRow>(session, domainQuery), (row) => row.domain);
  return types.map((type) => {
    if (type.kind === "d") return domainItem(type, constraints.get(type.oid) ?? [], comments);
    if (type.kind === "c") return compositeItem(type, relations, comments);
    const body =
      type.kind === "e" ? `ENUM (${(type.labels ?? []).map(literal).join(", ")})` : rangeBody(type);
    return item(type, [`CREATE TYPE ${type.full} AS ${body};`], comments);
  });
}

const rangeBody = (type: TypeRow): string => `RANGE (\n  ${(type.range ?? []).join(",\n  ")}\n)`;

function item(
  type: TypeRow,
  lines: readonly string[],
  comments: Comments,
  keys: readonly string[] = [],
): Item {
  const key = `pg_type:${type.oid}`;
  const what = `${type.kind === "d" ? "DOMAIN" : "TYPE"} ${type.full}`;
  return {
    kind: type.kind === "d" ? "domain" : "type",
    schema: type.schema,
    name: type.name,
    keys: [key, ...keys],
    text: [...lines, ...commentLines(comments, [{ what, key }])].join("\n"),
  };
}

function compositeItem(type: TypeRow, relations: Relations, comments: Comments): Item {
  const key = `pg_class:${type.relation}`;
  const columns = relations.columns.get(type.relation) ?? [];
  const clauses = columns.map((column) =>
    [column.quoted, column.type, ...(column.collation === null ? [] : [`COLLATE ${column.collation}`])].join(
      " ",
    ),
  );
  const body = clauses.length === 0 ? "()" : `(\n  ${clauses.join(",\n  ")}\n)`;
  const columnComments = commentLines(
    comments,
    columns.map((column) => ({
      what: `COLUMN ${type.full}.${column.quoted}`,
      key,
      column: column.number,
    })),
  );
  return item(type, [`CREATE TYPE ${type.full} AS ${body};`, ...columnComments], comments, [key]);
}

function domainItem(type: TypeRow, constraints: readonly DomainConstraintRow[], comments: Comments): Item {
  const notNull = constraints.find((one) => one.kind === "n");
  const name = notNull === undefined || notNull.usual ? "" : `CONSTRAINT ${notNull.quoted} `;
  const clauses = [
    ...(type.collation === null ? [] : [`COLLATE ${type.collation}`]),
    ...(type.default === null ? [] : [`DEFAULT ${type.default}`]),
    ...(type.notNull ? [`${name}NOT NULL`] : []),
    ...constraints
      .filter((one) => one.kind === "c" && one.validated)
      .map((one) => `CONSTRAINT ${one.quoted} ${one.definition}`),
  ];
  const lines = [
    `${[`CREATE DOMAIN ${type.full} AS ${type.base}`, ...clauses].join("\n  ")};`,
    ...constraints
      .filter((one) => !one.validated)
      .map((one) => `ALTER DOMAIN ${type.full} ADD CONSTRAINT ${one.quoted} ${one.definition};`),
    ...commentLines(
      comments,
      constraints.map((one) => ({
        what: `CONSTRAINT ${one.quoted} ON DOMAIN ${type.full}`,
        key: `pg_constraint:${one.oid}`,
      })),
    ),
  ];
  return item(
    type,
    lines,
    comments,
    constraints.map((one) => `pg_constraint:${one.oid}`),
  );
}

const typeQuery = (version: number): string => `
  SELECT t.oid::text AS oid, n.nspname AS schema, t.typname AS name,
    format('%I.%I', n.nspname, t.typname) AS "full", t.typtype::text AS kind, t.typrelid::text AS relation,
    (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels,
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base,
    CASE WHEN t.typtype = 'd' THEN coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) END
      AS "default",
    t.typnotnull AS "notNull",
    CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
      THEN format('%I.%I', cn.nspname, co.collname) END AS collation,
    (SELECT array_to_json(array_remove(ARRAY[
        'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
        ${version >= 140000 ? `'MULTIRANGE_TYPE_NAME = ' || format('%I.%I', mn.nspname, m.typname),` : ""}
        CASE WHEN NOT o.opcdefault THEN 'SUBTYPE_OPCLASS = ' || format('%I.%I', opn.nspname, o.opcname) END,
        CASE WHEN r.rngcollation <> 0 AND r.rngcollation <> st.typcollation
          THEN 'COLLATION = ' || format('%I.%I', rn.nspname, rc.collname) END,
        CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || r.rngcanonical::text END,
        CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff::text END], NULL))
     FROM pg_range r JOIN pg_type st ON st.oid = r.rngsubtype JOIN pg_opclass o ON o.oid = r.rngsubopc
       JOIN pg_namespace opn ON opn.oid = o.opcnamespace
       LEFT JOIN pg_collation rc ON rc.oid = r.rngcollation LEFT JOIN pg_namespace rn ON rn.oid = rc.collnamespace
       ${
         version >= 140000
           ? "JOIN pg_type m ON m.oid = r.rngmultitypid JOIN pg_namespace mn ON mn.oid = m.typnamespace"
           : ""
       }
     WHERE r.rngtypid = t.oid) AS range
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    LEFT JOIN pg_type b ON b.oid = t.typbasetype
    LEFT JOIN pg_collation co ON co.oid = t.typcollation
    LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
  WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c'))
    AND ${userSchema("n")} AND ${notOfExtension("pg_type", "t.oid")}
  ORDER BY n.nspname, t.typname`;

const domainQuery = `
  SELECT k.oid::text AS oid, k.contypid::text AS domain, quote_ident(k.conname) AS quoted,
    k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition, k.convalidated AS validated,
    k.conname = t.typname || '_not_null' AS usual
  FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE k.contypid <> 0 AND k.contype IN ('c', 'n') AND ${userSchema("n")} AND ${notOfExtension("pg_type", "t.oid")}
  ORDER BY k.conname`;
