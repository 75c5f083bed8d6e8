import type { ObjectName, Statement } from "../../core/plan.ts";
import { sqliteLexicon } from "../../sql/lexicon.ts";
import type { TokenReader } from "../../sql/token-reader.ts";
import type { Session } from "../engine.ts";
import {
  type ImpactRole,
  noImpact,
  objectText,
  type StatementHazard,
  type StatementImpact,
} from "../impact-role.ts";
import { droppedTable, statementReader, wholeTable } from "../token-impact.ts";
import { traits } from "./traits.ts";

export const impact: ImpactRole = { describe, estimates };

/** There is one writer at a time; readers wait only where there is no write-ahead log. */
const writing: StatementImpact = {
  ...noImpact,
  locks: [{ object: { kind: "database", name: "the whole file" }, mode: "the write lock", blocks: "writes" }],
};

const maxReadChars = 1024 * 1024;

function describe({ text, label }: Statement): StatementImpact {
  if (text.length > maxReadChars) return writing;
  const reader = statementReader(text, sqliteLexicon);
  const verb = reader.peek();
  reader.skip();
  if (["SELECT", "PRAGMA", "EXPLAIN", "VALUES"].includes(verb)) return noImpact;
  return { ...writing, ...describers[verb]?.(reader, label) };
}

type Part = Partial<Pick<StatementImpact, "hazards" | "creates">>;

const describers: Readonly<Record<string, (reader: TokenReader, label: string) => Part>> = {
  CREATE(reader) {
    for (const word of ["TEMP", "TEMPORARY", "VIRTUAL"]) reader.take(word);
    if (!reader.take("TABLE")) return {};
    reader.take("IF", "NOT", "EXISTS");
    const table = reader.name("table");
    return table === null ? {} : { creates: [table] };
  },
  DROP(reader) {
    if (!reader.take("TABLE")) return {};
    reader.take("IF", "EXISTS");
    const table = reader.name("table");
    return table === null ? {} : { hazards: [droppedTable(table)] };
  },
  ALTER(reader) {
    reader.take("TABLE");
    const table = reader.name("table");
    return table === null ? {} : { hazards: alterHazards(reader, table) };
  },
  UPDATE(reader) {
    if (reader.take("OR")) reader.skip();
    const table = reader.name("table");
    return table === null ? {} : { hazards: wholeTable(reader, "UPDATE", table) };
  },
  DELETE(reader) {
    reader.take("FROM");
    const table = reader.name("table");
    return table === null ? {} : { hazards: wholeTable(reader, "DELETE", table) };
  },
  VACUUM() {
    const object: ObjectName = { kind: "database", name: "the whole file" };
    return { hazards: [{ type: "rewrites-table", object, message: "writes the whole file anew" }] };
  },
};

function alterHazards(reader: TokenReader, table: ObjectName): StatementHazard[] {
  const name = objectText(table);
  if (reader.take("DROP")) {
    reader.take("COLUMN");
    const column = reader.name("other")?.name ?? "";
    return [
      {
        type: "drops-data",
        object: table,
        message: `drops the column ${name}.${column} with its values`,
      },
      { type: "rewrites-table", object: table, message: `writes all rows of ${name} anew` },
    ];
  }
  if (!reader.take("RENAME")) return [];
  const what = reader.peek() === "TO" ? name : `a column of ${name}`;
  return [
    { type: "renames", object: table, message: `renames ${what}, and programs that use the old name fail` },
  ];
}

/** SQLite keeps no sizes. The greatest rowid is found at once, and is the number of rows where none was deleted. */
async function estimates(session: Session, tables: readonly ObjectName[]) {
  const found = [];
  for (const { name } of tables) {
    const [there] = await session.query(
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
      [name],
    );
    if (there === undefined) found.push(null);
    else found.push(await rowEstimate(session, String(there.name)));
  }
  return found;
}

async function rowEstimate(session: Session, name: string) {
  const quoted = traits.quote(name);
  try {
    const [row] = await session.query(`SELECT max(rowid) AS "rows" FROM main.${quoted}`);
    return { rows: Number(row?.rows ?? 0), bytes: null };
  } catch {
    // WITHOUT ROWID: they have to be counted.
    const [row] = await session.query(`SELECT count(*) AS "rows" FROM main.${quoted}`);
    return { rows: Number(row?.rows ?? 0), bytes: null };
  }
}
