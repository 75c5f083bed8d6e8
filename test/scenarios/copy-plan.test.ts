import assert from "node:assert/strict";
import { test } from "node:test";
import { planCopyOf } from "../../src/commands/copy.ts";
import { godwit } from "../support/cli.ts";
import { run, withPair } from "../support/laboratory/pair.ts";

test("a plan measures the source, and tells the least that the rows will take", () =>
  withPair("sqlite", "sqlite", async ({ source, target, prepare }) => {
    await prepare([
      "CREATE TABLE small (id INTEGER PRIMARY KEY)",
      "INSERT INTO small VALUES (1)",
      "CREATE TABLE big (id INTEGER PRIMARY KEY, t TEXT)",
      "INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, printf('%040d', i) FROM n",
      "ANALYZE",
    ]);
    const { reading } = await planCopyOf({ source, target, env: {} });
    assert.equal(reading?.measured, "big");
    assert.equal(reading.bytesPerSecond > 0 && reading.ms > 0, true);
    const shown = await godwit(["copy", source, target, "--plan"]);
    assert.match(
      shown.stdout,
      /To read the rows takes about [\d.]+ m?s, if the target keeps up: big came at [\d.]+ [KMG]B a second\.\n$/,
    );
    // Nothing was made.
    await run("sqlite", target, ["CREATE TABLE big (id int)"]);
  }));

test("a plan of few rows tells no time", () =>
  withPair("sqlite", "sqlite", async ({ source, target, prepare }) => {
    await prepare(["CREATE TABLE small (id INTEGER PRIMARY KEY)", "INSERT INTO small VALUES (1)"]);
    assert.equal((await planCopyOf({ source, target, env: {} })).reading, null);
  }));
