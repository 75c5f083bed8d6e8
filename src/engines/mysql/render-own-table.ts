import { GodwitError } from "../../core/error.ts";
import type { PortableForeignKey } from "../../core/portable.ts";
import type { DdlStatement, TableDdl, TargetColumn, TargetTable } from "../data-roles.ts";
import {
  type ColumnText,
  type KeyText,
  readCreateTable,
  says,
  type TableText,
  withInBrackets,
  withKeyParts,
} from "./create-table.ts";
import { placePattern, storageEngine } from "./normalize-own.ts";
import { labelList, nameList, plainLiteral, tableText } from "./sql-text.ts";
import { tableMode } from "./table-mode.ts";
import { traits } from "./traits.ts";

/**
 * A table of this product, made of the server's own statement. Rows are loaded before most indexes are there, and
 * always into InnoDB: another engine would keep a half of what a killed transaction wrote.
 */
export function ownTableDdl(table: TargetTable, statement: string, counter: DdlStatement[]): TableDdl {
  const read = readCreateTable(statement);
  const text = { ...read, keys: read.keys.map((key) => withFullParts(key, table)) };
  const options = text.options.replaceAll(placePattern, "").trim();
  const isLoadedAside = !/^(InnoDB|ROCKSDB)$/i.test(storageEngine(text));
  const made = isLoadedAside ? withoutRowTimes(text) : text;
  const first = firstKeys(made, isLoadedAside);
  const later = text.keys.slice(first.length);
  const lone = isLoadedAside ? loneCounter(text, first) : null;
  const parts = [
    ...made.columns.map((column) => columnSql(column, table, text)),
    ...first.map((key) => key.text),
    ...(lone === null ? [] : [`KEY ${traits.quote(loneName)} (${traits.quote(lone)})`]),
    ...made.others.map((other) => checkSql(other, table)),
  ];
  const alter = `ALTER TABLE ${tableText(table)}`;
  const title = `table ${table.name}`;
  // Defaults that the server's own mode would refuse are in it as they were in the source.
  const mode = { sql: `SET SESSION sql_mode = '${tableMode}'`, title: "sql_mode" };
  const keys = keysDdl(table, alter, later, isLoadedAside);
  const final: DdlStatement[] = isLoadedAside
    ? [
        {
          sql: `${alter}\n  ${[
            ...(lone === null ? [] : [`DROP KEY ${traits.quote(loneName)}`]),
            ...text.columns
              .filter((column) => !made.columns.includes(column))
              .map((column) => `ADD COLUMN ${columnSql(column, table, text)} ${placeOf(column, text)}`),
            ...text.others.filter((other) => !made.others.includes(other)).map((other) => `ADD ${other}`),
            ...later.map((key) => `ADD ${key.text}`),
            options,
          ].join(",\n  ")}`,
          title: `storage engine of ${table.name}`,
        },
      ]
    : [];
  const unversioned = isLoadedAside ? text.columns.filter(isUnversioned) : [];
  // Without versions a table forgets what is said of its columns, and with them it is altered only where that is allowed.
  const versions: DdlStatement[] =
    unversioned.length === 0
      ? []
      : [
          {
            sql: "SET SESSION system_versioning_alter_history = KEEP",
            title: "system_versioning_alter_history",
          },
          {
            sql: `${alter}\n  ${unversioned.map((column) => `MODIFY COLUMN ${columnSql(column, table, text)}`).join(",\n  ")}`,
            title: `columns without versions of ${table.name}`,
          },
        ];
  const foreign = table.foreignKeys.map((key) => ({
    sql: `${alter} ADD CONSTRAINT ${traits.quote(key.name)} ${foreignKeySql(key, text)}`,
    title: `foreign key ${key.name} of ${table.name}`,
  }));
  // What is checked against the mode, or depends on its order, is done by itself.
  const [parallel, ordered] = isDelicate(text)
    ? [[], [...keys.once, ...keys.ordered, ...final, ...versions]]
    : [
        [...keys.once, ...final],
        [...keys.ordered, ...versions],
      ];
  const withMode = (statements: readonly DdlStatement[]) =>
    statements.length > 0 && isDelicate(text) ? [mode, ...statements] : statements;
  return {
    create: [
      mode,
      {
        sql: `CREATE TABLE ${tableText(table)} (\n  ${parts.join(",\n  ")}\n) ${isLoadedAside ? carrier(options) : options}`,
        title,
      },
    ],
    keys: parallel,
    constraints: withMode([...ordered, ...foreign]),
    finish: withMode(counter),
    undone: [],
  };
}

const loneName = "godwit_counter";

/** Whether the server computes a column of the table by itself. */
export function isComputedOwn({ own }: TargetColumn): boolean {
  return /^(?:GENERATED ALWAYS )?AS[ (]/.test(own?.words ?? "");
}

/**
 * The keys that the table is made with; it gets the others when the rows are there. The server keeps them in the order
 * in which they come, so those before one that is needed from the beginning are made with it.
 */
function firstKeys({ keys, columns, options }: TableText, isLoadedAside: boolean): readonly KeyText[] {
  const counter = columns.find(({ words }) => isCounter(words))?.name;
  const needed = keys.findIndex((key) => key.first === counter);
  const isClustered = keys[0]?.kind === "primary" || keys[0]?.kind === "unique";
  // MariaDB adds no unique key to a table with versions: earlier ones might break it.
  const isVersioned = says(options, /\bWITH SYSTEM VERSIONING\b/);
  const unique = isVersioned ? keys.findLastIndex(({ kind }) => kind === "unique") : -1;
  const count = Math.max(
    isClustered ? 1 : 0,
    counter === undefined || isLoadedAside ? 0 : needed + 1,
    unique + 1,
  );
  return keys.slice(0, count);
}

/** The counter that InnoDB wants in front of a key, and other engines do not. */
function loneCounter({ columns }: TableText, keys: readonly KeyText[]): string | null {
  const counter = columns.find(({ words }) => isCounter(words))?.name;
  return counter === undefined || keys.some(({ first }) => first === counter) ? null : counter;
}

/** Without the times of its versions, which only a table with versions can have, and that one keeps its engine; no key has them. */
function withoutRowTimes(text: TableText): TableText {
  const columns = text.columns.filter(({ words }) => !/^GENERATED ALWAYS AS ROW (?:START|END)\b/.test(words));
  if (columns.length === text.columns.length) return text;
  const others = text.others.filter((other) => !/^PERIOD FOR SYSTEM_TIME\b/.test(other));
  return { ...text, columns, keys: [], others };
}

function isUnversioned({ words }: ColumnText): boolean {
  return says(words, /\bWITHOUT SYSTEM VERSIONING\b/);
}

function placeOf(column: ColumnText, { columns }: TableText): string {
  const before = columns[columns.indexOf(column) - 1];
  return before === undefined ? "FIRST" : `AFTER ${traits.quote(before.name)}`;
}

function isCounter(words: string): boolean {
  return says(words, /\bAUTO_INCREMENT\b/);
}

/** The keys in one statement, for which the server reads the table once; of full-text indexes InnoDB makes one at a time. */
function keysDdl(
  table: TargetTable,
  alter: string,
  keys: readonly KeyText[],
  isLoadedAside: boolean,
): { readonly once: readonly DdlStatement[]; readonly ordered: readonly DdlStatement[] } {
  if (isLoadedAside) return { once: [], ordered: [] };
  const texts = keys.filter(({ kind }) => kind === "fulltext");
  const others = keys.filter(({ kind }) => kind !== "fulltext");
  const statement = (some: readonly KeyText[]): DdlStatement => ({
    sql: `${alter}\n  ${some.map((key) => `ADD ${key.text}`).join(",\n  ")}`,
    title: `${some.length === 1 ? "index" : "indexes"} ${some.map(({ name }) => name).join(", ")} of ${table.name}`,
  });
  const alone = texts.map((key) => statement([key]));
  const together = others.length === 0 ? [] : [statement(others)];
  return alone.length < 2
    ? { once: [...together, ...alone], ordered: [] }
    : { once: together, ordered: alone };
}

/** What InnoDB takes of the options while rows are loaded: what texts are written and compared in. */
function carrier(options: string): string {
  const charset = /\bDEFAULT CHARSET=\w+(?: COLLATE=\w+)?/.exec(options)?.[0] ?? "";
  return `ENGINE=InnoDB ${charset}`.trim();
}

function columnSql({ name, type, words }: ColumnText, table: TargetTable, { options }: TableText): string {
  const column = table.columns.find((each) => each.name === name);
  const collation = /\bCOLLATE=(\w+)/.exec(options)?.[1];
  // MySQL prints a collation that is the table's, and takes one that is said for the column's own.
  const isTables = !/ CHARACTER SET /.test(type) && collation !== undefined;
  const own =
    isTables && type.endsWith(` COLLATE ${collation}`) ? type.slice(0, -9 - collation.length) : type;
  return [traits.quote(name), withLabels(own, column), withExpression(withDefault(words, column), column)]
    .join(" ")
    .trim();
}

/** The servers' catalogue shows a question mark for characters beyond it; rows have shown what they are. */
function withLabels(type: string, column: TargetColumn | undefined): string {
  const found = column?.type;
  if (found?.kind !== "enum" && found?.kind !== "set") return type;
  if (!found.labels.some(isBeyond)) return type;
  return type.replace(
    /^\w+\((?:'(?:[^'\\]|''|\\.)*',?)*\)/s,
    () => `${found.kind}(${labelList(found.labels)})`,
  );
}

function withDefault(words: string, column: TargetColumn | undefined): string {
  const value = column?.default?.expression;
  const text =
    value?.kind === "string" && isBeyond(value.value)
      ? plainLiteral(value.value)
      : value?.kind === "bytes" && words.includes("\uFFFD")
        ? `X'${value.hex}'`
        : value?.kind === "verbatim" && /^_\w+ x'[0-9A-F]+'$/.test(value.text)
          ? value.text
          : null;
  return text === null ? words : words.replace(/\bDEFAULT '(?:[^'\\]|''|\\.)*'/s, () => `DEFAULT ${text}`);
}

/** A statement has question marks for what the catalogue has in full: characters beyond it, and bytes. */
function withExpression(words: string, column: TargetColumn | undefined): string {
  const { generated = null, default: given = null } = column ?? {};
  if (generated !== null && isMore(generated.text) && words.startsWith(computed))
    return withInBrackets(words, computed.length, generated.text);
  const at = words.indexOf("DEFAULT (");
  return given !== null && isMore(given.text) && at !== -1
    ? withInBrackets(words, at, given.text.replace(/^\((.*)\)$/s, "$1"))
    : words;
}

const computed = "GENERATED ALWAYS AS ";

function checkSql(text: string, { checks }: TargetTable): string {
  const start = /^CONSTRAINT `((?:[^`]|``)*)` CHECK /.exec(text);
  const check = checks.find(({ name }) => name === start?.[1]?.replaceAll("``", "`"));
  return start === null || check === undefined || !isMore(check.text)
    ? text
    : withInBrackets(text, start[0].length, check.text);
}

function withFullParts(key: KeyText, { indexes }: TargetTable): KeyText {
  const parts = indexes.find(({ name }) => name === key.name)?.parts ?? [];
  if (!parts.some(({ column, text }) => column === null && isMore(text))) return key;
  const text = withKeyParts(key.text, (part, place) => {
    const full = parts[place];
    return full?.column === null && isMore(full.text) ? withInBrackets(part, 0, full.text) : part;
  });
  return { ...key, text };
}

/** Only MySQL's expressions have literals with a character set. */
function isMore(text: string): boolean {
  return /\b_[a-z0-9]+ x'/.test(text) || (/\b_utf8mb4'/.test(text) && isBeyond(text));
}

function isBeyond(text: string): boolean {
  return /[\u{10000}-\u{10ffff}]/u.test(text);
}

/** A zero date is a default that the server's own mode may refuse whenever the table is altered. */
function isDelicate({ columns }: TableText): boolean {
  return columns.some(({ words }) => /\bDEFAULT '(?:0000|\d{4}-00|\d{4}-\d\d-00)/.test(words));
}

function foreignKeySql(key: PortableForeignKey, { foreignKeys }: TableText): string {
  const { references: parent, columns } = key;
  const own =
    foreignKeys.find(({ name }) => name === key.name) ??
    foreignKeys.find((each) => each.columns.join("\0") === columns.join("\0"));
  if (own === undefined) throw new GodwitError("GW9001", { message: `there is no foreign key ${key.name}` });
  return `FOREIGN KEY (${nameList(columns)}) REFERENCES ${tableText(parent)} (${nameList(parent.columns)})${own.words}`;
}
