import type { TableName } from "../../core/portable.ts";
import type { DdlStatement, SwappedTable, SwapRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { tableText, textLiteral } from "./sql-text.ts";
import { traits } from "./traits.ts";

/**
 * The room is a database beside the target's, so that each name, those of constraints included, is what it will be.
 * RENAME TABLE moves all tables at once, and InnoDB's foreign keys follow the tables that they refer to.
 */
export const swap: SwapRole = {
  beside: ({ name }, database) => ({ schema: `${database}${suffix}`, name }),
  isWhole: true,
  open,
  swap: swapSql,
  obstacles,
  leftovers,
  discard: (tables) => [dropped(roomOf(tables), "IF EXISTS ")],
};

const suffix = "_godwit_new";

function open(tables: readonly SwappedTable[]): DdlStatement[] {
  const room = roomOf(tables);
  return [{ sql: `CREATE DATABASE ${traits.quote(room)}`, title: `database ${room}` }];
}

/** What was there moves into a database of its own first: the only way in which no moment is without a table. */
function swapSql(tables: readonly SwappedTable[]): DdlStatement[] {
  const room = roomOf(tables);
  const old = oldOf(room);
  const there = tables.filter(({ isThere }) => isThere);
  const moves = [
    ...there.map(({ name }) => move(name, { schema: old, name: name.name })),
    ...tables.map(({ beside, name }) => move(beside, name)),
  ];
  return [
    ...(there.length === 0
      ? []
      : [{ sql: `CREATE DATABASE ${traits.quote(old)}`, title: `database ${old}` }]),
    { sql: `RENAME TABLE ${moves.join(", ")}`, title: `swap ${tables.length} tables` },
    ...(there.length === 0 ? [] : [dropped(old)]),
    dropped(room),
  ];
}

function dropped(name: string, ifThere = ""): DdlStatement {
  return { sql: `DROP DATABASE ${ifThere}${traits.quote(name)}`, title: `drop database ${name}` };
}

function move(from: TableName, to: TableName): string {
  return `${tableText(from)} TO ${tableText(to)}`;
}

/** Where the old tables stand while they are swapped out. */
function oldOf(room: string): string {
  return `${room.slice(0, -suffix.length)}_godwit_old`;
}

function roomOf([first]: readonly SwappedTable[]): string {
  return first?.beside.schema ?? "";
}

async function obstacles(session: Session, tables: readonly SwappedTable[]): Promise<string[]> {
  const names = tables.map(({ name }) => textLiteral(name.name)).join(", ");
  const rows = await session.query(
    `SELECT CONCAT('foreign key ', k.CONSTRAINT_NAME, ' of ', k.TABLE_SCHEMA, '.', k.TABLE_NAME, ' refers to ', k.REFERENCED_TABLE_NAME) AS what
      FROM information_schema.KEY_COLUMN_USAGE k
      WHERE k.REFERENCED_TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IN (${names})
        AND k.ORDINAL_POSITION = 1 AND NOT (k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME IN (${names}))
      UNION ALL
      SELECT CONCAT('trigger ', t.TRIGGER_NAME, ' of ', t.EVENT_OBJECT_TABLE) FROM information_schema.TRIGGERS t
      WHERE t.EVENT_OBJECT_SCHEMA = DATABASE() AND t.EVENT_OBJECT_TABLE IN (${names})
      UNION ALL
      SELECT CONCAT('database ', s.SCHEMA_NAME, ' has tables that an earlier refresh has swapped out, or was about to')
      FROM information_schema.SCHEMATA s WHERE s.SCHEMA_NAME = ${textLiteral(oldOf(roomOf(tables)))}`,
  );
  return rows.map(({ what }) => String(what)).toSorted();
}

async function leftovers(session: Session, tables: readonly SwappedTable[]): Promise<string[]> {
  const rows = await session.query(
    `SELECT CONCAT('database ', SCHEMA_NAME) AS what FROM information_schema.SCHEMATA
      WHERE SCHEMA_NAME = ${textLiteral(roomOf(tables))}`,
  );
  return rows.map(({ what }) => String(what));
}
