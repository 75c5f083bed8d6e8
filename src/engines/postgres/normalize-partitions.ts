import type { Partition, Partitioning } from "../../core/portable.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Session } from "../engine.ts";
import { rows } from "./inspect-catalog.ts";
import type { RelationRow } from "./inspect-relations.ts";

export interface PartitionedRow {
  readonly relation: string;
  readonly method: "r" | "l" | "h";
  /** Null where a part of the key is an expression. */
  readonly columns: readonly string[] | null;
}

export function readPartitioned(session: Session): Promise<PartitionedRow[]> {
  return rows<PartitionedRow>(
    session,
    `SELECT p.partrelid::text AS relation, p.partstrat::text AS method,
       CASE WHEN NOT 0 = ANY (p.partattrs::int2[]) THEN (SELECT json_agg(a.attname ORDER BY u.place)
         FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS u(number, place)
           JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = u.number) END AS columns
     FROM pg_partitioned_table p`,
  );
}

export function partitioningOf(
  row: PartitionedRow,
  table: RelationRow,
  partitions: readonly RelationRow[],
): Partitioning {
  const text = /^\w+ \((.*)\)$/s.exec(table.partitionKey ?? "")?.[1] ?? "";
  return {
    method: ({ r: "range", l: "list", h: "hash" } as const)[row.method],
    columns: row.columns ?? [text],
    expression: row.columns === null ? parseExpression(text, "postgres") : null,
    text,
    partitions: partitions.map((partition) => parsePartition(partition.name, partition.bound ?? "")),
  };
}

/** From the text of pg_get_expr(relpartbound): FOR VALUES FROM (…) TO (…), IN (…), WITH (…), or DEFAULT. */
export function parsePartition(name: string, bound: string): Partition {
  const none = { name, upTo: null, from: null, values: null, modulus: null, isDefault: false };
  if (bound === "DEFAULT") return { ...none, isDefault: true };
  const hash = /^FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)$/.exec(bound);
  if (hash) return { ...none, modulus: { of: Number(hash[1]), remainder: Number(hash[2]) } };
  const lists = constantLists(bound);
  const [first, second] = lists;
  if (bound.startsWith("FOR VALUES IN ") && first) return { ...none, values: first.map((value) => [value]) };
  if (bound.startsWith("FOR VALUES FROM ") && first && second) return { ...none, from: first, upTo: second };
  throw new Error(`the bounds of partition ${name} are not understood: ${bound}`);
}

/** The lists in parentheses, each as its constants' texts. */
function constantLists(text: string): string[][] {
  const lists: string[][] = [];
  for (const [token] of text.matchAll(/'(?:[^']|'')*'|\(|\)|[^\s(),']+/g)) {
    if (token === "(") lists.push([]);
    else if (token !== ")" && lists.length > 0 && token !== "TO") lists.at(-1)?.push(token);
  }
  return lists;
}
