import type { ObjectName, Statement } from "../../core/plan.ts";
import { mysqlLexicon } from "../../sql/lexicon.ts";
import type { TokenReader } from "../../sql/token-reader.ts";
import type { Session } from "../engine.ts";
import { type ImpactRole, noImpact, objectText, type StatementImpact } from "../impact-role.ts";
import { droppedTable, namesOf, statementReader, wholeTable } from "../token-impact.ts";
import { alterTableImpact } from "./impact-alter.ts";
import { locked, metadataLock } from "./metadata-lock.ts";

export const impact: ImpactRole = { describe, estimates };

const maxReadChars = 1024 * 1024;

function describe({ text }: Statement): StatementImpact {
  if (text.length > maxReadChars) return noImpact;
  const reader = statementReader(text, mysqlLexicon);
  const verb = reader.peek();
  reader.skip();
  return describers[verb]?.(reader) ?? noImpact;
}

const describers: Readonly<Record<string, (reader: TokenReader) => StatementImpact>> = {
  ALTER(reader) {
    for (const word of ["ONLINE", "IGNORE"]) reader.take(word);
    if (!reader.take("TABLE")) return noImpact;
    reader.take("IF", "EXISTS");
    const table = reader.name("table");
    return table === null ? noImpact : alterTableImpact(reader, table);
  },
  CREATE: create,
  DROP: drop,
  TRUNCATE(reader) {
    reader.take("TABLE");
    const table = reader.name("table");
    if (table === null) return noImpact;
    const message = `removes all rows of ${objectText(table)}`;
    return {
      ...locked(metadataLock, "reads and writes", table),
      hazards: [{ type: "drops-data", object: table, message }],
    };
  },
  RENAME(reader) {
    if (!reader.take("TABLE")) return noImpact;
    const table = reader.name("table");
    if (table === null) return noImpact;
    const message = `renames ${objectText(table)}, and programs that use the old name fail`;
    return {
      ...locked(metadataLock, "reads and writes", table),
      hazards: [{ type: "renames", object: table, message }],
    };
  },
  OPTIMIZE(reader) {
    reader.take("TABLE");
    const tables = namesOf(reader, "table");
    const hazards = tables.map((object) => ({
      type: "rewrites-table" as const,
      object,
      message: `writes all rows of ${objectText(object)} anew`,
    }));
    return { ...locked(metadataLock, "reads and writes", ...tables), hazards };
  },
  INSERT: (reader) => rows(reader, "INTO"),
  REPLACE: (reader) => rows(reader, "INTO"),
  UPDATE(reader) {
    for (const word of ["LOW_PRIORITY", "IGNORE"]) reader.take(word);
    const table = reader.name("table");
    if (table === null) return noImpact;
    return { ...rowLocks(table), hazards: wholeTable(reader, "UPDATE", table) };
  },
  DELETE(reader) {
    for (const word of ["LOW_PRIORITY", "QUICK", "IGNORE"]) reader.take(word);
    if (!reader.take("FROM")) return noImpact;
    const table = reader.name("table");
    if (table === null) return noImpact;
    return { ...rowLocks(table), hazards: wholeTable(reader, "DELETE", table) };
  },
  CALL: () => unknown("calls a procedure"),
};

function unknown(what: string): StatementImpact {
  const object: ObjectName = { kind: "other", name: "" };
  const message = `${what}, whose effect its text does not tell`;
  return { ...noImpact, hazards: [{ type: "unknown-effect", object, message }] };
}

function rows(reader: TokenReader, word: string): StatementImpact {
  if (!reader.seek(word)) return noImpact;
  const table = reader.name("table");
  return table === null ? noImpact : rowLocks(table);
}

/** Rows that it writes, until it commits. */
function rowLocks(table: ObjectName): StatementImpact {
  return locked("row locks", "schema changes", table);
}

function create(reader: TokenReader): StatementImpact {
  reader.take("OR", "REPLACE");
  if (reader.peek() === "TEMPORARY") return noImpact;
  if (reader.take("TABLE")) {
    reader.take("IF", "NOT", "EXISTS");
    const table = reader.name("table");
    return table === null ? noImpact : { ...noImpact, creates: [table] };
  }
  const kind = ["UNIQUE", "FULLTEXT", "SPATIAL"].find((word) => reader.take(word));
  if (reader.take("INDEX") && reader.seek("ON")) {
    const table = reader.name("table");
    if (table === null) return noImpact;
    const isShared = kind === "FULLTEXT" || kind === "SPATIAL";
    return isShared
      ? locked("LOCK=SHARED", "writes", table)
      : locked("metadata lock, briefly", "schema changes", table);
  }
  if (reader.seek("TRIGGER") && reader.seek("ON")) {
    const table = reader.name("table");
    return table === null ? noImpact : locked(metadataLock, "reads and writes", table);
  }
  return noImpact;
}

function drop(reader: TokenReader): StatementImpact {
  if (reader.peek() === "TEMPORARY") return noImpact;
  if (reader.take("TABLE") || reader.take("TABLES")) {
    reader.take("IF", "EXISTS");
    const tables = namesOf(reader, "table");
    return { ...locked(metadataLock, "reads and writes", ...tables), hazards: tables.map(droppedTable) };
  }
  if (reader.take("DATABASE") || reader.take("SCHEMA")) {
    reader.take("IF", "EXISTS");
    const object = reader.name("database");
    if (object === null) return noImpact;
    const message = `drops the database ${object.name} with its tables`;
    return { ...noImpact, hazards: [{ type: "drops-data", object, message }] };
  }
  if (reader.take("INDEX") && reader.seek("ON")) {
    const table = reader.name("table");
    return table === null ? noImpact : locked("metadata lock, briefly", "schema changes", table);
  }
  return noImpact;
}

async function estimates(session: Session, tables: readonly ObjectName[]) {
  const found = [];
  for (const { schema, name } of tables) {
    const [row] = await session.query(
      `SELECT TABLE_ROWS AS \`rows\`, DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = coalesce(?, DATABASE()) AND TABLE_NAME = ? AND TABLE_TYPE = 'BASE TABLE'`,
      [schema ?? null, name],
    );
    found.push(
      row === undefined
        ? null
        : {
            rows: row.rows === null ? null : Number(row.rows),
            bytes: row.bytes === null ? null : Number(row.bytes),
          },
    );
  }
  return found;
}
