import type { TargetName } from "../servers.ts";

/** How a value is shown by each engine's own client; one text where all show the same. */
export type Shown =
  | string
  | {
      readonly postgres?: string;
      /** With the letter of its storage class: "t:abc", "i:1", "r:0.5", "b:00ff". */
      readonly sqlite?: string;
      /** Bytes as "x:00ff". */
      readonly mysql?: string;
      /** Where it shows something else than MySQL. */
      readonly mariadb?: string;
    };

/** One column of the laboratory: a type of the source's engine, with its values and what they are on each engine. */
export interface TypeColumn {
  readonly name: string;
  /** The declaration in the source. */
  readonly sql: string;
  /** The storage class of the values in SQLite where they are shown by one text. */
  readonly class?: "t" | "i" | "r" | "b";
  /** Engines that have no place for some of the values: the losses are in a test of their own. */
  readonly notTo?: readonly Family[];
  /** The same for one server of a family. */
  readonly notOn?: readonly TargetName[];
  /** The literal in the source's SQL, and what clients show of it; a literal alone shows itself without its quotes. */
  readonly values: readonly (readonly [literal: string, shown: Shown])[];
}

export type Family = "postgres" | "sqlite" | "mysql";

export function familyOf(name: TargetName): Family {
  return name === "mariadb" ? "mysql" : name;
}

export function shownOn(name: TargetName, column: TypeColumn, shown: Shown): string {
  const family = familyOf(name);
  if (typeof shown !== "string") {
    const own = shown[name] ?? shown[family];
    if (own === undefined) throw new Error(`${column.name} says nothing of ${name}`);
    return own;
  }
  return family === "sqlite" ? `${column.class ?? "t"}:${shown}` : shown;
}

/** CREATE TABLE and INSERTs: row 1 has NULL everywhere, each further row the next value of each column. */
export function tableSql(
  name: string,
  columns: readonly TypeColumn[],
  quote: (name: string) => string,
  suffix = "",
): string[] {
  const rows = Math.max(...columns.map(({ values }) => values.length));
  const list = columns.map((column) => `${quote(column.name)} ${column.sql}`);
  const inserts = Array.from({ length: rows }, (_, row) => {
    const values = columns.map(({ values }) => values[row]?.[0] ?? "NULL");
    return `INSERT INTO ${quote(name)} VALUES (${row + 2}, ${values.join(", ")})`;
  });
  return [
    `CREATE TABLE ${quote(name)} (id int PRIMARY KEY, ${list.join(", ")})${suffix}`,
    `INSERT INTO ${quote(name)} (id) VALUES (1)`,
    ...inserts,
  ];
}

/** The rows that a target's client is to show, without the key. */
export function expectedRows(name: TargetName, columns: readonly TypeColumn[]): (string | null)[][] {
  const rows = Math.max(...columns.map(({ values }) => values.length));
  return Array.from({ length: rows + 1 }, (_, row) =>
    columns.map((column) => {
      const value = row === 0 ? undefined : column.values[row - 1];
      return value === undefined ? null : shownOn(name, column, value[1]);
    }),
  );
}
