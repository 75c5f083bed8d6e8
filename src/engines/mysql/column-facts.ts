import type { TableName } from "../../core/portable.ts";
import type { Session } from "../engine.ts";

/** What the catalogue says of a column beyond its neutral type: it decides how the column is read. */
export interface ColumnFacts {
  readonly dataType: string;
  readonly columnType: string;
  /** Null for what is no text. */
  readonly charset: string | null;
  /** Null for what is no text. */
  readonly collation: string | null;
  readonly nullable: boolean;
}

/** By column name. */
export async function columnFacts(
  session: Session,
  table: TableName,
): Promise<ReadonlyMap<string, ColumnFacts>> {
  const rows = await session.query(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS dataType, COLUMN_TYPE AS columnType, CHARACTER_SET_NAME AS charset,
       COLLATION_NAME AS collation, IS_NULLABLE AS nullable
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${table.schema === "" ? "DATABASE()" : "?"} AND TABLE_NAME = ?`,
    table.schema === "" ? [table.name] : [table.schema, table.name],
  );
  return new Map(
    rows.map((row) => [
      String(row.name),
      {
        dataType: String(row.dataType).toLowerCase(),
        columnType: String(row.columnType).toLowerCase(),
        charset: row.charset === null ? null : String(row.charset),
        collation: row.collation === null ? null : String(row.collation),
        nullable: row.nullable === "YES",
      },
    ]),
  );
}
