import type { Constraint, Index } from "../../core/schema.ts";
import type { Row } from "../engine.ts";
import { unescaped } from "./inspect-columns.ts";
import { traits } from "./traits.ts";

/** Rows of information_schema.STATISTICS of one table: its keys and indexes. */
export function toKeys(rows: readonly Row[]): { constraints: Constraint[]; indexes: Index[] } {
  const constraints: Constraint[] = [];
  const indexes: Index[] = [];
  for (const [name, parts] of Map.groupBy(rows, (row) => String(row.INDEX_NAME))) {
    const [first] = parts;
    if (first === undefined) continue;
    const unique = Number(first.NON_UNIQUE) === 0;
    const definition = indexText(name, parts, unique);
    if (unique) {
      constraints.push({
        name,
        kind: name === "PRIMARY" ? "primary key" : "unique",
        columns: parts.flatMap((row) => (row.COLUMN_NAME === null ? [] : [String(row.COLUMN_NAME)])),
        definition,
        references: null,
        validated: true,
      });
    } else {
      indexes.push({ name, unique, keys: parts.map(keyText), valid: true, definition });
    }
  }
  return { constraints, indexes };
}

function indexText(name: string, parts: readonly Row[], unique: boolean): string {
  const [first] = parts;
  const type = String(first?.INDEX_TYPE ?? "BTREE");
  const keys = `(${parts.map(keyText).join(", ")})`;
  const special = type === "FULLTEXT" || type === "SPATIAL";
  const words = [
    name === "PRIMARY" ? "PRIMARY KEY" : unique ? "UNIQUE KEY" : special ? `${type} KEY` : "KEY",
    ...(name === "PRIMARY" ? [] : [traits.quote(name)]),
    keys,
    ...(type === "BTREE" || special ? [] : [`USING ${type}`]),
    // MySQL's and MariaDB's word for an index that the optimizer leaves aside.
    ...(first?.IS_VISIBLE === "NO" || first?.IGNORED === "YES" ? ["INVISIBLE"] : []),
    ...(first?.INDEX_COMMENT ? [`COMMENT '${String(first.INDEX_COMMENT).replaceAll("'", "''")}'`] : []),
  ];
  return words.join(" ");
}

function keyText(row: Row): string {
  if (row.COLUMN_NAME === null) return `(${unescaped(String(row.EXPRESSION), false)})`;
  // A spatial index reports the bytes of a point as a prefix.
  const prefix = row.SUB_PART === null || row.INDEX_TYPE === "SPATIAL" ? "" : `(${String(row.SUB_PART)})`;
  return `${traits.quote(String(row.COLUMN_NAME))}${prefix}${row.COLLATION === "D" ? " DESC" : ""}`;
}

/** Rows of KEY_COLUMN_USAGE and of REFERENTIAL_CONSTRAINTS of one table. */
export function toForeignKeys(usage: readonly Row[], rules: readonly Row[], database: string): Constraint[] {
  const foreign = usage.filter((row) => row.REFERENCED_TABLE_NAME !== null);
  return [...Map.groupBy(foreign, (row) => String(row.CONSTRAINT_NAME))].map(([name, parts]): Constraint => {
    const [first] = parts;
    const rule = rules.find((row) => row.CONSTRAINT_NAME === name);
    const schema =
      String(first?.REFERENCED_TABLE_SCHEMA) === database ? "" : String(first?.REFERENCED_TABLE_SCHEMA);
    const table = String(first?.REFERENCED_TABLE_NAME);
    const columns = parts.map((row) => String(row.COLUMN_NAME));
    const referenced = parts.map((row) => String(row.REFERENCED_COLUMN_NAME));
    const place = schema === "" ? traits.quote(table) : `${traits.quote(schema)}.${traits.quote(table)}`;
    const actions = ["DELETE", "UPDATE"].flatMap((event) => {
      const action = String(rule?.[`${event}_RULE`] ?? "RESTRICT");
      // One and the same to InnoDB; MySQL and MariaDB differ in which they print when neither was written.
      return action === "RESTRICT" || action === "NO ACTION" ? [] : [` ON ${event} ${action}`];
    });
    return {
      name,
      kind: "foreign key",
      columns,
      definition: `FOREIGN KEY (${list(columns)}) REFERENCES ${place} (${list(referenced)})${actions.join("")}`,
      references: { schema, table, columns: referenced },
      validated: true,
    };
  });
}

/** MySQL's CHECK_CONSTRAINTS do not name the table, MariaDB's do; the same name can then stand in several tables. */
export function toChecks(table: string, checks: readonly Row[], constraints: readonly Row[]): Constraint[] {
  const own = checks.filter((row) =>
    row.TABLE_NAME === undefined
      ? constraints.some(
          (other) => other.CONSTRAINT_TYPE === "CHECK" && other.CONSTRAINT_NAME === row.CONSTRAINT_NAME,
        )
      : row.TABLE_NAME === table,
  );
  return own.map((row): Constraint => {
    const name = String(row.CONSTRAINT_NAME);
    const other = constraints.find((candidate) => candidate.CONSTRAINT_NAME === name);
    const enforced = other?.ENFORCED !== "NO";
    const clause = unescaped(String(row.CHECK_CLAUSE), row.TABLE_NAME !== undefined);
    return {
      name,
      kind: "check",
      columns: [],
      definition: `CHECK (${clause})${enforced ? "" : " NOT ENFORCED"}`,
      references: null,
      validated: enforced,
    };
  });
}

function list(names: readonly string[]): string {
  return names.map(traits.quote).join(", ");
}
