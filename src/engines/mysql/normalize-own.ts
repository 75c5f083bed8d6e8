import type { Leftover, PortableTable } from "../../core/portable.ts";
import { type KeyText, readCreateTable, says, type TableText } from "./create-table.ts";

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
    ...optionsOf(text, engine).map((options) => own("options of table", name, options)),
    ...[...text.options.matchAll(partitionOption)].flatMap(([, partition, options]) =>
      partition === undefined || options === undefined
        ? []
        : own("options of partition", partition.replace(/^`(.*)`$/, "$1"), options.trim()),
    ),
    ...text.columns
      .filter((column) => known.has(column.name))
      .flatMap((column) => {
        const options = [...column.words.matchAll(columnOption)].flatMap(([, option]) => option ?? []);
        return options.length === 0 ? [] : own("options of column", column.name, options.join(" "));
      }),
    ...text.columns
      .filter((column) => known.has(column.name) && says(column.words, /\bINVISIBLE\b/))
      .map((column) => own("invisible column", column.name, `${column.type} ${column.words}`)),
    ...text.keys
      .filter(({ words }) => saysMore(words))
      .map((key) => own("option of index", key.name, key.words)),
    ...text.keys
      .filter(({ kind, text: key }) => kind === "primary" && says(key, / DESC\b/))
      .map((key) => own("order of primary key", key.name, key.text)),
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

/**
 * All that somebody has set of a table but its texts, in one line; where that is nothing, none. That rows are kept in
 * files of the one kind or the other says nothing of them.
 */
function optionsOf({ options }: TableText, engine: string): string[] {
  if (!ownRows.test(engine)) return [];
  const blank = options.replaceAll(/'(?:[^'\\]|''|\\.)*'/gs, (text) => "-".repeat(text.length));
  const partitions = blank.search(/\bPARTITION BY\b/);
  const own = (partitions === -1 ? options : options.slice(0, partitions)).replaceAll(placePattern, "");
  const found = [...own.matchAll(/\b([A-Z_]+)`?=('(?:[^'\\]|''|\\.)*'|\w+)/gs)]
    .map(([, name, value]) => `${name}=${value}`)
    .filter((option) => !saysNothing.test(option));
  return found.length === 0 ? [] : [found.join(" ")];
}

/** It is part of the neutral model, or of every table that nobody has said it of. */
const saysNothing =
  /^(?:AUTO_INCREMENT|CHARSET|COLLATE|COMMENT)=|^(?:ROW_FORMAT=DYNAMIC|PAGE_CHECKSUM=1|ENGINE=(?:InnoDB|Aria|MyISAM|ROCKSDB))$/i;

/** After texts and names, which may say the same. */
const columnOption =
  /'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`|\b(COMPRESSED|SRID \d+|REF_SYSTEM_ID=\d+|STORAGE (?:DISK|MEMORY)|COLUMN_FORMAT \w+|(?:SECONDARY_)?ENGINE_ATTRIBUTE ?=? ?'(?:[^'\\]|''|\\.)*'|NOT SECONDARY)/gs;

/** After texts, too; each partition is on a line of its own. */
const partitionOption =
  /'(?:[^'\\]|''|\\.)*'|\bPARTITION (`(?:[^`]|``)*`|\w+)(?:[^\n']|'(?:[^'\\]|''|\\.)*')*?((?: (?:MAX|MIN)_ROWS = \d+)+)/gs;

/** Where the server keeps its files: a path or a name that another one need not have. */
export const placePattern =
  /\s?(?:\/\*!\d+ )?\b(DATA DIRECTORY|INDEX DIRECTORY|TABLESPACE) ?=? ?(?:'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`)(?: \*\/)?/g;

/** How an index is stored says nothing of what it does. */
function saysMore(words: string): boolean {
  return words.replace(/^(USING \w+|KEY_BLOCK_SIZE=\d+|\s)+/, "") !== "";
}
