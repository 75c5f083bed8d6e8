import type { Expression } from "../../core/expression.ts";
import type { TableName } from "../../core/portable.ts";
import type { FromItem, OrderItem, Query, QueryBody, Select, SelectItem } from "../../core/query.ts";
import { mapExpression } from "../../sql/expression/map-expression.ts";

/** A table or view that a query can read, as the target has it. */
export interface KnownRelation {
  readonly name: TableName;
  /** By the source's names, folded as its engine folds them. */
  readonly columns: ReadonlyMap<string, KnownColumn>;
}

export interface KnownColumn {
  readonly name: string;
  /** The target takes no number for it. */
  readonly isBoolean: boolean;
  /** The target keeps its digits as text, which it compares as such. */
  readonly isDigits?: boolean;
}

export interface RetargetOptions {
  readonly find: (name: TableName) => KnownRelation | null;
  readonly fold: (name: string) => string;
  /** The target tells TRUE from 1. */
  readonly hasBooleans: boolean;
}

export type Retargeted =
  | { readonly query: Query; readonly reads: readonly TableName[] }
  | { readonly missing: string };

/**
 * The query with the target's names of tables and columns: each name is looked up where it stands, so that an alias
 * or a common table hides a table of its name.
 */
export function retargetQuery(query: Query, options: RetargetOptions): Retargeted {
  const retargeting = new Retargeting(options);
  try {
    const { query: found } = retargeting.query(query, null, new Map());
    return { query: found, reads: retargeting.reads };
  } catch (error) {
    if (error instanceof Missing) return { missing: error.message };
    throw error;
  }
}

class Missing extends Error {}

type Columns = ReadonlyMap<string, KnownColumn>;
type Common = ReadonlyMap<string, Columns>;

interface Scope {
  readonly sources: { readonly alias: string; readonly columns: Columns }[];
  readonly outer: Scope | null;
  readonly common: Common;
}

class Retargeting {
  readonly reads: TableName[] = [];
  readonly #options: RetargetOptions;
  readonly #booleans = new WeakSet<Expression>();
  readonly #digits = new WeakSet<Expression>();

  constructor(options: RetargetOptions) {
    this.#options = options;
  }

  query(query: Query, outer: Scope | null, given: Common): { query: Query; columns: Columns } {
    const { fold } = this.#options;
    const common = new Map(given);
    const tables = query.with.map((table) => {
      const name = fold(table.name);
      const declared = new Map(
        table.columns.map((column) => [fold(column), { name: column, isBoolean: false }]),
      );
      if (query.recursive) common.set(name, declared.size > 0 ? declared : outputNames(table.query, fold));
      const inner = this.query(table.query, outer, common);
      common.set(name, declared.size > 0 ? declared : inner.columns);
      return { ...table, query: inner.query };
    });
    const { body, columns, scope } = this.#body(query.body, outer, common);
    // What is sorted by is an item's name, or, of a plain SELECT, whatever its tables have.
    const order: Scope = {
      sources: query.body.kind === "select" ? scope.sources : [],
      outer: scope.outer,
      common,
    };
    const orderBy = this.#order(query.orderBy, order);
    const value = (part: Expression | null) => (part === null ? null : this.#expression(part, scope));
    return {
      query: {
        ...query,
        with: tables,
        body,
        orderBy,
        limit: value(query.limit),
        offset: value(query.offset),
      },
      columns,
    };
  }

  #body(
    body: QueryBody,
    outer: Scope | null,
    common: Common,
  ): { body: QueryBody; columns: Columns; scope: Scope } {
    if (body.kind === "select") {
      const { select, columns, scope } = this.#select(body, outer, common);
      return { body: select, columns, scope };
    }
    const left = this.#body(body.left, outer, common);
    const right = this.#select(body.right, outer, common).select;
    return { ...left, body: { ...body, left: left.body, right } };
  }

  #select(
    select: Select,
    outer: Scope | null,
    common: Common,
  ): { select: Select; columns: Columns; scope: Scope } {
    const scope: Scope = { sources: [], outer, common };
    // Conditions of joins see all tables, so they come after the last.
    const from = select.from.map((item) => this.#from(item, scope)).map((finish) => finish());
    const value = (part: Expression) => this.#expression(part, scope);
    const columns = new Map<string, KnownColumn>();
    const items = select.items.map((item): SelectItem => {
      if (item.kind === "all") {
        for (const source of scope.sources) {
          if (item.of !== null && this.#fold(source.alias) !== this.#fold(item.of)) continue;
          for (const [name, column] of source.columns) columns.set(name, column);
        }
        return item.of === null
          ? item
          : { kind: "all", of: this.#sourceOf(item.of, scope)?.alias ?? item.of };
      }
      // As it is, digits come through whole.
      const made = item.value.kind === "column" ? this.#column(item.value, scope) : value(item.value);
      const alias = item.alias ?? (item.value.kind === "column" ? item.value.name : null);
      if (alias !== null) {
        columns.set(this.#fold(alias), {
          name: alias,
          isBoolean: this.#booleans.has(made),
          isDigits: this.#digits.has(made),
        });
      }
      return { kind: "value", value: made, alias };
    });
    return {
      select: {
        ...select,
        items,
        from,
        where: select.where === null ? null : value(select.where),
        groupBy: select.groupBy.map((part) =>
          part.kind === "column" ? this.#column(part, scope) : value(part),
        ),
        having: select.having === null ? null : value(select.having),
      },
      columns,
      scope,
    };
  }

  #from(item: FromItem, scope: Scope): () => FromItem {
    switch (item.kind) {
      case "table":
        return this.#table(item, scope);
      case "query": {
        const inner = this.query(item.query, scope.outer, scope.common);
        scope.sources.push({ alias: item.alias, columns: inner.columns });
        return () => ({ ...item, query: inner.query });
      }
      case "join": {
        const [left, right] = [this.#from(item.left, scope), this.#from(item.right, scope)];
        return () => ({
          ...item,
          left: left(),
          right: right(),
          on: item.on === null ? null : this.#expression(item.on, scope),
          using: item.using.map((name) => this.#lookUp(name, scope)?.name ?? name),
        });
      }
    }
  }

  #table(item: Extract<FromItem, { kind: "table" }>, scope: Scope): () => FromItem {
    const alias = item.alias ?? item.name;
    const common = item.schema === "" ? scope.common.get(this.#fold(item.name)) : undefined;
    if (common !== undefined) {
      scope.sources.push({ alias, columns: common });
      return () => ({ ...item, alias });
    }
    const found = this.#options.find(item);
    if (found === null) {
      throw new Missing(item.schema === "" ? item.name : `${item.schema}.${item.name}`);
    }
    this.reads.push(found.name);
    scope.sources.push({ alias, columns: found.columns });
    return () => ({ kind: "table", ...found.name, alias });
  }

  #order(items: readonly OrderItem[], scope: Scope): OrderItem[] {
    return items.map((item) => Object.assign({}, item, { value: this.#expression(item.value, scope) }));
  }

  #expression(expression: Expression, scope: Scope): Expression {
    return mapExpression(expression, (part) => this.#part(part, scope));
  }

  #part(part: Expression, scope: Scope): Expression {
    switch (part.kind) {
      case "column": {
        const column = this.#column(part, scope);
        if (!this.#digits.has(column)) return column;
        return { kind: "cast", operand: column, to: { kind: "float", bits: 64 } };
      }
      case "subquery":
      case "exists":
        return { ...part, query: this.query(part.query, scope, scope.common).query };
      case "in-query":
        return {
          ...part,
          operand: this.#expression(part.operand, scope),
          query: this.query(part.query, scope, scope.common).query,
        };
      case "aggregate":
        return {
          ...part,
          arguments: part.arguments.map((value) => this.#expression(value, scope)),
          orderBy: this.#order(part.orderBy, scope),
          over:
            part.over === null
              ? null
              : {
                  partitionBy: part.over.partitionBy.map((value) => this.#expression(value, scope)),
                  orderBy: this.#order(part.over.orderBy, scope),
                },
        };
      case "binary":
        return part.operator === "=" || part.operator === "<>"
          ? { ...part, left: this.#truth(part.left, part.right), right: this.#truth(part.right, part.left) }
          : part;
      default:
        return part;
    }
  }

  /** 0 and 1 beside a column that the target has as a boolean. */
  #truth(value: Expression, beside: Expression): Expression {
    const isNumber = value.kind === "number" && (value.value === "0" || value.value === "1");
    if (!isNumber || !this.#options.hasBooleans || !this.#booleans.has(beside)) return value;
    return { kind: "boolean", value: value.value === "1" };
  }

  #column(column: Extract<Expression, { kind: "column" }>, scope: Scope): Expression {
    const source = column.of === undefined ? undefined : this.#sourceOf(column.of, scope);
    const known =
      column.of === undefined
        ? this.#lookUp(column.name, scope)
        : source?.columns.get(this.#fold(column.name));
    const made: Expression = {
      kind: "column",
      name: known?.name ?? column.name,
      ...(column.of === undefined ? {} : { of: source?.alias ?? column.of }),
    };
    if (known?.isBoolean === true) this.#booleans.add(made);
    if (known?.isDigits === true) this.#digits.add(made);
    return made;
  }

  #sourceOf(alias: string, scope: Scope | null): Scope["sources"][number] | undefined {
    if (scope === null) return undefined;
    const folded = this.#fold(alias);
    return (
      scope.sources.find((source) => this.#fold(source.alias) === folded) ??
      this.#sourceOf(alias, scope.outer)
    );
  }

  #lookUp(name: string, scope: Scope | null): KnownColumn | undefined {
    if (scope === null) return undefined;
    const folded = this.#fold(name);
    const found = scope.sources.find(({ columns }) => columns.has(folded));
    return found?.columns.get(folded) ?? this.#lookUp(name, scope.outer);
  }

  #fold(name: string): string {
    return this.#options.fold(name);
  }
}

/** What the first SELECT of a query calls its columns: all that a common table knows of itself while it is read. */
function outputNames(query: Query, fold: (name: string) => string): Columns {
  let { body } = query;
  while (body.kind === "compound") body = body.left;
  const names = body.items.flatMap((item) => {
    if (item.kind === "all") return [];
    return item.alias ?? (item.value.kind === "column" ? item.value.name : []);
  });
  return new Map(names.map((name) => [fold(name), { name, isBoolean: false }]));
}
