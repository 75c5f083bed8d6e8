import { GodwitError } from "../../core/error.ts";
import type { TableName } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import { tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

interface Reference {
  readonly name: string;
  readonly parent: TableName;
  /** Column and the parent's column. */
  readonly columns: readonly (readonly [string, string])[];
  readonly isOwn: boolean;
}

/**
 * The server checks a foreign key at each row, so a tree would have to be inserted from its root. Where a table refers to
 * itself the checks are off for the one INSERT, and made after it.
 */
export async function insertAll(
  session: Session,
  table: TableName,
  insert: () => Promise<unknown>,
  inserted: string,
): Promise<void> {
  const references = await referencesOf(session, table);
  const [row] = await session.query("SELECT @@SESSION.foreign_key_checks AS checks");
  if (!references.some(({ isOwn }) => isOwn) || Number(row?.checks) === 0) {
    await insert();
    return;
  }
  await session.query("SET SESSION foreign_key_checks = 0");
  try {
    await insert();
  } finally {
    // On a session that is lost there is nothing to put back, and the failure of the work is the one to tell.
    await session.query("SET SESSION foreign_key_checks = 1").catch(() => {});
  }
  for (const reference of references) await refuseOrphans(session, table, inserted, reference);
}

async function referencesOf(session: Session, { schema, name }: TableName): Promise<Reference[]> {
  const found = await session.query(
    `SELECT CONSTRAINT_NAME AS name, COLUMN_NAME AS \`column\`, REFERENCED_TABLE_SCHEMA AS parentSchema,
        REFERENCED_TABLE_NAME AS parent, REFERENCED_COLUMN_NAME AS parentColumn,
        TABLE_SCHEMA = REFERENCED_TABLE_SCHEMA AND TABLE_NAME = REFERENCED_TABLE_NAME AS own
       FROM information_schema.KEY_COLUMN_USAGE
      WHERE TABLE_SCHEMA = coalesce(?, DATABASE()) AND REFERENCED_TABLE_NAME IS NOT NULL
        AND IF(@@lower_case_table_names = 0, BINARY TABLE_NAME = BINARY ?, TABLE_NAME = ?)
      ORDER BY BINARY CONSTRAINT_NAME, ORDINAL_POSITION`,
    [schema === "" ? null : schema, name, name],
  );
  return [...Map.groupBy(found, (row) => String(row.name))].map(([constraint, parts]) => ({
    name: constraint,
    parent: { schema: String(parts[0]?.parentSchema), name: String(parts[0]?.parent) },
    columns: parts.map((row) => [String(row.column), String(row.parentColumn)] as const),
    isOwn: Number(parts[0]?.own) === 1,
  }));
}

/** The parents are read as they are now, and stay so until the end of the transaction. */
async function refuseOrphans(
  session: Session,
  table: TableName,
  inserted: string,
  { name, parent, columns }: Reference,
): Promise<void> {
  const { quote } = traits;
  const same = columns.map(([own, other]) => `p.${quote(other)} = t.${quote(own)}`).join(" AND ");
  const asked = columns.map(([own]) => `t.${quote(own)} IS NOT NULL`).join(" AND ");
  const [, lacks = ""] = columns[0] ?? [];
  const values = columns.map(([own], no) => `t.${quote(own)} AS c${no}`).join(", ");
  const [orphan] = await session.query(
    `SELECT ${values} FROM ${inserted} LEFT JOIN ${tableText(parent)} AS p ON ${same}
      WHERE ${asked} AND p.${quote(lacks)} IS NULL LIMIT 1 LOCK IN SHARE MODE`,
  );
  if (orphan === undefined) return;
  const told = columns.map(([own], no) => `${own} = ${String(orphan[`c${no}`])}`).join(", ");
  throw new GodwitError("GW8304", {
    message: `a row of ${table.name} would come back without the row of ${parent.name} that it refers to: ${told} (foreign key ${name})`,
    hint: "Put the row that it refers to back, and run the rollback again.",
    details: { table: table.name, parent: parent.name, foreignKey: name },
  });
}
