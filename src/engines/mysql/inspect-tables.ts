import type { Table } from "../../core/schema.ts";
import type { Row, Session } from "../engine.ts";
import { toColumn } from "./inspect-columns.ts";
import { toChecks, toForeignKeys, toKeys } from "./inspect-constraints.ts";
import { isKept } from "./kept-mark.ts";
import type { Surroundings } from "./plain-display.ts";
import { isLedgerTable } from "./store.ts";

/** One query for each table of the catalogue, whatever the number of tables. */
export async function readTables(session: Session, where: Surroundings): Promise<Table[]> {
  const all = (table: string, schema: string, order: string) =>
    session.query(`SELECT * FROM information_schema.${table} WHERE ${schema} = DATABASE() ORDER BY ${order}`);
  const tables = await all("TABLES", "TABLE_SCHEMA", "BINARY TABLE_NAME");
  const columns = byTable(await all("COLUMNS", "TABLE_SCHEMA", "TABLE_NAME, ORDINAL_POSITION"));
  const statistics = byTable(
    await all("STATISTICS", "TABLE_SCHEMA", "TABLE_NAME, BINARY INDEX_NAME, SEQ_IN_INDEX"),
  );
  const usage = byTable(
    await all("KEY_COLUMN_USAGE", "TABLE_SCHEMA", "TABLE_NAME, BINARY CONSTRAINT_NAME, ORDINAL_POSITION"),
  );
  const rules = byTable(await all("REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", "BINARY CONSTRAINT_NAME"));
  const constraints = byTable(await all("TABLE_CONSTRAINTS", "TABLE_SCHEMA", "BINARY CONSTRAINT_NAME"));
  const checks = await all("CHECK_CONSTRAINTS", "CONSTRAINT_SCHEMA", "BINARY CONSTRAINT_NAME");
  const partitions = byTable(
    (
      await all(
        "PARTITIONS",
        "TABLE_SCHEMA",
        "TABLE_NAME, PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION",
      )
    ).filter((row) => row.PARTITION_METHOD !== null),
  );
  return tables
    .filter((row) => row.TABLE_TYPE === "BASE TABLE" || row.TABLE_TYPE === "SYSTEM VERSIONED")
    .filter((row) => !isLedgerTable(String(row.TABLE_NAME)) && !isKept(row.TABLE_COMMENT))
    .map((row): Table => {
      const name = String(row.TABLE_NAME);
      const of = (map: ReadonlyMap<string, Row[]>) => map.get(name) ?? [];
      const keys = toKeys(of(statistics));
      return {
        schema: "",
        name,
        columns: of(columns).map((column) => toColumn(column, { table: row, ...where })),
        constraints: [
          ...keys.constraints,
          ...toForeignKeys(of(usage), of(rules), where.database),
          ...toChecks(name, checks, of(constraints)),
        ],
        indexes: keys.indexes,
        comment: text(row.TABLE_COMMENT),
        options: options(row, of(partitions)),
      };
    });
}

function byTable(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => String(row.TABLE_NAME));
}

function text(value: unknown): string | null {
  return value === null || value === undefined || value === "" ? null : String(value);
}

function options(table: Row, partitions: readonly Row[]): string {
  // "partitioned" is said by the partitions themselves.
  const created = String(table.CREATE_OPTIONS ?? "")
    .replace(/\bpartitioned\b/, "")
    .trim();
  return [
    `ENGINE=${String(table.ENGINE)}`,
    `COLLATE=${String(table.TABLE_COLLATION)}`,
    ...(created === "" ? [] : [created]),
    ...(table.TABLE_TYPE === "SYSTEM VERSIONED" ? ["WITH SYSTEM VERSIONING"] : []),
    ...partitioning(partitions),
  ].join(" ");
}

function partitioning(partitions: readonly Row[]): string[] {
  const [first] = partitions;
  if (first === undefined) return [];
  const list = partitions.map((row) => {
    const relation = String(row.PARTITION_METHOD).startsWith("RANGE") ? "LESS THAN" : "IN";
    const value =
      row.PARTITION_DESCRIPTION === null ? "" : ` VALUES ${relation} (${String(row.PARTITION_DESCRIPTION)})`;
    const sub = row.SUBPARTITION_NAME === null ? "" : ` SUBPARTITION ${String(row.SUBPARTITION_NAME)}`;
    return `${String(row.PARTITION_NAME)}${value}${sub}`;
  });
  const sub =
    first.SUBPARTITION_METHOD === null
      ? ""
      : ` SUBPARTITION BY ${String(first.SUBPARTITION_METHOD)} (${String(first.SUBPARTITION_EXPRESSION)})`;
  return [
    `PARTITION BY ${String(first.PARTITION_METHOD)} (${String(first.PARTITION_EXPRESSION ?? "")})${sub} (${list.join(", ")})`,
  ];
}
