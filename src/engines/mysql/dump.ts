import type { Session } from "../engine.ts";
import { readObjects, withoutDatabase, type ReadObject } from "./inspect-objects.ts";
import { isKept } from "./kept-mark.ts";
import { withPlainDisplay } from "./plain-display.ts";
import { isLedgerTable } from "./store.ts";
import { traits } from "./traits.ts";

/** The schema as the server's own CREATE statements, by name; without counters, owners and the ledger. */
export async function dump(session: Session): Promise<string> {
  return withPlainDisplay(session, async (where) => {
    const objects = await readObjects(session, where);
    const sequences = objects.filter((object) => object.kind === "sequence");
    const others = objects.filter((object) => object.kind !== "sequence");
    const tables = await readTableStatements(session, where.database);
    const parts = [
      // Defaults of tables can use sequences.
      ...sequences.map(objectText),
      // Tables that refer to each other have no order of their own.
      ...(tables.length === 0
        ? []
        : ["SET FOREIGN_KEY_CHECKS = 0;", ...tables, "SET FOREIGN_KEY_CHECKS = 1;"]),
      ...others.map(objectText),
    ];
    return parts.length === 0 ? "" : `${parts.join("\n\n")}\n`;
  });
}

/** By name; with `counters` where they stand. */
export async function readTableStatements(
  session: Session,
  database: string,
  counters = false,
): Promise<string[]> {
  const rows = await session.query(
    `SELECT TABLE_NAME AS name, TABLE_COMMENT AS comment FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
        AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY BINARY TABLE_NAME`,
  );
  const statements: string[] = [];
  const own = rows.filter((row) => !isLedgerTable(String(row.name)) && !isKept(row.comment));
  for (const name of own.map((row) => String(row.name))) {
    const text = await readTableStatement(session, name, database);
    statements.push(`${counters ? text : withoutCounter(text)};`);
  }
  return statements;
}

/** The CREATE TABLE as the server prints it, with its counter. */
export async function readTableStatement(session: Session, name: string, database: string): Promise<string> {
  const [row] = await session.query(`SHOW CREATE TABLE ${traits.quote(name)}`);
  return withoutDatabase(String(row?.["Create Table"]), database);
}

/** The counter of AUTO_INCREMENT is data. It stands in the last lines only, behind the engine. */
export function withoutCounter(statement: string): string {
  return statement.replace(/(\n\)(?: \/\*!\d+ TABLESPACE [^\n]*\*\/)? ENGINE=\w+) AUTO_INCREMENT=\d+/, "$1");
}

/** Settings under which the same text would be read as something else. */
const readingModes = new Set([
  "ANSI_QUOTES",
  "PIPES_AS_CONCAT",
  "NO_BACKSLASH_ESCAPES",
  "HIGH_NOT_PRECEDENCE",
  "ORACLE",
]);

export function objectText(object: ReadObject): string {
  const text = terminated(object.statement);
  const modes = object.sqlMode.split(",").filter((mode) => readingModes.has(mode));
  if (modes.length === 0) return text;
  return [
    `SET @old_sql_mode = @@sql_mode;`,
    `SET sql_mode = '${modes.join(",")}';`,
    text,
    `SET sql_mode = @old_sql_mode;`,
  ].join("\n");
}

/** A body with semicolons gets a delimiter that does not stand in it. */
function terminated(statement: string): string {
  if (!statement.includes(";")) return `${statement};`;
  const delimiter =
    ["$$", "//", ";;", "$godwit$"].find((candidate) => !statement.includes(candidate)) ??
    "$end_of_statement$";
  return `DELIMITER ${delimiter}\n${statement}\n${delimiter}\nDELIMITER ;`;
}
