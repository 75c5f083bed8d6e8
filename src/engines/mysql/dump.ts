import type { Session } from "../engine.ts";
import { readObjects, withoutDatabase, type ReadObject } from "./inspect-objects.ts";
import { isKept } from "./kept-mark.ts";
import { type Surroundings, withPlainDisplay } from "./plain-display.ts";
import { isLedgerTable } from "./store.ts";
import { traits } from "./traits.ts";

/** The schema as the server's own CREATE statements, by name; without counters, owners and the ledger. */
export async function dump(session: Session): Promise<string> {
  return withPlainDisplay(session, async (where) => {
    const objects = await readObjects(session, where);
    const sequences = objects.filter((object) => object.kind === "sequence");
    const others = objects.filter((object) => object.kind !== "sequence");
    const tables = await readTableStatements(session, where);
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
  where: Surroundings,
  counters = false,
): Promise<string[]> {
  const rows = await session.query(
    `SELECT TABLE_NAME AS name, TABLE_COMMENT AS comment FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
        AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY BINARY TABLE_NAME`,
  );
  const statements: string[] = [];
  const own = rows.filter((row) => !isLedgerTable(String(row.name)) && !isKept(row.comment));
  for (const name of own.map((row) => String(row.name))) {
    const text = await readTableStatement(session, name, where);
    statements.push(`${counters ? text : withoutCounter(text)};`);
  }
  return statements;
}

/** The CREATE TABLE as the server prints it, with its counter. */
export async function readTableStatement(
  session: Session,
  name: string,
  { database, mariaDb }: Surroundings,
): Promise<string> {
  const [row] = await session.query(`SHOW CREATE TABLE ${traits.quote(name)}`);
  const statement = withoutDatabase(String(row?.["Create Table"]), database);
  return mariaDb && placeColumn.test(statement) ? withReferenceSystems(session, name, statement) : statement;
}

const placeColumn =
  /^  `(?:[^`]|``)*` (?:geometry|geometrycollection|(?:multi)?(?:point|linestring|polygon))\b/m;

/** MariaDB keeps the reference system of a column, and does not print it. */
async function withReferenceSystems(session: Session, table: string, statement: string): Promise<string> {
  const rows = await session.query(
    `SELECT G_GEOMETRY_COLUMN AS name, CAST(SRID AS CHAR) AS id FROM information_schema.GEOMETRY_COLUMNS
      WHERE G_TABLE_SCHEMA = DATABASE() AND G_TABLE_NAME = ? AND SRID <> 0`,
    [table],
  );
  const ids = new Map(rows.map((row) => [`  ${traits.quote(String(row.name))}`, String(row.id)]));
  return statement.replaceAll(/^(  `(?:[^`]|``)*`) \w+/gm, (start, name: string) => {
    const id = ids.get(name);
    return id === undefined ? start : `${start} REF_SYSTEM_ID=${id}`;
  });
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
