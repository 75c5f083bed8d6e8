import type { Partition, Partitioning } from "../../core/portable.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Row } from "../engine.ts";

/** From the rows of information_schema.PARTITIONS of one table; subpartitions are not told. */
export function normalizePartitions(rows: readonly Row[]): Partitioning | null {
  const [first] = rows;
  if (first === undefined || first.PARTITION_METHOD === null) return null;
  const kind = String(first.PARTITION_METHOD).toUpperCase();
  const method = kind.startsWith("RANGE") ? "range" : kind.startsWith("LIST") ? "list" : "hash";
  const text = String(first.PARTITION_EXPRESSION ?? "");
  const columns = columnNames(text);
  const parts = [...new Map(rows.map((row) => [String(row.PARTITION_NAME), row])).values()];
  return {
    method,
    columns: columns ?? [],
    expression: columns === null ? parseExpression(text, "mysql") : null,
    text: `${kind} (${text})`,
    partitions: parts.map((row, place) => partition(row, method, { of: parts.length, remainder: place })),
  };
}

function partition(
  row: Row,
  method: Partitioning["method"],
  modulus: { of: number; remainder: number },
): Partition {
  const bounds = String(row.PARTITION_DESCRIPTION ?? "");
  const isDefault = method === "list" && bounds.toUpperCase() === "DEFAULT";
  return {
    name: String(row.PARTITION_NAME),
    upTo: method === "range" ? listed(bounds) : null,
    from: null,
    values:
      method === "list" && !isDefault
        ? listed(bounds).map((one) => listed(one.replace(/^\((.*)\)$/s, "$1")))
        : null,
    modulus: method === "hash" ? modulus : null,
    isDefault,
  };
}

/** `a`,`b` or a; null where it is an expression. */
function columnNames(text: string): string[] | null {
  const name = "(?:`(?:[^`]|``)+`|[A-Za-z_$][\\w$]*)";
  if (!new RegExp(`^${name}(,\\s*${name})*$`).test(text)) return null;
  return [...text.matchAll(new RegExp(name, "g"))].map(([one]) =>
    one.startsWith("`") ? one.slice(1, -1).replaceAll("``", "`") : one,
  );
}

/** The parts between commas that stand in no quotes and no brackets. */
export function listed(text: string): string[] {
  return [...text.matchAll(/(?:'(?:[^'\\]|''|\\.)*'|\((?:[^()'\\]|'(?:[^'\\]|''|\\.)*')*\)|[^,'(])+/gs)].map(
    ([one]) => one.trim(),
  );
}
