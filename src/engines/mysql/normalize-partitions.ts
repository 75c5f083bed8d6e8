import type { Partition, Partitioning } from "../../core/portable.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Row } from "../engine.ts";
import { readCreateTable, says } from "./create-table.ts";
import type { Keys } from "./normalize-keys.ts";
import { traits } from "./traits.ts";

/** From the rows of information_schema.PARTITIONS of one table and its statement; subpartitions are not told. */
export function normalizePartitions(
  rows: readonly Row[],
  keys: Keys,
  statement: string | null,
): Partitioning | null {
  const [first] = rows;
  const kind = methodOf(rows);
  // Where MariaDB keeps earlier rows, which no copy has.
  if (first === undefined || kind === null || kind === systemTime) return null;
  const method = kind.startsWith("RANGE") ? "range" : kind.startsWith("LIST") ? "list" : "hash";
  const text = String(first.PARTITION_EXPRESSION ?? "");
  const columns = text === "" && kind.endsWith("KEY") ? tellingColumns(keys) : columnNames(text);
  const options = statement === null ? "" : readCreateTable(statement).options;
  const defaults = new Set([...options.matchAll(defaultPattern)].flatMap(([, name]) => name ?? []));
  const parts = [...new Map(rows.map((row) => [String(row.PARTITION_NAME), row])).values()];
  return {
    method,
    columns: columns ?? [],
    // Both servers take the same functions here.
    expression:
      columns === null
        ? (parseExpression(text, "mysql") ?? { kind: "verbatim", dialect: "mysql", text })
        : null,
    text: `${kind} (${text})`,
    ...(method === "hash" ? { spread: says(options, oldHash) ? `${kind} ALGORITHM = 1` : kind } : {}),
    partitions: parts.map((row, place) =>
      partition(row, method, {
        modulus: { of: parts.length, remainder: place },
        isDefault: defaults.has(traits.quote(String(row.PARTITION_NAME))),
      }),
    ),
  };
}

export const systemTime = "SYSTEM_TIME";

/** "RANGE COLUMNS", "LINEAR HASH"; null where the table has no partitions. */
export function methodOf([first]: readonly Row[]): string | null {
  const method = first?.PARTITION_METHOD ?? null;
  return method === null ? null : String(method).toUpperCase();
}

/** Of KEY, the hash of MySQL 5.1, which only the statement shows; MySQL splits its comments there. */
const oldHash = /\bPARTITION BY (LINEAR )?KEY (\*\/ \/\*!\d+ )?ALGORITHM = 1\b/;

/** After texts, which may say the same: the catalogue has a value for it that a list may have, too. */
const defaultPattern = /'(?:[^'\\]|''|\\.)*'|\bPARTITION (`(?:[^`]|``)*`) DEFAULT\b/gs;

/** What KEY () stands for; of several unique keys it is one whose columns all others have, too. */
function tellingColumns({ primaryKey, uniques }: Keys): readonly string[] | null {
  const [shortest] = uniques.toSorted((one, other) => one.columns.length - other.columns.length);
  return (primaryKey ?? shortest)?.columns ?? null;
}

function partition(
  row: Row,
  method: Partitioning["method"],
  { modulus, isDefault }: { readonly modulus: Partition["modulus"]; readonly isDefault: boolean },
): Partition {
  const bounds = String(row.PARTITION_DESCRIPTION ?? "");
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
