import type { Leftover, PortableTable } from "../../core/portable.ts";
import { type KeyText, readCreateTable, type TableText } from "./create-table.ts";

/**
 * Engines that hold their rows themselves. What others show are rows of other tables or servers: a copy of them is a
 * table of its own.
 */
const ownRows = /^(InnoDB|Aria|MyISAM|MEMORY|ARCHIVE|CSV|BLACKHOLE|ROCKSDB)$/i;

/** The table with what only its own server understands. */
export function ownParts(table: PortableTable, statement: string): PortableTable {
  const text = readCreateTable(statement);
  if (!ownRows.test(storageEngine(text))) return table;
  const columns = new Map(text.columns.map((column) => [column.name, column]));
  return {
    ...table,
    own: { before: "", after: "", statement },
    columns: table.columns.map((column) => {
      const { type, words } = columns.get(column.name) ?? {};
      return type === undefined || words === undefined
        ? column
        : Object.assign({}, column, { own: { type, words } });
    }),
  };
}

export function storageEngine({ options }: TableText): string {
  return /\bENGINE=(\w+)/.exec(options)?.[1] ?? "";
}

/** What other servers have no words for, to be told where it is not made. */
export function ownLeftovers({ name, columns }: PortableTable, statement: string | null): Leftover[] {
  if (statement === null) return [];
  const text = readCreateTable(statement);
  const table = { schema: "", name };
  const lost = (kind: string, what: string, definition: string): Leftover => ({
    schema: "",
    name: what,
    kind,
    table,
    definition,
    making: null,
  });
  const own = (kind: string, what: string, definition: string): Leftover =>
    Object.assign(lost(kind, what, definition), { own: "whole" as const });
  const known = new Set(columns.map((column) => column.name));
  const engine = storageEngine(text);
  return [
    ...(ownRows.test(engine) ? [] : [lost("storage engine", engine, text.options)]),
    ...[...text.options.matchAll(placePattern)].map(([place, what]) =>
      lost(what!.toLowerCase(), name, place.trim()),
    ),
    ...text.columns
      .filter((column) => known.has(column.name) && isInvisible(column.words))
      .map((column) => own("invisible column", column.name, `${column.type} ${column.words}`)),
    ...text.keys
      .filter(({ words }) => saysMore(words))
      .map((key) => own("option of index", key.name, key.words)),
    ...text.keys
      .filter(({ text: key }) => / WITHOUT OVERLAPS\)/.test(key))
      .map((key: KeyText) => own("key without overlaps", key.name, key.text)),
    ...text.others
      .filter((other) => /^PERIOD FOR (?!SYSTEM_TIME)/.test(other))
      .map((other) => own("period", /^PERIOD FOR `?([^`]+)/.exec(other)![1]!, other)),
    ...text.others
      .filter((other) => / NOT ENFORCED( \*\/)?$/.test(other))
      .map((other) => own("check that is not enforced", /^CONSTRAINT `([^`]+)/.exec(other)![1]!, other)),
  ];
}

/** Where the server keeps its files: a path or a name that another one need not have. */
export const placePattern =
  /\s?(?:\/\*!\d+ )?\b(DATA DIRECTORY|INDEX DIRECTORY|TABLESPACE) ?=? ?(?:'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`)(?: \*\/)?/g;

function isInvisible(words: string): boolean {
  return /\bINVISIBLE\b/.test(words.replaceAll(/'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`/gs, "''"));
}

/** How an index is stored says nothing of what it does. */
function saysMore(words: string): boolean {
  return words.replace(/^(USING \w+|KEY_BLOCK_SIZE=\d+|\s)+/, "") !== "";
}
