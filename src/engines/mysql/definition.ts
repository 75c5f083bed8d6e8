import { sha256 } from "../../core/canonical.ts";
import type { ObjectName } from "../../core/plan.ts";
import type { Row, Session } from "../engine.ts";
import { errors } from "./errors.ts";
import { withPlainDisplay, type Surroundings } from "./plain-display.ts";
import { traits } from "./traits.ts";

/** What the catalogue says of an object at one moment, small enough for the ledger. */
export interface Captured {
  readonly kind: ObjectName["kind"];
  /** SHA-256 of its definition; null when it is not there. */
  readonly hash: string | null;
  /** Changes when the table is emptied, rebuilt or replaced, and moves with it when it is renamed; null where not known. */
  readonly identity: string | null;
  /** It is there, but a privilege to read its definition is missing. */
  readonly unreadable: boolean;
}

/** Two round trips for an object that is not there, as before most CREATE statements; one or two more for others. */
export async function captureObjects(session: Session, objects: readonly ObjectName[]): Promise<Captured[]> {
  return withPlainDisplay(session, async (surroundings) => {
    const captured: Captured[] = [];
    for (const object of objects) captured.push(await captureObject(session, object, surroundings));
    return captured;
  });
}

async function captureObject(session: Session, object: ObjectName, where: Surroundings): Promise<Captured> {
  const { kind } = object;
  try {
    const definition = await definitionOf(session, object);
    if (definition === null) return { kind, hash: null, identity: null, unreadable: false };
    // A sequence is stored as a table.
    const stores = kind === "table" || kind === "sequence";
    const identity = stores ? await tableIdentity(session, object, where) : null;
    return { kind, hash: sha256(definition), identity, unreadable: false };
  } catch (error) {
    const refused = error === unreadable || errors.classify(error).kind === "permission";
    if (!refused && errorNumber(error) !== tableNotLocked) throw error;
    return { kind, hash: "", identity: null, unreadable: true };
  }
}

/** Under LOCK TABLES other tables cannot be read. */
const tableNotLocked = 1100;

function errorNumber(error: unknown): number {
  return Number((error as { errno?: unknown }).errno);
}

const unreadable = Symbol("the definition cannot be read");

/** No such database, table, view, routine, trigger, event, sequence. */
const absent: ReadonlySet<number> = new Set([1008, 1049, 1146, 1305, 1347, 1360, 1539, 4089, 4091, 4092]);

async function definitionOf(session: Session, object: ObjectName): Promise<string | null> {
  const name = qualified(object);
  switch (object.kind) {
    case "table":
    case "view":
      // Also shows views and sequences: they share one space of names.
      return show(session, `SHOW CREATE TABLE ${name}`);
    case "trigger":
      return show(session, `SHOW CREATE TRIGGER ${name}`);
    case "event":
      return show(session, `SHOW CREATE EVENT ${name}`);
    case "sequence":
      return show(session, `SHOW CREATE SEQUENCE ${name}`);
    case "schema":
    case "database":
      return show(session, `SHOW CREATE DATABASE ${traits.quote(object.name)}`);
    case "routine":
      return routine(session, object);
    case "index":
      return index(session, object);
    case "type":
    case "other":
      throw unreadable;
  }
}

async function show(session: Session, sql: string): Promise<string | null> {
  try {
    const [row] = await session.query(sql);
    return row === undefined ? null : definitionText(row);
  } catch (error) {
    if (absent.has(errorNumber(error))) return null;
    throw error;
  }
}

/** All that a SHOW CREATE statement answers, the settings it was made under included, without the row counter. */
function definitionText(row: Row): string {
  // The body is NULL for a reader who lacks the privilege.
  if (Object.entries(row).some(([name, value]) => value === null && /^(create |sql original)/i.test(name))) {
    throw unreadable;
  }
  return JSON.stringify(Object.values(row)).replace(/(ENGINE=\w+) AUTO_INCREMENT=\d+/, "$1");
}

async function routine(session: Session, object: ObjectName): Promise<string | null> {
  const rows = await session.query(
    `SELECT ROUTINE_TYPE AS type FROM information_schema.ROUTINES
      WHERE ROUTINE_SCHEMA = ${schemaOf(object)} AND ROUTINE_NAME = ? ORDER BY ROUTINE_TYPE`,
    [object.name],
  );
  const texts: (string | null)[] = [];
  for (const row of rows)
    texts.push(await show(session, `SHOW CREATE ${String(row.type)} ${qualified(object)}`));
  return texts.length === 0 ? null : JSON.stringify(texts);
}

async function index(session: Session, object: ObjectName): Promise<string | null> {
  const rows = await session.query(
    `SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ${schemaOf(object)} AND INDEX_NAME = ?
      ORDER BY TABLE_NAME, SEQ_IN_INDEX`,
    [object.name],
  );
  // The number of distinct values moves by itself.
  return rows.length === 0 ? null : JSON.stringify(rows.map(({ CARDINALITY: _, ...rest }) => rest));
}

/** InnoDB's ids of the table and its partitions: the number changes with TRUNCATE, which no definition shows. */
async function tableIdentity(
  session: Session,
  object: ObjectName,
  where: Surroundings,
): Promise<string | null> {
  const name = `${fileName(object.schema ?? where.database)}/${fileName(object.name)}`;
  // What is not ASCII has its own encoding in file names.
  if (/[^\x20-\x7e]/.test(name)) return null;
  const partitions = `${name}#P#`;
  try {
    const rows = await session.query(
      `SELECT TABLE_ID AS id FROM information_schema.${where.mariaDb ? "INNODB_SYS_TABLES" : "INNODB_TABLES"}
        WHERE NAME = ? OR LEFT(NAME, ${partitions.length}) = ? ORDER BY TABLE_ID`,
      [name, partitions],
    );
    return rows.length === 0 ? null : rows.map((found) => String(found.id)).join(",");
  } catch (error) {
    // Without the PROCESS privilege the ids are not told.
    if (errors.classify(error).kind === "permission") return null;
    throw error;
  }
}

/** As InnoDB writes names: characters other than letters, digits and _ as @ and four hexadecimal digits. */
export function fileName(name: string): string {
  return name.replace(/[\x20-\x7e]/g, (character) =>
    /\w/.test(character) ? character : `@${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function qualified(object: ObjectName): string {
  const name = traits.quote(object.name);
  return object.schema === undefined ? name : `${traits.quote(object.schema)}.${name}`;
}

function schemaOf(object: ObjectName): string {
  return object.schema === undefined
    ? "DATABASE()"
    : `CONVERT(X'${Buffer.from(object.schema, "utf8").toString("hex")}' USING utf8mb4)`;
}
