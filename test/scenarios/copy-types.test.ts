import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { clientRows, clientText } from "../support/laboratory/client-rows.ts";
import {
  mariadbOnlyTypes,
  mysqlOnlyTypes,
  mysqlSession,
  mysqlTypes,
} from "../support/laboratory/mysql-types.ts";
import { type Pair, withPair } from "../support/laboratory/pair.ts";
import { allPairs } from "../support/laboratory/pairs.ts";
import { postgresPrelude, postgresTypes } from "../support/laboratory/postgres-types.ts";
import { quoteFor } from "../support/laboratory/quote-for.ts";
import { sqliteStrictTypes, sqliteTypes } from "../support/laboratory/sqlite-types.ts";
import {
  expectedRows,
  familyOf,
  type Family,
  tableSql,
  type TypeColumn,
} from "../support/laboratory/type-column.ts";
import type { TargetName } from "../support/servers.ts";

/*
 * Every type of each engine at its boundaries, in every direction. The judges are the engines' own clients and the
 * tables of expected texts in test/support/laboratory; the program's own comparison is tested by what they found.
 */

interface Laboratory {
  readonly table: string;
  readonly columns: readonly TypeColumn[];
  readonly suffix?: string;
  /** It says nothing new of other targets. */
  readonly onlyTo?: TargetName;
}

const inText = new Set(
  "c_money c_mood c_inet c_cidr c_macaddr c_point c_box c_range c_tsrange c_multirange c_tsvector c_xml c_lsn c_one_char c_name".split(
    " ",
  ),
);

const laboratories: Readonly<Record<TargetName, readonly Laboratory[]>> = {
  postgres: [
    { table: "types", columns: postgresTypes },
    // Without the types that have no binary form which means the same elsewhere, a table is copied in that.
    {
      table: "binary_types",
      columns: postgresTypes.filter(({ name }) => !inText.has(name)),
      onlyTo: "postgres",
    },
    // Whose binary form is another one than that of the numeric it becomes.
    {
      table: "money_types",
      columns: postgresTypes.filter(({ name }) => name === "c_money"),
      onlyTo: "postgres",
    },
  ],
  sqlite: [
    { table: "types", columns: sqliteTypes },
    { table: "strict_types", columns: sqliteStrictTypes, suffix: " STRICT" },
  ],
  mysql: [{ table: "types", columns: [...mysqlTypes, ...mysqlOnlyTypes] }],
  mariadb: [{ table: "types", columns: [...mysqlTypes, ...mariadbOnlyTypes] }],
};
/** What comes before a table's own statements. */
const preludes: Readonly<Record<Family, readonly string[]>> = {
  postgres: postgresPrelude,
  sqlite: [],
  mysql: mysqlSession,
};

/** Within one server columns stay what they are; texts may become longer. */
const declarations: Readonly<Record<Family, string>> = {
  postgres:
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'types'::regclass AND attnum > 0 ORDER BY attnum",
  sqlite: "SELECT name, type FROM pragma_table_info('types')",
  mysql:
    "SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'types' AND NOT DATA_TYPE REGEXP 'text' ORDER BY ORDINAL_POSITION",
};

const pairs = await allPairs();

describe("types laboratory", { concurrency: 2 }, () => {
  for (const { from, to, skip } of pairs) {
    test(`${from.name} to ${to.name}`, { skip }, () =>
      withPair(from.name, to.name, async (pair) => {
        const [source, target] = [familyOf(from.name), familyOf(to.name)];
        const all = laboratories[from.name]
          .filter(({ onlyTo = to.name }) => onlyTo === to.name)
          .map(({ table, columns, suffix }) => {
            return {
              table,
              suffix,
              columns: columns.filter(
                ({ notTo = [], notOn = [] }) => !notTo.includes(target) && !notOn.includes(to.name),
              ),
            };
          });
        const tables = all.flatMap(({ table, columns, suffix = "" }) =>
          tableSql(table, columns, quoteFor(from.name), suffix),
        );
        await pair.prepare([...preludes[source], ...tables]);
        await pair.copy();
        for (const { table, columns } of all) assertRows(to.name, pair.target, table, columns);
        await assertVerified(pair);
        if (from.name !== to.name) return;
        const types = (url: string) => clientText(to.name, url, declarations[target]).split("\n");
        assert.deepEqual(types(pair.target), types(pair.source));
      }),
    );
  }
});

function assertRows(name: TargetName, url: string, table: string, columns: readonly TypeColumn[]): void {
  const found = clientRows(
    name,
    url,
    table,
    columns.map((column) => column.name),
  );
  const expected = expectedRows(name, columns);
  // All columns that are wrong at once, and no others: the values are long.
  const wrong = columns.flatMap((column, n) => {
    const shown = (rows: readonly (readonly (string | null)[])[]) =>
      rows.map((row) => row[n] ?? null).slice(0, column.values.length + 1);
    const [actual, wanted] = [shown(found), shown(expected)];
    return isDeepStrictEqual(actual, wanted)
      ? []
      : [[`${column.name} ${column.sql}`, actual, wanted] as const];
  });
  assert.deepEqual(
    Object.fromEntries(wrong.map(([column, actual]) => [column, actual])),
    Object.fromEntries(wrong.map(([column, , wanted]) => [column, wanted])),
  );
  assert.equal(found.length, expected.length);
}

async function assertVerified(pair: Pair): Promise<void> {
  const report = await pair.verify();
  const shown = report.tables.map(({ source, differences, listed, problems }) => ({
    source,
    differences,
    listed,
    problems,
  }));
  assert.equal(report.equal, true, JSON.stringify(shown, null, 1).slice(0, 4000));
}
