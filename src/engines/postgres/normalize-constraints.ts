import type { PortableForeignKey, PortableIndex, ReferentialAction } from "../../core/portable.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Session } from "../engine.ts";
import { rows } from "./inspect-catalog.ts";
import type { IndexRow } from "./inspect-relations.ts";

export interface ConstraintFactsRow {
  readonly oid: string;
  readonly onUpdate: string;
  readonly onDelete: string;
  readonly match: string;
  readonly deferrable: boolean;
  readonly deferred: boolean;
  /** A check's expression. */
  readonly text: string | null;
}

export function readConstraintFacts(session: Session): Promise<ConstraintFactsRow[]> {
  return rows<ConstraintFactsRow>(
    session,
    `SELECT k.oid::text AS oid, k.confupdtype::text AS "onUpdate", k.confdeltype::text AS "onDelete",
       k.confmatchtype::text AS match, k.condeferrable AS deferrable, k.condeferred AS deferred,
       CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END AS text
     FROM pg_constraint k WHERE k.contype IN ('f', 'c') AND k.conrelid <> 0 AND k.oid >= 16384`,
  );
}

export function actionsOf(
  row: ConstraintFactsRow,
): Pick<PortableForeignKey, "onUpdate" | "onDelete" | "deferrable" | "initiallyDeferred" | "match"> {
  return {
    onUpdate: actions[row.onUpdate] ?? "no action",
    onDelete: actions[row.onDelete] ?? "no action",
    deferrable: row.deferrable,
    initiallyDeferred: row.deferred,
    match: row.match === "f" ? "full" : "simple",
  };
}

const actions: Readonly<Record<string, ReferentialAction>> = {
  a: "no action",
  r: "restrict",
  c: "cascade",
  n: "set null",
  d: "set default",
};

export interface IndexPartsRow {
  readonly oid: string;
  readonly method: string;
  readonly parts: readonly {
    readonly column: string | null;
    readonly text: string;
    readonly descending: boolean;
  }[];
  readonly include: readonly string[] | null;
  readonly where: string | null;
}

export function readIndexParts(session: Session): Promise<IndexPartsRow[]> {
  return rows<IndexPartsRow>(
    session,
    `SELECT i.indexrelid::text AS oid, am.amname AS method,
       (SELECT json_agg(json_build_object('column', a.attname, 'text', pg_get_indexdef(i.indexrelid, g, false),
          'descending', (i.indoption[g - 1] & 1) = 1) ORDER BY g)
        FROM generate_series(1, i.indnkeyatts) AS g
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[g - 1] AND a.attnum <> 0) AS parts,
       (SELECT json_agg(a.attname ORDER BY g) FROM generate_series(i.indnkeyatts + 1, i.indnatts) AS g
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[g - 1]) AS include,
       pg_get_expr(i.indpred, i.indrelid) AS "where"
     FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am am ON am.oid = x.relam
     WHERE i.indexrelid >= 16384 AND i.indisvalid`,
  );
}

export function portableIndex(
  index: Pick<IndexRow, "name" | "unique" | "definition">,
  row: IndexPartsRow,
): PortableIndex {
  const method = methods.find((known) => known === row.method) ?? "other";
  return {
    name: index.name,
    unique: index.unique,
    method,
    parts: row.parts.map(({ column, text, descending }) => ({
      column,
      expression: column === null ? parseExpression(text, "postgres") : null,
      text: column ?? text,
      descending,
      prefix: null,
    })),
    include: row.include ?? [],
    where:
      row.where === null ? null : { expression: parseExpression(row.where, "postgres"), text: row.where },
    definition: index.definition,
    own: index.definition.replace(afterName, ""),
  };
}

/** CREATE INDEX to the name of the table, names being quoted where they hold more than letters. */
const afterName =
  /^CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")*"|\S+) ON (?:ONLY )?(?:(?:"(?:[^"]|"")*"|[^\s".]+)\.?)+ /;

const methods = ["btree", "hash", "gin", "gist", "brin"] as const;
