import type { Expression, QueryExpression } from "../../core/expression.ts";
import type { FromItem, OrderItem, Query, QueryBody, Select, SelectItem } from "../../core/query.ts";
import { type Dialect, dialects } from "../expression/dialect.ts";

/** What the printer throws where a dialect has no words for a part. */
class Unsayable extends Error {}

/** Whose words, and how that writes an expression. */
export interface Words {
  readonly dialect: Dialect;
  readonly print: (expression: Expression) => string | null;
}

/** Writes a query; null where the dialect cannot say it. */
export function printQueryIn(query: Query, words: Words): string | null {
  try {
    return queryText(query, words);
  } catch (error) {
    if (error instanceof Unsayable) return null;
    throw error;
  }
}

/** What of an expression stands in queries only; null where the dialect cannot say it. */
export function printQueryExpression(expression: QueryExpression, words: Words): string | null {
  try {
    switch (expression.kind) {
      case "subquery":
        return `(${queryText(expression.query, words)})`;
      case "exists":
        return `(EXISTS (${queryText(expression.query, words)}))`;
      case "in-query":
        return `(${text(expression.operand, words)} ${expression.not ? "NOT " : ""}IN (${queryText(expression.query, words)}))`;
      case "aggregate":
        return aggregateText(expression, words);
    }
  } catch (error) {
    if (error instanceof Unsayable) return null;
    throw error;
  }
}

function queryText(query: Query, words: Words): string {
  const common = query.with.map(({ name, columns, query: inner }) => {
    const list = columns.length === 0 ? "" : ` (${columns.map((each) => quoted(each, words)).join(", ")})`;
    return `${quoted(name, words)}${list} AS (${queryText(inner, words)})`;
  });
  const head = common.length === 0 ? "" : `WITH ${query.recursive ? "RECURSIVE " : ""}${common.join(", ")} `;
  const order = query.orderBy.length === 0 ? "" : ` ORDER BY ${orderText(query.orderBy, words)}`;
  return `${head}${bodyText(query.body, words)}${order}${limitText(query, words)}`;
}

function limitText({ limit, offset }: Query, words: Words): string {
  if (limit === null && offset === null) return "";
  // Two of the three have no OFFSET by itself; the number is MySQL's own for "all".
  const most = words.dialect === "mysql" ? "18446744073709551615" : "-1";
  const first =
    limit === null ? (words.dialect === "postgres" ? "" : ` LIMIT ${most}`) : ` LIMIT ${text(limit, words)}`;
  return `${first}${offset === null ? "" : ` OFFSET ${text(offset, words)}`}`;
}

function bodyText(body: QueryBody, words: Words): string {
  if (body.kind === "select") return selectText(body, words);
  const { left, operator, right } = body;
  return `${bodyText(left, words)} ${operator.toUpperCase()} ${selectText(right, words)}`;
}

function selectText(select: Select, words: Words): string {
  const { items, from, where, groupBy, having } = select;
  const clauses = [
    `SELECT ${select.distinct ? "DISTINCT " : ""}${items.map((item) => itemText(item, words)).join(", ")}`,
    ...(from.length === 0 ? [] : [`FROM ${from.map((item) => fromText(item, words)).join(", ")}`]),
    ...(where === null ? [] : [`WHERE ${text(where, words)}`]),
    ...(groupBy.length === 0 ? [] : [`GROUP BY ${groupBy.map((each) => text(each, words)).join(", ")}`]),
    ...(having === null ? [] : [`HAVING ${text(having, words)}`]),
  ];
  return clauses.join(" ");
}

function itemText(item: SelectItem, words: Words): string {
  if (item.kind === "all") return item.of === null ? "*" : `${quoted(item.of, words)}.*`;
  const value = text(item.value, words);
  return item.alias === null ? value : `${value} AS ${quoted(item.alias, words)}`;
}

function fromText(item: FromItem, words: Words): string {
  switch (item.kind) {
    case "table": {
      const name = [...(item.schema === "" ? [] : [item.schema]), item.name].map((part) =>
        quoted(part, words),
      );
      return `${name.join(".")}${item.alias === null ? "" : ` AS ${quoted(item.alias, words)}`}`;
    }
    case "query":
      return `(${queryText(item.query, words)}) AS ${quoted(item.alias, words)}`;
    case "join": {
      const { how, left, right, on, using } = item;
      if (how === "full" && words.dialect === "mysql") throw new Unsayable();
      const condition =
        on === null
          ? using.length === 0
            ? ""
            : ` USING (${using.map((each) => quoted(each, words)).join(", ")})`
          : ` ON ${text(on, words)}`;
      const inner = right.kind === "join" ? `(${fromText(right, words)})` : fromText(right, words);
      return `${fromText(left, words)} ${how.toUpperCase()} JOIN ${inner}${condition}`;
    }
  }
}

function orderText(items: readonly OrderItem[], words: Words): string {
  return items
    .flatMap(({ value, descending, nulls }) => {
      const sql = `${text(value, words)}${descending ? " DESC" : ""}`;
      const own = (words.dialect === "postgres") === descending ? "first" : "last";
      // A number is a place in the list of columns.
      if (own === nulls) return [sql];
      if (words.dialect !== "mysql") return [`${sql} NULLS ${nulls.toUpperCase()}`];
      if (value.kind === "number") return [sql];
      return [`(${text(value, words)} IS NULL)${nulls === "first" ? " DESC" : ""}`, sql];
    })
    .join(", ");
}

function aggregateText(
  { name, distinct, arguments: values, orderBy, over }: Extract<QueryExpression, { kind: "aggregate" }>,
  words: Words,
): string {
  const call =
    name === "group_concat"
      ? concatText(values, distinct, orderBy, words)
      : `${name}(${distinct ? "DISTINCT " : ""}${values.length === 0 && name === "count" ? "*" : values.map((value) => text(value, words)).join(", ")})`;
  if (over === null) return call;
  const parts = [
    ...(over.partitionBy.length === 0
      ? []
      : [`PARTITION BY ${over.partitionBy.map((each) => text(each, words)).join(", ")}`]),
    ...(over.orderBy.length === 0 ? [] : [`ORDER BY ${orderText(over.orderBy, words)}`]),
  ];
  return `${call} OVER (${parts.join(" ")})`;
}

/** GROUP_CONCAT and string_agg: the separator is an argument, or a word of its own. */
function concatText(
  [value, separator]: readonly Expression[],
  distinct: boolean,
  orderBy: readonly OrderItem[],
  words: Words,
): string {
  if (value === undefined) throw new Unsayable();
  const between = separator === undefined ? "','" : text(separator, words);
  const order = orderBy.length === 0 ? "" : ` ORDER BY ${orderText(orderBy, words)}`;
  const word = distinct ? "DISTINCT " : "";
  if (words.dialect === "mysql")
    return `group_concat(${word}${text(value, words)}${order} SEPARATOR ${between})`;
  if (words.dialect === "postgres")
    return `string_agg(${word}CAST(${text(value, words)} AS text), ${between}${order})`;
  // SQLite takes DISTINCT with one argument alone.
  if (distinct) {
    if (between !== "','") throw new Unsayable();
    return `group_concat(DISTINCT ${text(value, words)}${order})`;
  }
  return `group_concat(${text(value, words)}, ${between}${order})`;
}

function text(expression: Expression, words: Words): string {
  const found = words.print(expression);
  if (found === null) throw new Unsayable();
  return found;
}

function quoted(name: string, words: Words): string {
  const { nameQuote } = dialects[words.dialect];
  return `${nameQuote}${name.replaceAll(nameQuote, nameQuote.repeat(2))}${nameQuote}`;
}
