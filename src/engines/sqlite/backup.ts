import { rmSync } from "node:fs";
import type { BackupContents, BackupRole, BackupTable, SchemaPart } from "../backup-role.ts";
import type { DdlStatement } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { GodwitError } from "../../core/error.ts";
import { applicationNumbers } from "./application-numbers.ts";
import { native } from "./backup-native.ts";
import { textOf, type SchemaObject, schemaObjects, terminated, unswapped } from "./dump.ts";
import { isSqliteError } from "./driver.ts";
import { normalize } from "./normalize.ts";
import { sessionOf } from "./session.ts";
import { traits } from "./traits.ts";
import { readSchemaAgain } from "./virtual-tables.ts";

export const backup: BackupRole = {
  native,
  // Each value with its storage class, whatever its column is declared as.
  rowForm: "native",
  contents,
  markers: async (session) => {
    const [row] = await session.query("PRAGMA main.data_version");
    return { dataVersion: String(row?.data_version ?? "") };
  },
  inhabitants: async (session) => (await schemaObjects(session)).slice(0, 5).map(({ name }) => name),
  clear,
  fitting: async (_, schema) => ({ schema, lacks: [] }),
  scratch: {
    // A file is made by whoever opens it.
    create: async () => {},
    drop: async (session, name) => {
      const { path } = sessionOf(session);
      for (const ending of ["", "-wal", "-shm", "-journal", "-godwit-lock"])
        rmSync(`${path}.${name}${ending}`, { force: true });
    },
    target: (target, name) => {
      const database = `${target.database}.${name}`;
      return { ...target, database, display: target.display.replace(target.database, database) };
    },
  },
};

async function contents(session: Session, form: "portable" | "native"): Promise<BackupContents> {
  const all = await schemaObjects(session);
  // What SQLite does not make here could not be restored, but as the file itself.
  const unmade = form === "native" ? [] : all.filter(({ virtual }) => (virtual?.refusal ?? null) !== null);
  const objects = all.filter((object) => !unmade.includes(object));
  const isTable = ({ type, virtual }: SchemaObject) => type === "table" && virtual === null;
  const own = new Set(objects.filter(isTable).map(({ name }) => name));
  const tables = await backupTables(session, own);
  const unswappedTables = await namesOf(session, `type = 'table' AND name LIKE '${unswapped}' ESCAPE '\\'`);
  const virtual = objects.filter((object) => object.virtual !== null);
  const after = objects.filter((object) => !isTable(object));
  return {
    schema: textOf(objects),
    before: objects.filter(isTable).map(partOf),
    tables,
    keys: [],
    after: [...after.map(partOf), ...(await counters(session, own)), ...(await marks(session))],
    finish: [],
    notHeld: [
      "the file's own form: page size, encoding, journal mode; and what ANALYZE has found",
      "rowids that no column shows",
      ...unswappedTables.map((name) => `the table ${name}, which a refresh that did not end has left`),
    ],
    missing: [
      ...unmade.map(
        ({ name, virtual: one }) =>
          `the virtual table ${name}, which SQLite does not make here (${one?.refusal}); --form native holds it`,
      ),
      ...virtual.map(({ name }) => `rows of the virtual table ${name}; --form native holds them`),
    ],
  };
}

function partOf({ type, name, sql }: SchemaObject): SchemaPart {
  return { title: `${type} ${name}`, text: terminated(sql), settings: [] };
}

/** Tables that store rows: those of virtual tables are theirs to make. */
async function backupTables(session: Session, own: ReadonlySet<string>): Promise<BackupTable[]> {
  const estimates = new Map(
    (await normalize.schema(session)).tables.map(({ name, estimate }) => [name, estimate]),
  );
  const found = await session.query(
    `SELECT l.name AS "table", x.name AS "column", x.type AS declared
     FROM pragma_table_list AS l JOIN pragma_table_xinfo(l.name, 'main') AS x
     WHERE l.schema = 'main' AND l.type IN ('table', 'shadow') AND x.hidden = 0
     ORDER BY l.name, x.cid`,
  );
  const byTable = Map.groupBy(
    found.filter(({ table }) => own.has(String(table))),
    (row) => String(row.table),
  );
  return [...byTable].map(([name, rows]) => ({
    schema: "",
    name,
    columns: rows.map((row) => ({
      name: String(row.column),
      type: { kind: "any" as const },
      sql: String(row.declared),
    })),
    key: [],
    estimate: estimates.get(name) ?? { rows: 0, bytes: 0 },
  }));
}

async function namesOf(session: Session, condition: string): Promise<string[]> {
  const rows = await session.query(
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND ${condition} ORDER BY name`,
  );
  return rows.map(({ name }) => String(name));
}

/** AUTOINCREMENT goes on where it stood, also after the newest rows were deleted. */
async function counters(session: Session, own: ReadonlySet<string>): Promise<SchemaPart[]> {
  const [there] = await session.query(
    "SELECT 1 AS yes FROM main.sqlite_schema WHERE name = 'sqlite_sequence'",
  );
  if (there === undefined) return [];
  const rows = await session.query("SELECT name, seq FROM main.sqlite_sequence ORDER BY name");
  const text = rows.flatMap(({ name, seq }) => {
    if (!own.has(String(name))) return [];
    const literal = `'${String(name).replaceAll("'", "''")}'`;
    return [
      `DELETE FROM sqlite_sequence WHERE name = ${literal};`,
      `INSERT INTO sqlite_sequence (name, seq) VALUES (${literal}, ${String(seq)});`,
    ];
  });
  return text.length === 0 ? [] : [{ title: "counters", text: text.join("\n"), settings: [] }];
}

async function marks(session: Session): Promise<SchemaPart[]> {
  const lines = (await applicationNumbers(session)).map(({ name, value }) => `PRAGMA ${name} = ${value};`);
  return lines.length === 0 ? [] : [{ title: "application's numbers", text: lines.join("\n"), settings: [] }];
}

async function clear(session: Session): Promise<readonly DdlStatement[]> {
  const objects = await schemaObjects(session);
  await refuseUndroppable(session, objects);
  const drops = (type: SchemaObject["type"], isVirtual = false) =>
    objects
      .filter((object) => object.type === type && (object.virtual !== null) === isVirtual)
      .map(({ name }) => ({
        sql: `DROP ${type.toUpperCase()} IF EXISTS ${traits.quote(name)}`,
        title: `${type} ${name}`,
      }));
  const virtual = drops("table", true);
  // Indexes go with their tables.
  return [
    ...drops("trigger"),
    ...drops("view"),
    ...virtual,
    ...(virtual.length === 0 ? [] : [readSchemaAgain]),
    ...drops("table"),
  ];
}

/**
 * Without its module SQLite drops no virtual table. It says so when it compiles the statement, which EXPLAIN does and no
 * more. Throws GW8210.
 */
async function refuseUndroppable(session: Session, objects: readonly SchemaObject[]): Promise<void> {
  const found: string[] = [];
  for (const { name, virtual } of objects) {
    if (virtual === null) continue;
    try {
      await session.query(`EXPLAIN DROP TABLE ${traits.quote(name)}`);
    } catch (error) {
      // SQLITE_ERROR: anything else, such as a lock, is no answer.
      if (!isSqliteError(error) || error.errcode !== 1) throw error;
      found.push(`${name} (${error.message})`);
    }
  }
  if (found.length === 0) return;
  throw new GodwitError("GW8210", {
    message: `SQLite cannot drop here what the target holds: the virtual table ${found.join(", ")}`,
    hint: "Nothing was changed. Restore into a file that is not there yet: `godwit backup restore FILE sqlite:NEW.db --confirm NEW`; or drop the table with the program that has its module.",
    details: { tables: found },
  });
}
