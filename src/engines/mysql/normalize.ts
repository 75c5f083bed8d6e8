import type { Leftover, PortableSchema, PortableTable } from "../../core/portable.ts";
import type { NormalizeRole } from "../data-roles.ts";
import type { Row, Session } from "../engine.ts";
import { withFullLabels } from "./full-labels.ts";
import { ownLeftovers, ownParts } from "./normalize-own.ts";
import { isRowEnd, normalizeColumn } from "./normalize-columns.ts";
import { normalizeChecks, normalizeForeignKeys, normalizeKeys, withoutRowEnd } from "./normalize-keys.ts";
import { normalizeObjects } from "./normalize-objects.ts";
import { methodOf, normalizePartitions, systemTime } from "./normalize-partitions.ts";
import { withPlainDisplay, type Surroundings } from "./plain-display.ts";
import { readTableStatement, withoutCounter } from "./dump.ts";
import { errors } from "./errors.ts";
import { isKept } from "./kept-mark.ts";
import { isLedgerTable } from "./store.ts";
import { traits } from "./traits.ts";

export const normalize: NormalizeRole = {
  schema: (session) => withPlainDisplay(session, (where) => readSchema(session, where)),
};

async function readSchema(session: Session, where: Surroundings): Promise<PortableSchema> {
  // MySQL shows counters and sizes as they were up to a day ago.
  if (!where.mariaDb) await session.execute("SET SESSION information_schema_stats_expiry = 0");
  const tables = await readTables(session, where);
  const objects = await normalizeObjects(session, where);
  const full = await withFullLabels(
    session,
    tables.map(({ table }) => table),
  );
  return {
    ...objects,
    tables: full.tables,
    leftovers: [...tables.flatMap(({ leftovers }) => leftovers), ...full.unseen, ...objects.leftovers],
  };
}

async function readTables(
  session: Session,
  where: Surroundings,
): Promise<{ readonly table: PortableTable; readonly leftovers: readonly Leftover[] }[]> {
  const all = (table: string, schema: string, order: string) =>
    session.query(`SELECT * FROM information_schema.${table} WHERE ${schema} = DATABASE() ORDER BY ${order}`);
  const tables = await all("TABLES", "TABLE_SCHEMA", "BINARY TABLE_NAME");
  const columns = byTable(await all("COLUMNS", "TABLE_SCHEMA", "TABLE_NAME, ORDINAL_POSITION"));
  const statistics = byTable(
    await all("STATISTICS", "TABLE_SCHEMA", "TABLE_NAME, BINARY INDEX_NAME, SEQ_IN_INDEX"),
  );
  const usage = byTable(
    await all("KEY_COLUMN_USAGE", "TABLE_SCHEMA", "TABLE_NAME, BINARY CONSTRAINT_NAME, ORDINAL_POSITION"),
  );
  const rules = byTable(await all("REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", "BINARY CONSTRAINT_NAME"));
  const constraints = byTable(await all("TABLE_CONSTRAINTS", "TABLE_SCHEMA", "BINARY CONSTRAINT_NAME"));
  const checks = await all("CHECK_CONSTRAINTS", "CONSTRAINT_SCHEMA", "BINARY CONSTRAINT_NAME");
  const partitions = byTable(
    await all("PARTITIONS", "TABLE_SCHEMA", "TABLE_NAME, PARTITION_ORDINAL_POSITION"),
  );
  const nopad = await nopadCollations(session, where);
  const own = tables
    .filter((row) => row.TABLE_TYPE === "BASE TABLE" || row.TABLE_TYPE === "SYSTEM VERSIONED")
    .filter((row) => !isLedgerTable(String(row.TABLE_NAME)) && !isKept(row.TABLE_COMMENT));
  const texts = await readTexts(
    session,
    own.map((row) => String(row.TABLE_NAME)),
    where,
  );
  return own.map((row) => {
    const name = String(row.TABLE_NAME);
    const text = texts.get(name) ?? null;
    const of = (map: ReadonlyMap<string, Row[]>) => map.get(name) ?? [];
    const jsonColumns = where.mariaDb ? jsonOf(name, checks) : new Set<string>();
    const context = { table: row, ...where, nopad, isJson: (column: string) => jsonColumns.has(column) };
    const comment = String(row.TABLE_COMMENT ?? "");
    const end = of(columns).find(isRowEnd)?.COLUMN_NAME;
    const keys = withoutRowEnd(normalizeKeys(name, of(statistics)), end);
    const table: PortableTable = {
      schema: "",
      name,
      columns: of(columns).map((column) => normalizeColumn(column, context)),
      ...keys,
      foreignKeys: normalizeForeignKeys(of(usage), of(rules), where.database),
      checks: normalizeChecks(name, checks, of(constraints), jsonColumns),
      partitioning: normalizePartitions(of(partitions), keys, text),
      comment: comment === "" ? null : comment,
      estimate: { rows: Number(row.TABLE_ROWS ?? 0), bytes: Number(row.DATA_LENGTH ?? 0) },
    };
    return {
      table: text === null ? table : ownParts(table, text),
      leftovers: [...leftoversOf(name, row, of(partitions)), ...ownLeftovers(table, text)],
    };
  });
}

/** The tables' own statements, by name; without those that the server cannot show, such as one that was just dropped. */
async function readTexts(
  session: Session,
  names: readonly string[],
  where: Surroundings,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const name of names) {
    try {
      texts.set(name, withoutCounter(await readTableStatement(session, name, where)));
    } catch (error) {
      if (!/^(missing-object|permission|other)$/.test(errors.classify(error).kind)) throw error;
    }
  }
  return texts;
}

function byTable(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  return Map.groupBy(rows, (row) => String(row.TABLE_NAME));
}

/** MariaDB's JSON is a longtext whose column has a check of its own. */
function jsonOf(table: string, checks: readonly Row[]): Set<string> {
  return new Set(
    checks.flatMap((row) => {
      const name = String(row.CONSTRAINT_NAME);
      const isJson =
        row.TABLE_NAME === table &&
        row.LEVEL === "Column" &&
        String(row.CHECK_CLAUSE) === `json_valid(${traits.quote(name)})`;
      return isJson ? [name] : [];
    }),
  );
}

async function nopadCollations(session: Session, { mariaDb }: Surroundings): Promise<ReadonlySet<string>> {
  if (mariaDb) return new Set();
  const rows = await session.query(
    "SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS WHERE PAD_ATTRIBUTE = 'NO PAD'",
  );
  return new Set(rows.map((row) => String(row.name)));
}

function leftoversOf(name: string, row: Row, partitions: readonly Row[]): Leftover[] {
  const table = { schema: "", name };
  const making = null;
  const own = "whole" as const;
  const sub = partitions.find((one) => one.SUBPARTITION_METHOD !== null);
  const told = new Map(
    partitions
      .filter((one) => one.PARTITION_NAME !== null && String(one.PARTITION_COMMENT ?? "") !== "")
      .map((one) => [String(one.PARTITION_NAME), String(one.PARTITION_COMMENT)]),
  );
  return [
    ...(row.TABLE_TYPE === "SYSTEM VERSIONED"
      ? [
          {
            schema: "",
            name,
            kind: "system versioning",
            table,
            definition: "WITH SYSTEM VERSIONING",
            making,
            own,
          },
          { schema: "", name, kind: "earlier rows", table, definition: "FOR SYSTEM_TIME ALL", making },
        ]
      : []),
    ...(methodOf(partitions) === systemTime
      ? [
          {
            schema: "",
            name,
            kind: "partitions of earlier rows",
            table,
            definition: "PARTITION BY SYSTEM_TIME",
            making,
            own,
          },
        ]
      : []),
    ...(sub === undefined
      ? []
      : [
          {
            schema: "",
            name,
            kind: "subpartitions",
            table,
            definition: `SUBPARTITION BY ${String(sub.SUBPARTITION_METHOD)} (${String(sub.SUBPARTITION_EXPRESSION)})`,
            making,
            own,
          },
        ]),
    ...[...told].map(([partition, comment]) => ({
      schema: "",
      name: partition,
      kind: "comment of partition",
      table,
      definition: comment,
      making,
      own,
    })),
  ];
}
