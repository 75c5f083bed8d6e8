import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProject } from "../support/project.ts";
import { apartFromLongWrites, target } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { asker, assertClean, evidence, sessions } from "./evidence.ts";
import { openSession } from "./open-session.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, endOf, eventsOf, runWell, start, type Ended } from "./program.ts";

const file = "migrations/20260101000001_long.up.sql";

/** The statement's key, and those events of a run that tell what became of it. */
const told = (ended: Ended, key: string): string[] =>
  ended.lines
    .filter((line) => line["key"] === undefined || line["key"] === key)
    .filter((line) => /^(orphan|step:settled|statement:started|index:)/.test(line.type))
    .map((line) => (line["outcome"] === undefined ? line.type : `${line.type} ${String(line["outcome"])}`));

const has = (text: string, type: string) => text.includes(`"type":"${type}"`);

/** The server looks after its client this long after a statement began, by the session's own setting, and some more. */
const firstLookMs = 700;

const slowTable = `
  CREATE TABLE t (id int);
  INSERT INTO t SELECT generate_series(1, 100);
  CREATE FUNCTION slow(n int) RETURNS bigint LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.08); RETURN n; END $$;`;

for (const { how, setting } of [
  // Seldom enough that the next run is there before the server looks after its client the second time.
  { how: "ends with its client", setting: "SET client_connection_check_interval = '4s';" },
  { how: "works to its end", setting: "SET client_connection_check_interval = 0;" },
]) {
  test(
    `postgres: killed in a rewriting ALTER TABLE whose server process ${how}`,
    { skip: target("postgres").skip },
    async () => {
      await using project = await makeProject({
        "migrations/20260101000000_table.up.sql": slowTable,
        [file]: `${setting} ALTER TABLE t ALTER id TYPE bigint USING slow(id); INSERT INTO t VALUES (0);`,
      });
      await withOwnDatabase("postgres", async (url) => {
        await using cli = start(applyArgs, { url, project });
        await until(async () =>
          (await sessions("postgres", url)).some(
            (row) => /ALTER TABLE/.test(String(row["query"])) && Number(row["ageMs"]) > firstLookMs,
          ),
        );
        cli.kill();
        await cli.result;
        const again = await runWell(applyArgs, { url, project });
        // The first transaction can never be committed: its client is gone. So the statement is sent once more.
        assert.deepEqual(told(again, "20260101000001/up/1").slice(0, 2), ["orphan:found", "orphan:gone"]);
        assert.equal(eventsOf(again.lines, "step:finished").length, 1);
        const { rows } = await evidence("postgres", url);
        assert.equal(rows["public.t"]?.length, 101);
        await assertClean("postgres", url);
      });
    },
  );
}

test(
  "postgres: killed in CREATE INDEX CONCURRENTLY that goes on and completes: it is not sent again",
  { skip: target("postgres").skip },
  async () => {
    await using project = await makeProject({
      "migrations/20260101000000_table.up.sql": "CREATE TABLE t (id int); INSERT INTO t VALUES (1);",
      [file]: "SET client_connection_check_interval = 0; CREATE INDEX CONCURRENTLY t_id ON t (id);",
    });
    await withOwnDatabase("postgres", async (url) => {
      await runWell([...applyArgs, "--to", "20260101000000"], { url, project });
      await using blocker = await openSession("postgres", url);
      await blocker.sql("BEGIN; INSERT INTO t VALUES (2)");
      await using cli = start(applyArgs, { url, project });
      await until(async () => building(await sessions("postgres", url)));
      cli.kill();
      await cli.result;

      await using again = start(applyArgs, { url, project });
      await until(() => has(again.stdout, "orphan:found") && has(again.stdout, "lock:waiting"));
      // What a person would see meanwhile: the orphan, by its session.
      assert.match(again.stdout, /"holder":\{"sessionId":"\d+","application":"godwit/);
      await blocker.sql("COMMIT");
      const ended = await endOf(again);
      assert.equal(ended.code, 0, ended.stdout);
      assert.deepEqual(told(ended, "20260101000001/up/2"), [
        "orphan:found",
        "orphan:gone",
        "step:settled done",
      ]);
      const valid = await asker(
        "postgres",
        url,
      )("SELECT indexrelid::regclass::text AS name, indisvalid FROM pg_index WHERE indrelid = 't'::regclass");
      assert.deepEqual(valid, [{ name: "t_id", indisvalid: true }]);
      await assertClean("postgres", url);
    });
  },
);

test(
  "postgres: killed in CREATE INDEX CONCURRENTLY that ends with its client: the rest is dropped, and it is built",
  { skip: target("postgres").skip },
  async () => {
    await using project = await makeProject({
      "migrations/20260101000000_table.up.sql": "CREATE TABLE t (id int); INSERT INTO t VALUES (1);",
      [file]: "CREATE INDEX CONCURRENTLY ON t (id);",
    });
    await withOwnDatabase("postgres", async (url) => {
      await runWell([...applyArgs, "--to", "20260101000000"], { url, project });
      await using blocker = await openSession("postgres", url);
      await blocker.sql("BEGIN; INSERT INTO t VALUES (2)");
      await using cli = start(applyArgs, { url, project });
      await until(async () => building(await sessions("postgres", url)));
      cli.kill();
      await cli.result;
      await until(async () => (await sessions("postgres", url)).length === 0, {
        what: "the server notices that the client is gone, though the statement waits",
      });
      await using again = start(applyArgs, { url, project });
      // It waits for the old transaction too.
      await until(async () => (await sessions("postgres", url)).some((row) => row["state"] === "active"));
      await blocker.sql("COMMIT");
      const ended = await endOf(again);
      assert.equal(ended.code, 0, ended.stdout);
      assert.deepEqual(told(ended, "20260101000001/up/1"), [
        "index:dropped-invalid",
        "step:settled not-done",
        "statement:started",
      ]);
      const { schema } = await evidence("postgres", url);
      assert.equal(schema.match(/CREATE INDEX/g)?.length, 1);
      await assertClean("postgres", url);
    });
  },
);

for (const name of ["mariadb", "mysql"] as const) {
  test(
    `${name}: killed in a statement that goes on and completes: it is not sent again`,
    { skip: target(name).skip },
    async () => {
      await using project = await makeProject({
        "migrations/20260101000000_table.up.sql":
          "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9);",
        // Some seconds of work that look at no client meanwhile.
        [file]: "CREATE TABLE u AS SELECT id, SLEEP(1) AS slept FROM t; ALTER TABLE u ADD PRIMARY KEY (id);",
      });
      await apartFromLongWrites(name, () =>
        withOwnDatabase(name, async (url) => {
          await using cli = start(applyArgs, { url, project });
          await until(async () =>
            (await sessions(name, url)).some((row) => String(row["Info"]).startsWith("CREATE TABLE u")),
          );
          cli.kill();
          await cli.result;
          const again = await runWell(applyArgs, { url, project });
          assert.deepEqual(told(again, "20260101000001/up/1"), [
            "orphan:found",
            "orphan:gone",
            "step:settled done",
          ]);
          const { rows } = await evidence(name, url);
          assert.equal(rows["`u`"]?.length, 9);
          await assertClean(name, url);
        }),
      );
    },
  );
}

test(
  "mariadb: killed in an ALTER TABLE that copies the table: it is not sent again",
  { skip: target("mariadb").skip },
  async () => {
    await using project = await makeProject({
      "migrations/20260101000000_table.up.sql":
        "CREATE TABLE t (id int); INSERT INTO t SELECT seq FROM seq_1_to_6000;",
      // A default that costs a millisecond a row: the copy lasts, on a fast machine too.
      [file]:
        "ALTER TABLE t ADD COLUMN more int DEFAULT (LENGTH(SHA2(REPEAT(id, 200000), 512))), ALGORITHM=COPY;",
    });
    await apartFromLongWrites("mariadb", () =>
      withOwnDatabase("mariadb", async (url) => {
        await using cli = start(applyArgs, { url, project });
        await until(
          async () =>
            (await sessions("mariadb", url)).some((row) => /copy to tmp/i.test(String(row["State"]))),
          { everyMs: 5 },
        );
        cli.kill();
        await cli.result;
        const again = await runWell(applyArgs, { url, project });
        assert.deepEqual(told(again, "20260101000001/up/1"), [
          "orphan:found",
          "orphan:gone",
          "step:settled done",
        ]);
        await assertClean("mariadb", url);
      }),
    );
  },
);

/** A session waits in a concurrent build. */
function building(rows: readonly Readonly<Record<string, unknown>>[]): boolean {
  return rows.some((row) => String(row["query"]).startsWith("CREATE INDEX") && row["state"] === "active");
}
