import type { ObjectName, RowChange } from "../../core/plan.ts";
import type { Row, Session } from "../engine.ts";
import type { Consequence, KeptColumn, KeptTable, Keeping, RowSnapshotRole } from "../row-snapshot-role.ts";
import { changedRows } from "./changed-rows.ts";
import { replacesRows } from "./create-table.ts";
import { keptMark } from "./kept-mark.ts";
import { traits } from "./traits.ts";

const { quote } = traits;
/** Of the session: it stands in no schema file, and goes with the transaction. */
const trigger = 'temp."godwit_keeps_rows"';

export const rowSnapshot: RowSnapshotRole = {
  changeOf: changedRows,
  table,
  async make(session, of, name) {
    const [key = []] = of.keys;
    const columns = of.columns.map((column) => `${quote(column.name)} ${column.type}`.trim());
    const strict = (await kindOf(session, of.name))?.strict === 1n ? " STRICT" : "";
    await session.execute(
      `CREATE TABLE main.${quote(name)} (${keptMark} ${columns.join(", ")}, UNIQUE (${nameList(key)}))${strict}`,
    );
  },
  async drop(session, { name }) {
    await session.execute(`DROP TABLE IF EXISTS main.${quote(name)}`);
  },
  async made(session) {
    const found = await session.query(
      `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND instr(sql, '${keptMark}') > 0 ORDER BY name`,
    );
    return found.map(({ name }) => ({ schema: "", name: String(name) }));
  },
  /** Before each change, whoever makes it; a row that is changed twice is kept as it was the first time. */
  async capture(session, { change, table: of, into }: Keeping) {
    const [key = []] = of.keys;
    const columns = of.columns.map(({ name }) => name);
    const known = key.map((name) => `${quote(name)} = OLD.${quote(name)}`).join(" AND ");
    await session.execute(
      `CREATE TEMP TRIGGER ${trigger.slice(5)} BEFORE ${change.action} ON main.${quote(of.name)} BEGIN
         INSERT INTO ${quote(into)} (${nameList(columns)})
           SELECT ${columns.map((name) => `OLD.${quote(name)}`).join(", ")}
            WHERE NOT EXISTS (SELECT 1 FROM ${quote(into)} WHERE ${known});
       END`,
    );
  },
  async captured(session) {
    await session.execute(`DROP TRIGGER ${trigger}`);
  },
  isChanged: (columns, of, kept) => `(${columns.map((column) => differs(column, of, kept)).join(" OR ")})`,
  // The trigger saw what was changed, and nobody else writes meanwhile: there is nothing to hold it against.
  affected: () => null,
  differs,
  size: (columns, row) =>
    columns.map(({ name }) => `coalesce(length(CAST(${row}.${quote(name)} AS BLOB)), 0)`).join(" + "),
  lock: () => null,
  current: "",
  // Whatever a key of the table says of conflicts: a row that is put back takes no other's place.
  update: ({ table: of, kept, columns, on }) =>
    `UPDATE OR ABORT ${of} AS t SET ${columns.map((name) => `${quote(name)} = s.${quote(name)}`).join(", ")}
       FROM ${kept} AS s WHERE ${on}`,
  insertInto: (of, columns) => `INSERT OR ABORT INTO ${of} (${nameList(columns)})`,
  undisturbed,
};

const nameList = (names: readonly string[]) => names.map(quote).join(", ");

/** 1 and 1.0 are equal, and so are texts by a column's collation; what is stored is not the same. */
function differs({ name }: KeptColumn, left: string, right: string): string {
  const [a, b] = [`${left}.${quote(name)}`, `${right}.${quote(name)}`];
  return `(typeof(${a}) <> typeof(${b}) OR ${a} COLLATE BINARY IS NOT ${b})`;
}

async function kindOf(session: Session, name: string): Promise<Row | undefined> {
  const [found] = await session.query(
    "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE",
    [name],
  );
  return found;
}

async function table(session: Session, { name: written }: ObjectName): Promise<KeptTable | null> {
  const found = await kindOf(session, written);
  if (found === undefined) return null;
  const name = String(found.name);
  const columns = await session.query("SELECT * FROM pragma_table_xinfo(?, 'main') ORDER BY cid", [name]);
  return {
    schema: "",
    name,
    columns: columns
      .filter((row) => row.hidden !== 1n)
      .map((row) => ({
        name: String(row.name),
        type: String(row.type),
        generated: row.hidden !== 0n,
        updatable: row.hidden === 0n,
      })),
    keys: [...primaryKey(columns), ...(await uniqueKeys(session, name, columns))],
    refused: await refusalOf(session, found),
    consequences: [...(await triggersOf(session, name)), ...(await cascadesOf(session, name))],
  };
}

async function refusalOf(session: Session, { type, name }: Row): Promise<string | null> {
  if (type !== "table") return `is a ${String(type)}`;
  const [made] = await session.query("SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?", [
    String(name),
  ]);
  return replacesRows(String(made?.sql ?? ""))
    ? "has ON CONFLICT REPLACE, by which rows are deleted that the statement does not name"
    : null;
}

const actions: Readonly<Record<string, string>> = {
  CASCADE: "changes with it",
  "SET NULL": "gets NULL",
  "SET DEFAULT": "gets its default",
};

/** Only where the session has foreign keys on, which no statement can change inside the transaction. */
async function cascadesOf(session: Session, name: string): Promise<Consequence[]> {
  const [setting] = await session.query("SELECT foreign_keys AS checked FROM pragma_foreign_keys");
  if (Number(setting?.checked) === 0) return [];
  const found = await session.query(
    `SELECT m.name AS other, f.on_delete AS deleted, f.on_update AS updated, f."to" AS parent
       FROM main.sqlite_schema AS m, pragma_foreign_key_list(m.name, 'main') AS f
      WHERE m.type = 'table' AND f."table" = ? COLLATE NOCASE ORDER BY m.name, f.id, f.seq`,
    [name],
  );
  return found.flatMap(({ other, deleted, updated, parent }) => {
    const results: Consequence[] = [];
    const then = actions[String(deleted)];
    if (then !== undefined) {
      const message =
        deleted === "CASCADE"
          ? `rows of ${String(other)} that refer to it are deleted`
          : `${String(other)} ${then}`;
      results.push({ on: ["delete"], columns: null, message });
    }
    const follows = actions[String(updated)];
    // Without a name it is the primary key.
    const columns = parent === null ? null : [String(parent)];
    if (follows !== undefined) {
      results.push({ on: ["update"], columns, message: `${String(other)} ${follows}` });
    }
    return results;
  });
}

/** Its columns may hold NULL (an old fault of SQLite that it keeps); a row that does so is refused when it is kept. */
function primaryKey(columns: readonly Row[]): string[][] {
  const key = columns.filter((row) => row.pk !== 0n).sort((a, b) => Number(a.pk) - Number(b.pk));
  return key.length === 0 ? [] : [key.map((row) => String(row.name))];
}

async function uniqueKeys(session: Session, name: string, columns: readonly Row[]): Promise<string[][]> {
  const indexes = await session.query(
    "SELECT name FROM pragma_index_list(?, 'main') WHERE [unique] = 1 AND partial = 0 ORDER BY name",
    [name],
  );
  const keys: string[][] = [];
  for (const index of indexes) {
    const parts = await session.query("SELECT name FROM pragma_index_info(?, 'main') ORDER BY seqno", [
      String(index.name),
    ]);
    const isFull = parts.every((part) =>
      columns.some((row) => part.name !== null && row.name === part.name && row.notnull === 1n),
    );
    if (isFull) keys.push(parts.map((part) => String(part.name)));
  }
  return keys;
}

async function triggersOf(session: Session, name: string): Promise<Consequence[]> {
  return (await readTriggers(session, name)).flatMap((row) => {
    const event = /\b(insert|update|delete)\b/i.exec(String(row.sql).replace(/^.*?\btrigger\b/is, ""))?.[1];
    const on = (event ?? "update").toLowerCase() as RowChange["action"] | "insert";
    return on === "insert"
      ? []
      : [{ on: [on], columns: null, message: `the trigger ${String(row.name)} runs` }];
  });
}

function readTriggers(session: Session, name: string): Promise<Row[]> {
  return session.query(
    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY name",
    [name],
  );
}

/** The table's triggers are dropped and made again, in the transaction: they had their say when the rows were changed. */
async function undisturbed(session: Session, of: KeptTable, work: () => Promise<void>): Promise<void> {
  const triggers = await readTriggers(session, of.name);
  for (const { name } of triggers) await session.execute(`DROP TRIGGER main.${quote(String(name))}`);
  await work();
  for (const { sql } of triggers) await session.execute(String(sql));
}
