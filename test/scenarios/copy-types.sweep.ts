import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clientRows } from "../support/laboratory/client-rows.ts";
import { copyable, type Pair, withPair } from "../support/laboratory/pair.ts";
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

/*
 * Every type of each engine at its boundaries, in every direction. The judges are the engines' own clients and the
 * tables of expected texts in test/support/laboratory; the program's own comparison is tested by what they found.
 */

interface Laboratory {
  readonly table: string;
  readonly columns: readonly TypeColumn[];
  readonly suffix?: string;
}

const laboratories: Readonly<Record<Family, readonly Laboratory[]>> = {
  postgres: [{ table: "types", columns: postgresTypes }],
  sqlite: [
    { table: "types", columns: sqliteTypes },
    { table: "strict_types", columns: sqliteStrictTypes, suffix: " STRICT" },
  ],
  mysql: [],
};
const preludes: Readonly<Record<Family, readonly string[]>> = {
  postgres: postgresPrelude,
  sqlite: [],
  mysql: [],
};

const engines = await copyable();

describe("types laboratory", { concurrency: 2 }, () => {
  for (const from of engines) {
    for (const to of engines) {
      const none = laboratories[familyOf(from.name)].length === 0 && `no types of ${from.name} yet`;
      test(`${from.name} to ${to.name}`, { skip: from.skip || to.skip || none }, () =>
        withPair(from.name, to.name, async (pair) => {
          const [source, target] = [familyOf(from.name), familyOf(to.name)];
          await pair.prepare(preludes[source]);
          const all = laboratories[source].map(({ table, columns, suffix }) => {
            return { table, suffix, columns: columns.filter(({ notTo = [] }) => !notTo.includes(target)) };
          });
          for (const { table, columns, suffix = "" } of all)
            await pair.prepare(tableSql(table, columns, quoteFor(from.name), suffix));
          await pair.copy();
          for (const { table, columns } of all) assertRows(to.name, pair.target, table, columns);
          await assertVerified(pair);
        }),
      );
    }
  }
});

function assertRows(
  name: Parameters<typeof clientRows>[0],
  url: string,
  table: string,
  columns: readonly TypeColumn[],
): void {
  const found = clientRows(
    name,
    url,
    table,
    columns.map((column) => column.name),
  );
  const expected = expectedRows(familyOf(name), columns);
  for (const [n, column] of columns.entries()) {
    const shown = (rows: readonly (readonly (string | null)[])[]) =>
      rows.map((row) => row[n] ?? null).slice(0, column.values.length + 1);
    assert.deepEqual(shown(found), shown(expected), `${column.name} ${column.sql}`);
  }
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
