import type { ObjectName, RowChange } from "../../core/plan.ts";
import type { Row, Session } from "../engine.ts";
import type { Consequence, KeptColumn, KeptTable, Keeping, RowSnapshotRole } from "../row-snapshot-role.ts";
import { insertAll } from "./insert-all.ts";
import { changedRows } from "./changed-rows.ts";
import { isKept, keptMark } from "./kept-mark.ts";
import type { MysqlSession } from "./session.ts";
import { nameList, plainLiteral, tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

export const rowSnapshot: RowSnapshotRole = {
  changeOf: changedRows,
  table,
  async make(session, of, name) {
    const [key = []] = of.keys;
    const comment = plainLiteral(`${keptMark} of ${of.name}`.slice(0, 2_000));
    // From a query, so that generated columns and counters become plain ones.
    await asStored(session, () =>
      session.execute(
        `CREATE TABLE ${tableText({ schema: of.schema, name })} (PRIMARY KEY (${nameList(key)}))
           ENGINE = InnoDB COMMENT = ${comment} AS SELECT * FROM ${tableText(of)} LIMIT 0`,
      ),
    );
  },
  async drop(session, name) {
    await session.execute(`DROP TABLE IF EXISTS ${tableText(name)}`);
  },
  async made(session) {
    const found = await session.query(
      `SELECT TABLE_NAME AS name, TABLE_COMMENT AS comment FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = DATABASE() ORDER BY BINARY TABLE_NAME`,
    );
    return found.flatMap(({ name, comment }) =>
      isKept(comment) ? [{ schema: "", name: String(name) }] : [],
    );
  },
  async capture(session, { change, table: of, into }: Keeping) {
    // Rows read for such an INSERT are locked, and the gaps between them: no other row can come to meet the condition.
    await asStored(session, () =>
      session.execute(`INSERT INTO ${tableText({ schema: of.schema, name: into })} ${change.rows}`),
    );
  },
  isChanged: (columns, of, kept) => `(${columns.map((column) => differs(column, of, kept)).join(" OR ")})`,
  // A row that was set to what it was does not count as changed, here and there.
  affected: (session, change, reported) =>
    change.action === "update" ? (session as MysqlSession).changedRows : reported,
  differs,
  size: (columns, row) =>
    columns.map(({ name }) => `coalesce(length(${row}.${traits.quote(name)}), 0)`).join(" + "),
  lock: (of, kept, on) => `SELECT 1 FROM ${of} AS t JOIN ${kept} AS s ON ${on} FOR UPDATE`,
  current: " FOR UPDATE",
  update: ({ table: of, kept, columns, on }) =>
    `UPDATE ${of} AS t JOIN ${kept} AS s ON ${on}
        SET ${columns.map((name) => `t.${traits.quote(name)} = s.${traits.quote(name)}`).join(", ")}`,
  insertAll,
  insertInto: (of, columns) => `INSERT INTO ${of} (${nameList(columns)})`,
  // Triggers can't be switched off here: where one changes a row on its way back, the comparison at the end shows it.
  undisturbed: (session, _, work) => asStored(session, work),
};

const texts = /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set|json)\b/i;

/** Texts by their bytes: a collation takes others for equal. The texts of numbers would be rounded. */
function differs({ name, type }: KeptColumn, left: string, right: string): string {
  const [a, b] = [left, right].map((row) => `${row}.${traits.quote(name)}`);
  const bytes = (value: string | undefined) =>
    `CAST(${/^json/i.test(type) ? `CAST(${value} AS CHAR)` : value} AS BINARY)`;
  return texts.test(type) ? `NOT (${bytes(a)} <=> ${bytes(b)})` : `NOT (${a} <=> ${b})`;
}

/** Modes under which a value that is stored may not be written again, or is taken for something else. */
const strict = new Set(
  "STRICT_TRANS_TABLES STRICT_ALL_TABLES NO_ZERO_DATE NO_ZERO_IN_DATE ERROR_FOR_DIVISION_BY_ZERO TRADITIONAL".split(
    " ",
  ),
);

/** Values are written as they are stored, whatever the session's mode would refuse or change of them. */
async function asStored(session: Session, work: () => Promise<unknown>): Promise<void> {
  const [row] = await session.query("SELECT @@SESSION.sql_mode AS mode");
  const mode = String(row?.mode ?? "");
  const kept = mode.split(",").filter((word) => word !== "" && !strict.has(word));
  await session.query(
    `SET SESSION sql_mode = '${[...new Set([...kept, "NO_AUTO_VALUE_ON_ZERO", "ALLOW_INVALID_DATES"])].join(",")}'`,
  );
  try {
    await work();
  } finally {
    // On a session that is lost there is nothing to put back, and the failure of the work is the one to tell.
    await session.query(`SET SESSION sql_mode = '${mode}'`).catch(() => {});
  }
}

async function table(session: Session, { schema, name }: ObjectName): Promise<KeptTable | null> {
  const of = (prefix: string, column = "TABLE_NAME") =>
    `${prefix}_SCHEMA = coalesce(?, DATABASE()) AND IF(@@lower_case_table_names = 0, BINARY ${column} = BINARY ?, ${column} = ?)`;
  const ask = (sql: string) => session.query(sql, [schema ?? null, name, name]);
  const [found] = await ask(
    `SELECT TABLE_SCHEMA AS \`schema\`, TABLE_NAME AS name, TABLE_TYPE AS kind, ENGINE AS engine
       FROM information_schema.TABLES WHERE ${of("TABLE")}`,
  );
  if (found === undefined) return null;
  const columns = await ask(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, EXTRA AS extra, coalesce(GENERATION_EXPRESSION, '') AS expression
       FROM information_schema.COLUMNS WHERE ${of("TABLE")} ORDER BY ORDINAL_POSITION`,
  );
  const indexes = await ask(
    `SELECT INDEX_NAME AS name, COLUMN_NAME AS \`column\`, SUB_PART AS part, NULLABLE AS nullable
       FROM information_schema.STATISTICS WHERE ${of("TABLE")} AND NON_UNIQUE = 0
      ORDER BY INDEX_NAME <> 'PRIMARY', BINARY INDEX_NAME, SEQ_IN_INDEX`,
  );
  return {
    schema: schema ?? "",
    name: String(found.name),
    columns: columns.map((row) => ({
      name: String(row.name),
      type: String(row.type),
      generated: String(row.expression) !== "",
      updatable: String(row.expression) === "",
    })),
    keys: keysOf(indexes),
    refused: refusalOf(found, columns),
    consequences: [...(await triggersOf(ask, of)), ...(await cascadesOf(ask, of))],
  };
}

function keysOf(indexes: readonly Row[]): string[][] {
  return [...Map.groupBy(indexes, (row) => String(row.name)).values()]
    .filter((parts) =>
      parts.every((row) => row.part === null && row.column !== null && row.nullable !== "YES"),
    )
    .map((parts) => parts.map((row) => String(row.column)));
}

function refusalOf(found: Row, columns: readonly Row[]): string | null {
  if (found.kind !== "BASE TABLE") return `is a ${String(found.kind).toLowerCase()}`;
  if (found.engine !== "InnoDB") return `is ${String(found.engine)}, which has no transactions`;
  const hidden = columns.find((row) => /invisible/i.test(String(row.extra)));
  if (hidden !== undefined) return `has the invisible column ${String(hidden.name)}`;
  return null;
}

type Ask = (sql: string) => Promise<readonly Row[]>;
type Of = (prefix: string, column?: string) => string;

async function triggersOf(ask: Ask, of: Of): Promise<Consequence[]> {
  const found = await ask(
    `SELECT TRIGGER_NAME AS name, EVENT_MANIPULATION AS event FROM information_schema.TRIGGERS
      WHERE ${of("EVENT_OBJECT", "EVENT_OBJECT_TABLE")} ORDER BY BINARY TRIGGER_NAME`,
  );
  return found.flatMap(({ name, event }) => {
    const on = String(event).toLowerCase() as RowChange["action"] | "insert";
    return on === "insert" ? [] : [{ on: [on], columns: null, message: `the trigger ${String(name)} runs` }];
  });
}

const actions: Readonly<Record<string, string>> = {
  CASCADE: "changes with it",
  "SET NULL": "gets NULL",
  "SET DEFAULT": "gets its default",
};

async function cascadesOf(ask: Ask, of: Of): Promise<Consequence[]> {
  const found = await ask(
    `SELECT k.TABLE_NAME AS other, r.DELETE_RULE AS deleted, r.UPDATE_RULE AS updated, k.REFERENCED_COLUMN_NAME AS \`column\`
       FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
         ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
      WHERE ${of("k.REFERENCED_TABLE", "k.REFERENCED_TABLE_NAME")} ORDER BY BINARY k.TABLE_NAME, k.ORDINAL_POSITION`,
  );
  return found.flatMap(({ other, deleted, updated, column }) => {
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
    if (follows !== undefined) {
      results.push({ on: ["update"], columns: [String(column)], message: `${String(other)} ${follows}` });
    }
    return results;
  });
}
