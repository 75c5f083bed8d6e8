import type { BackupContents, BackupRole, BackupTable, SchemaPart } from "../backup-role.ts";
import { withEncoding } from "../../core/with-encoding.ts";
import type { DdlStatement } from "../data-roles.ts";
import type { Row, Session } from "../engine.ts";
import { native } from "./backup-native.ts";
import { binlogPosition } from "./binlog-position.ts";
import { dump, readTableStatements } from "./dump.ts";
import { type ReadObject, readObjects } from "./inspect-objects.ts";
import { normalize } from "./normalize.ts";
import { modeSettings } from "./object-settings.ts";
import { withPlainDisplay } from "./plain-display.ts";
import { isLedgerTable } from "./store.ts";
import { enabledEvent, switchedOff } from "./switched-off.ts";
import { tableMode } from "./table-mode.ts";
import { traits } from "./traits.ts";

export const backup: BackupRole = {
  native,
  rowForm: "text",
  contents,
  markers,
  inhabitants: async (session) => (await things(session)).slice(0, 5).map(({ name }) => name),
  clear,
  // Events are switched on when all is there and compared, and never in a scratch database.
  fitting: async (_, schema) => ({ schema: switchedOff(schema), lacks: [] }),
  scratch: {
    create: async (session, name) => {
      const [own] = await session.query(
        `SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation
          FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()`,
      );
      await session.execute(
        `CREATE DATABASE ${traits.quote(name)} CHARACTER SET ${String(own?.charset)} COLLATE ${String(own?.collation)}`,
      );
    },
    drop: async (session, name) => {
      await session.execute(`DROP DATABASE IF EXISTS ${traits.quote(name)}`);
    },
    target: (target, name) => ({
      ...target,
      database: name,
      display: target.display.replace(/\/[^/?]*(\?|$)/, `/${encodeURIComponent(name)}$1`),
    }),
  },
};

const tableSettings = [
  "SET SESSION foreign_key_checks = 0;",
  "SET SESSION unique_checks = 1;",
  `SET SESSION sql_mode = '${tableMode}';`,
];

async function contents(session: Session): Promise<BackupContents> {
  const schema = await dump(session);
  const tables = await backupTables(session);
  const versioned = await session.query(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'SYSTEM VERSIONED' ORDER BY BINARY TABLE_NAME`,
  );
  return withPlainDisplay(session, async (where) => {
    const objects = await readObjects(session, where);
    const of = (isWanted: (object: ReadObject) => boolean) => objects.filter(isWanted).map(partOf);
    const statements = (await readTableStatements(session, where, true)).map((text) =>
      withLabels(text, tables),
    );
    const sequences = objects.filter(({ kind }) => kind === "sequence");
    return {
      schema,
      before: [
        ...of(({ kind }) => kind === "sequence"),
        ...(statements.length === 0
          ? []
          : [{ title: "tables", text: [...tableSettings, ...statements].join("\n"), settings: [] }]),
      ],
      tables,
      keys: [],
      after: [...(await values(session, sequences)), ...of(({ kind }) => kind !== "sequence")],
      finish: objects
        .filter(({ kind, statement }) => kind === "event" && enabledEvent.test(statement))
        .map(({ name }) => ({
          title: `event ${name}`,
          text: `ALTER EVENT ${traits.quote(name)} ENABLE;`,
          settings: [],
        })),
      notHeld: [
        "users, roles and their rights",
        "definers: what is restored belongs to who restores it",
        "characters beyond U+FFFF in comments, defaults and texts of views: the server's own catalogue shows ? for them",
        "the database's own character set and collation, and the server's settings",
        ...versioned.map(({ name }) => `earlier versions of the rows of ${String(name)}`),
      ],
      missing: [],
    };
  });
}

/**
 * The catalogue is utf8mb3: SHOW CREATE prints a question mark for what is beyond it. Of labels the rows show what they
 * are, and no row could be loaded otherwise.
 */
function withLabels(statement: string, tables: readonly BackupTable[]): string {
  const table = tables.find(({ name }) => statement.startsWith(`CREATE TABLE ${traits.quote(name)} (`));
  return (table?.columns ?? []).reduce((text, { name, type }) => {
    if (type.kind !== "enum" && type.kind !== "set") return text;
    if (!type.labels.some((label) => /[\u{10000}-\u{10ffff}]/u.test(label))) return text;
    const labels = type.labels.map((label) => `'${label.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`);
    const start = `\n  ${traits.quote(name)} ${type.kind}(`;
    const at = text.indexOf(start);
    const shown = /^(?:'(?:[^'\\]|''|\\.)*',?)*/s.exec(text.slice(at + start.length))?.[0] ?? "";
    return at === -1
      ? text
      : `${text.slice(0, at + start.length)}${labels.join(",")}${text.slice(at + start.length + shown.length)}`;
  }, statement);
}

function partOf(object: ReadObject): SchemaPart {
  const { kind, name, statement } = object;
  return {
    title: `${kind} ${name}`,
    text: kind === "event" ? switchedOff(statement) : statement,
    settings: modeSettings(object),
  };
}

/** Sequences of MariaDB stand where they stood: a value that was taken from the cache is skipped. */
async function values(session: Session, sequences: readonly ReadObject[]): Promise<SchemaPart[]> {
  const lines: string[] = [];
  for (const { name } of sequences) {
    const [row] = await session.query(`SELECT next_not_cached_value AS next FROM ${traits.quote(name)}`);
    lines.push(`SELECT SETVAL(${traits.quote(name)}, ${String(row?.next)}, 0);`);
  }
  return lines.length === 0 ? [] : [{ title: "values of sequences", text: lines.join("\n"), settings: [] }];
}

async function backupTables(session: Session): Promise<BackupTable[]> {
  const { tables } = await normalize.schema(session);
  return tables.map((table) => {
    const keys = [table.primaryKey, ...table.uniques].filter((key) => key !== null);
    const column = (name: string) => table.columns.find((each) => each.name === name);
    const key = keys.find(({ columns }) => columns.every((name) => column(name)?.nullable === false));
    return {
      schema: "",
      name: table.name,
      columns: table.columns
        .filter(({ generated }) => generated === null)
        .map((each) => {
          const { name, type, declared } = each;
          return Object.assign({ name, type, sql: declared }, withEncoding(each));
        }),
      key: (key?.columns ?? []).flatMap((name) => {
        const found = column(name);
        return found === undefined ? [] : [{ name, type: found.type, ...withEncoding(found) }];
      }),
      estimate: table.estimate,
    };
  });
}

async function markers(session: Session): Promise<Readonly<Record<string, string>>> {
  const position = await binlogPosition(session);
  if (position === null) return {};
  const [place = "", gtid = ""] = position.text.split(" ");
  return { binlog: place, ...(gtid === "" ? {} : { gtid }) };
}

interface Thing {
  readonly what: string;
  readonly name: string;
}

async function things(session: Session): Promise<Thing[]> {
  const tables = await session.query(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
      ORDER BY TABLE_TYPE = 'VIEW' DESC, BINARY TABLE_NAME`,
  );
  const named = (what: string, rows: readonly Row[]) =>
    rows.map((row): Thing => ({ what: what === "" ? String(row.type) : what, name: String(row.name) }));
  return [
    ...named(
      "EVENT",
      await session.query(
        "SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()",
      ),
    ),
    ...tables
      .filter(({ name }) => !isLedgerTable(String(name)))
      .map(({ name, type }) => ({ what: dropWord(String(type)), name: String(name) })),
    ...named(
      "",
      await session.query(
        `SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()`,
      ),
    ),
  ];
}

function dropWord(type: string): string {
  return type === "VIEW" ? "VIEW" : type === "SEQUENCE" ? "SEQUENCE" : "TABLE";
}

async function clear(session: Session): Promise<readonly DdlStatement[]> {
  const found = await things(session);
  return [
    { sql: "SET SESSION foreign_key_checks = 0", title: "settings" },
    ...found.map(({ what, name }) => ({
      sql: `DROP ${what} IF EXISTS ${traits.quote(name)}`,
      title: `${what.toLowerCase()} ${name}`,
    })),
  ];
}
