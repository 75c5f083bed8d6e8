import type { Expression } from "../core/expression.ts";
import type {
  Making,
  OwnStatement,
  OwnTable,
  PortableSchema,
  PortableTable,
  TableName,
} from "../core/portable.ts";
import type { EngineId } from "../core/target.ts";

/** Whether a server of this version understands all words of another of its product: its series is not older. */
export function takesWordsOf(source: string, target: string): boolean {
  const [from, to] = [source, target].map(seriesOf) as [number[], number[]];
  const at = from.findIndex((number, index) => number !== to[index]);
  return at === -1 || (to[at] ?? 0) > from[at]!;
}

/** All numbers but the last, which counts corrections: 15 of "PostgreSQL 15.18", 10.11 of "MariaDB 10.11.4". */
function seriesOf(version: string): number[] {
  return (version.match(/\d+/g) ?? []).slice(0, -1).map(Number);
}

/** A table for another product, or an older version: without what only its own server understands. */
export function inNeutralWords(table: PortableTable): PortableTable {
  return {
    ...without(table),
    columns: table.columns.map(without),
    indexes: table.indexes.map((index) => ({ ...without(index), parts: index.parts.map(without) })),
  };
}

/** A table for an older server of its own product: its expressions come along, so their types do, too. */
function forOlder(table: PortableTable): PortableTable {
  const neutral = inNeutralWords(table);
  return {
    ...neutral,
    columns: neutral.columns.map((column, n) => {
      const base = table.columns[n]!.own?.base;
      return base === undefined ? column : Object.assign({}, column, { own: { type: base, words: "" } });
    }),
  };
}

/** Objects for another product, or an older version: without settings that only their own server understands. */
export function withoutMakers(schema: PortableSchema): PortableSchema {
  const plain = <T extends { readonly making: Making | null }>(object: T): T =>
    object.making === null ? object : Object.assign({}, object, { making: without(object.making) });
  return {
    ...schema,
    views: schema.views.map(plain),
    sequences: schema.sequences.map(plain),
    leftovers: schema.leftovers.map(plain),
  };
}

function without<T extends { readonly own?: unknown }>({ own: _, ...rest }: T): Omit<T, "own"> {
  return rest;
}

/**
 * The table with each expression that the translator does not know in the words of its own engine: a copy within the
 * engine passes them on, a default that calls a function or takes the next value of a sequence too. What the model has
 * no word for stays where the server `takesAll` of it.
 */
export function inOwnWords(given: PortableTable, dialect: EngineId, takesAll: boolean): PortableTable {
  const table = takesAll ? given : forOlder(given);
  const said = <T extends { readonly expression: Expression | null; readonly text: string }>(part: T): T =>
    part.expression !== null || part.text === ""
      ? part
      : { ...part, expression: { kind: "verbatim", dialect, text: part.text } };
  return {
    ...table,
    columns: table.columns.map((column) =>
      Object.assign({}, column, {
        default: column.default === null ? null : said(column.default),
        generated: column.generated === null ? null : said(column.generated),
      }),
    ),
    // A type in its own words brings its checks along.
    checks: table.checks.filter(({ ofType }) => !takesAll || ofType !== true).map(said),
    indexes: table.indexes.map((index) =>
      Object.assign({}, index, {
        parts: index.parts.map((part) => (part.column === null ? said(part) : part)),
        where: index.where === null ? null : said(index.where),
      }),
    ),
  };
}

/** What a table says in its own words, without what needs tables that are not copied. */
export function ownOfCopied(
  { own }: PortableTable,
  isCopied: (table: TableName) => boolean,
): OwnTable | undefined {
  if (own?.whole === undefined) return own;
  const { whole, ...rest } = own;
  if (!whole.needs.every(isCopied)) return rest;
  const kept = (statements: readonly OwnStatement[]) =>
    statements.filter(({ needs }) => needs === undefined || isCopied(needs));
  return {
    ...rest,
    whole: {
      ...whole,
      create: kept(whole.create),
      keys: kept(whole.keys),
      constraints: kept(whole.constraints),
      finish: kept(whole.finish),
    },
  };
}
