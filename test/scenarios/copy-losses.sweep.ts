import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GodwitError } from "../../src/index.ts";
import { clientRows } from "../support/laboratory/client-rows.ts";
import { copyable, withPair } from "../support/laboratory/pair.ts";
import { familyOf, type Family } from "../support/laboratory/type-column.ts";

/** Values that a target cannot hold: each stops the copy by its name, before anything is written. */
interface LossCase {
  readonly from: Family;
  readonly to: Family;
  /** The declaration of the column in the source. */
  readonly type: string;
  /** A literal. */
  readonly value: string;
  readonly loss: string;
  /** What the target's client shows where the loss was accepted; missing: it cannot be. */
  readonly after?: string | null;
}

const ofSqlite = (type: string, value: string, loss: string, after?: string | null): LossCase => ({
  from: "sqlite",
  to: "postgres",
  type,
  value,
  loss,
  ...(after === undefined ? {} : { after }),
});

const cases: readonly LossCase[] = [
  ofSqlite("TEXT", "'a' || char(0) || 'b'", "nul-character", "ab"),
  ofSqlite("TEXT", "CAST(x'61ff' AS TEXT)", "invalid-encoding"),
  ofSqlite("INTEGER", "'abc'", "storage-class", null),
  ofSqlite("INTEGER", "1.5", "storage-class", null),
  ofSqlite("INTEGER", "x'00'", "storage-class", null),
  ofSqlite("TEXT", "x'6162'", "storage-class", null),
  ofSqlite("BLOB", "'ab'", "storage-class", null),
  ofSqlite("REAL", "'abc'", "storage-class", null),
  ofSqlite("SMALLINT", "40000", "range"),
  ofSqlite("BOOLEAN", "'yes'", "storage-class", null),
  ofSqlite("VARCHAR(3)", "'abcd'", "length", "abc"),
  ofSqlite("DECIMAL(4,2)", "1.125", "scale", "1.13"),
  ofSqlite("DECIMAL(4,2)", "100.5", "range"),
  ofSqlite("DECIMAL(4,2)", "'abc'", "format", null),
  ofSqlite("DATE", "'yesterday'", "format", null),
  ofSqlite("DATE", "'2023-02-29'", "format", null),
  ofSqlite("DATE", "'2024-01-01 10:00:00'", "format", null),
  ofSqlite("DATE", "'0000-00-00'", "zero-date", null),
  ofSqlite("DATETIME", "'2016-12-31 23:59:60'", "format", null),
  ofSqlite("DATETIME", "'2024-01-01 00:00:00.1234567'", "precision", "2024-01-01 00:00:00.123456"),
  ofSqlite("TIME", "'25:00:00'", "time-range"),
  ofSqlite("TIME", "'noon'", "format", null),
  ofSqlite("UUID", "'123'", "format", null),
  ofSqlite("JSON", "'{a:1}'", "format", null),
  ofSqlite("JSONB", `'{"a":1,"a":2}'`, "json-lossy", '{"a": 2}'),
  {
    from: "postgres",
    to: "sqlite",
    type: "double precision",
    value: "'NaN'",
    loss: "not-a-number",
    after: null,
  },
  { from: "postgres", to: "sqlite", type: "real", value: "'NaN'", loss: "not-a-number", after: null },
];

const engines = await copyable();

describe("losses", { concurrency: 2 }, () => {
  for (const { from, to, type, value, loss, after } of cases) {
    for (const source of engines.filter(({ name }) => familyOf(name) === from)) {
      for (const target of engines.filter(({ name }) => familyOf(name) === to)) {
        const name = `${source.name} to ${target.name}: ${type} ${value} is the loss ${loss}`;
        test(name, { skip: source.skip || target.skip }, () =>
          withPair(source.name, target.name, async (pair) => {
            await pair.prepare([
              `CREATE TABLE t (id int PRIMARY KEY, v ${type})`,
              `INSERT INTO t VALUES (1, ${value})`,
            ]);
            const stopped = await pair.copy().then(
              () => null,
              (error: unknown) => error,
            );
            assert.ok(stopped instanceof GodwitError, String(stopped));
            assert.equal(stopped.code, "GW7003", stopped.message);
            const names = (stopped.details as { losses: { name: string }[] }).losses.map((each) => each.name);
            const wanted = `${from === "postgres" ? "public." : ""}t.v:${loss}`;
            assert.ok(names.includes(wanted), names.join(", "));
            if (after === undefined) {
              await assert.rejects(pair.copy({ allow: names }), { code: "GW7003" });
              return;
            }
            // A value may show more than one loss.
            await pair.copy({ allow: names });
            const [row] = clientRows(target.name, pair.target, "t", ["v"], null);
            assert.deepEqual(row, [after]);
          }),
        );
      }
    }
  }
});
