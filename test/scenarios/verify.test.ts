import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { makePaint } from "../../src/cli/paint.ts";
import { verifyText } from "../../src/cli/render-verify.ts";
import { copy } from "../../src/commands/copy.ts";
import type { StampedEvent } from "../../src/index.ts";
import { type Pair, withPair } from "../support/laboratory/pair.ts";
import { makeProject } from "../support/project.ts";
import { type Fault, sent, startProxy } from "../support/proxy.ts";
import { administer, target, type TargetName } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { sessions } from "../faults/evidence.ts";
import { refused } from "./scene.ts";

const skipFor = (...names: readonly TargetName[]) =>
  names.map((name) => target(name).skip).find((skip) => skip !== false) ?? false;

/** A role that may do nothing but read the target's tables, on so many connections. */
async function withReader(
  name: "postgres" | "mariadb" | "mysql",
  { target: url, change }: Pair,
  connections: number | null,
  use: (as: string) => Promise<void>,
): Promise<void> {
  const role = `reader_${randomBytes(6).toString("hex")}`;
  const database = new URL(url).pathname.slice(1);
  const [made, dropped] =
    name === "postgres"
      ? [
          [
            `CREATE ROLE ${role} LOGIN PASSWORD '${role}' CONNECTION LIMIT ${connections ?? -1}`,
            `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`,
          ],
          [`DROP OWNED BY ${role}`, `DROP ROLE ${role}`],
        ]
      : [
          [
            `CREATE USER '${role}'@'%' IDENTIFIED BY '${role}' WITH MAX_USER_CONNECTIONS ${connections ?? 0}`,
            `GRANT SELECT ON ${database}.* TO '${role}'@'%'`,
          ],
          [`DROP USER '${role}'@'%'`],
        ];
  await change(made);
  try {
    await use(Object.assign(new URL(url), { username: role, password: role }).href);
  } finally {
    await change(dropped);
  }
}

describe("verify", { concurrency: 2 }, () => {
  test(
    "compares values whose loss was accepted as they were copied",
    { skip: skipFor("mariadb", "postgres") },
    () =>
      withPair("mariadb", "postgres", async (pair) => {
        await pair.prepare([
          "SET sql_mode = ''",
          "CREATE TABLE placed (id int PRIMARY KEY, at datetime NOT NULL, day date)",
          "INSERT INTO placed VALUES (1, '0000-00-00 00:00:00', '2024-01-01'), (2, '2024-01-01 10:00:00', '2024-02-00')",
        ]);
        const allow = ["placed.at:zero-date", "placed.day:zero-date"];
        await pair.copy({ allow });
        const strict = await pair.verify();
        assert.equal(strict.equal, false);
        assert.equal(strict.tables[0]?.differences, 2);
        assert.equal((await pair.verify({ allow })).equal, true);
        // One loss does not cover the other, and no loss covers another value.
        assert.equal((await pair.verify({ allow: allow.slice(0, 1) })).tables[0]?.differences, 1);
        await pair.change(["UPDATE placed SET at = '2024-01-01 10:00:01' WHERE id = 2"]);
        assert.equal((await pair.verify({ allow })).tables[0]?.differences, 1);
        await refused(pair.verify({ allow: ["placed.att:zero-date"] }), "GW1001");
        await refused(pair.verify({ allow: ["placed.at:range"] }), "GW1001");
      }),
  );

  test(
    "tells the same whether tables are compared one by one or at once",
    { skip: skipFor("mysql", "postgres") },
    () =>
      withPair("mysql", "postgres", async (pair) => {
        const tables = ["a", "b", "c", "d", "e"];
        await pair.prepare(
          tables.flatMap((name) => [
            `CREATE TABLE ${name} (id int PRIMARY KEY, v varchar(9))`,
            `INSERT INTO ${name} VALUES (1, '${name}'), (2, 'x')`,
          ]),
        );
        await pair.copy();
        await pair.change(["UPDATE b SET v = 'y'", "DELETE FROM e WHERE id = 2"]);
        const told = async (jobs: number) =>
          (await pair.verify({ jobs })).tables.map(({ durationMs: _, ...table }) => table);
        const onebyone = await told(1);
        assert.deepEqual(
          onebyone.map(({ target: name, differences }) => [name, differences]),
          tables.map((name) => [`public.${name}`, { b: 2, e: 1 }[name] ?? 0]),
        );
        for (const jobs of [2, 8]) assert.deepEqual(await told(jobs), onebyone);
      }),
  );

  for (const [from, to] of [
    ["postgres", "sqlite"],
    ["sqlite", "mysql"],
    ["mariadb", "postgres"],
  ] as const) {
    test(`compares keys of booleans and of all integers, ${from} → ${to}`, { skip: skipFor(from, to) }, () =>
      withPair(from, to, async (pair) => {
        await pair.prepare([
          "CREATE TABLE flag (is_on boolean NOT NULL PRIMARY KEY, v integer)",
          "INSERT INTO flag VALUES (true, 1), (false, 2)",
          "CREATE TABLE edge (id bigint NOT NULL PRIMARY KEY, v integer)",
          "CREATE TABLE edge_int (id integer NOT NULL PRIMARY KEY, v integer)",
          "INSERT INTO edge_int VALUES (-2147483648, 1), (2147483647, 2)",
          "INSERT INTO edge VALUES (-9223372036854775807 - 1, 1), (0, 2), (9223372036854775807, 3)",
        ]);
        await pair.copy();
        assert.equal((await pair.verify()).equal, true);
        await pair.change(["UPDATE flag SET v = 3 WHERE is_on", "UPDATE edge SET v = 0 WHERE id <> 0"]);
        assert.deepEqual(
          (await pair.verify()).tables.map(({ differences }) => differences),
          [2, 0, 1],
        );
      }),
    );
  }

  test("compares with a target that has no ledger", { skip: skipFor("postgres") }, () =>
    withPair("postgres", "postgres", async (pair) => {
      const table = ["CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)"];
      await pair.prepare(table);
      await pair.change(table);
      assert.equal((await pair.verify()).equal, true);
    }),
  );

  for (const name of ["postgres", "mariadb", "mysql"] as const) {
    test(
      `${name}: compares one by one as a role that may do nothing but read, on one connection`,
      { skip: skipFor(name) },
      () =>
        withPair(name, name, async (pair) => {
          const tables = ["a", "b"].flatMap((table) => [
            `CREATE TABLE ${table} (id int PRIMARY KEY)`,
            `INSERT INTO ${table} VALUES (1)`,
          ]);
          await pair.prepare(tables);
          await pair.change(tables);
          await withReader(name, pair, 1, async (as) => {
            const warnings: string[] = [];
            const onEvent = (event: StampedEvent) => {
              if (event.type === "warning:raised") warnings.push(event.message);
            };
            const { equal, tables: told, weaknesses } = await pair.verify({ target: as, onEvent });
            assert.deepEqual([equal, told.length, weaknesses], [true, 2, []]);
            assert.equal(warnings.length, 1);
            assert.match(warnings[0]!, /^1 of 2 tables are compared at once: cannot connect to /);
          });
        }),
    );
  }

  for (const name of ["mariadb", "mysql"] as const) {
    test(`${name}: tells of a side that is not read as one state`, { skip: skipFor(name) }, () =>
      withPair(name, name, async (pair) => {
        const tables = ["a", "b"].map((table) => `CREATE TABLE ${table} (id int PRIMARY KEY) ENGINE InnoDB`);
        await pair.prepare(tables);
        await pair.change(tables);
        assert.deepEqual((await pair.verify()).weaknesses, []);
        await pair.prepare(["CREATE TABLE old (id int) ENGINE MyISAM"]);
        await pair.change(["CREATE TABLE old (id int) ENGINE InnoDB"]);
        await withReader(name, pair, null, async (as) => {
          const report = await pair.verify({ target: as });
          assert.deepEqual(
            report.weaknesses.map(({ side }) => side),
            ["source", "target"],
          );
          const [ofSource, ofTarget] = report.weaknesses.map(({ weakness }) => weakness);
          assert.match(
            ofSource!,
            /^tables without transactions are read as they are at the time: old \(MyISAM\)$/,
          );
          assert.match(
            ofTarget!,
            /^the sessions may see different states: Access denied; you need .* RELOAD/,
          );
          assert.equal(report.equal, true);
          const text = verifyText(report, makePaint(false));
          assert.match(
            text,
            /^ {2}warning: the source is not read as one state: tables without transactions/m,
          );
          assert.match(text, /^ {2}warning: the target is not read as one state: the sessions may see/m);
          // One session sees one state, whatever it may do.
          assert.equal((await pair.verify({ target: as, jobs: 1 })).weaknesses.length, 1);
        });
      }),
    );
  }

  for (const [title, code, hit] of [
    ["a connection is lost", "GW7001", (id: string) => `KILL ${id}`],
    ["it is interrupted", "GW4006", null],
  ] as const) {
    test(`waits for no answer when ${title}`, { skip: skipFor("mariadb") }, () =>
      withPair("mariadb", "mariadb", async (pair) => {
        const tables = ["a", "b"].map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY)`);
        await pair.prepare(tables);
        await pair.change(tables);
        await administer(
          "mariadb",
          async (sql) => {
            await sql("LOCK TABLES a WRITE, b WRITE");
            const abort = new AbortController();
            const verified = refused(pair.verify({ lockTimeout: "60s", signal: abort.signal }), code);
            const waiting = async () =>
              (await sessions("mariadb", pair.target)).filter(
                (row) => row["State"] === "Waiting for table metadata lock",
              );
            await until(async () => (await waiting()).length === 2, { what: "both tables are waited for" });
            const began = performance.now();
            if (hit === null) abort.abort();
            else
              await administer("mariadb", async (other) => other(hit(String((await waiting())[0]?.["Id"]))));
            await verified;
            assert.ok(performance.now() - began < 20_000, "the lock was waited for");
          },
          pair.target,
        );
      }),
    );
  }

  for (const side of ["source", "target"] as const) {
    test(`says that it is the ${side}'s server that refuses`, { skip: skipFor("postgres") }, () =>
      withPair("postgres", "postgres", async (pair) => {
        const table = ["CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a')"];
        await pair.prepare(table);
        await pair.change(table);
        const role = `reader_${randomBytes(6).toString("hex")}`;
        const as = new URL(pair[side]);
        [as.username, as.password] = [role, role];
        await administer("postgres", (sql): Promise<unknown> =>
          sql(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`),
        );
        try {
          const error = await refused(pair.verify({ [side]: as.href }), "GW7001");
          assert.match(error.message, new RegExp(`^postgres://${role}@\\S+: permission denied for table t$`));
          assert.equal(error.details.side, side);
        } finally {
          await administer("postgres", (sql): Promise<unknown> => sql(`DROP ROLE ${role}`));
        }
      }),
    );
  }

  test("and a copy read nothing where policies hide rows", { skip: skipFor("postgres") }, () =>
    withPair("postgres", "postgres", async (pair) => {
      const role = `owner_${randomBytes(6).toString("hex")}`;
      const as = (url: string) => Object.assign(new URL(url), { username: role, password: role }).href;
      const ask = (statement: string, url: string) =>
        administer("postgres", (sql): Promise<unknown> => sql(statement), url);
      const refusedFor = async (work: Promise<unknown>, side: string) => {
        const { message, details } = await refused(work, "GW7001");
        assert.match(message, /public\.t has row level security, and the role owner_\w+ no BYPASSRLS/);
        assert.equal(details.side, side);
      };
      await ask(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`, pair.source);
      try {
        for (const url of [pair.source, pair.target])
          await ask(`ALTER DATABASE ${new URL(url).pathname.slice(1)} OWNER TO ${role}`, url);
        await pair.prepare([
          `SET ROLE ${role}`,
          "CREATE TABLE t (id int PRIMARY KEY, v text)",
          "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
          "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
          "CREATE POLICY one ON t USING (id = 1)",
          "CREATE TABLE child (id int PRIMARY KEY, t int REFERENCES t)",
        ]);
        const [source, to] = [as(pair.source), as(pair.target)];
        await refusedFor(pair.copy({ source }), "source");
        // The table would be made, and not be seen.
        await refusedFor(pair.copy({ target: to }), "target");
        await pair.change([
          "DO $$BEGIN ASSERT (SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'godwit')) = 0; END$$",
        ]);
        await pair.copy();
        await pair.change([
          `ALTER TABLE t OWNER TO ${role}`,
          `ALTER TABLE child OWNER TO ${role}`,
          "DELETE FROM t WHERE id = 2",
        ]);
        await refusedFor(pair.verify({ source }), "source");
        await refusedFor(pair.verify({ target: to }), "target");
        await pair.change([
          `GRANT ALL ON SCHEMA godwit TO ${role}`,
          `GRANT ALL ON ALL TABLES IN SCHEMA godwit TO ${role}`,
        ]);
        for (const mode of ["truncate", "upsert"] as const)
          await refusedFor(pair.copy({ target: to, mode }), "target");
        // Its rows would seem to refer to nothing.
        await refusedFor(pair.copy({ target: to, mode: "truncate", tables: ["child"] }), "target");
        assert.equal((await pair.verify()).equal, false);
      } finally {
        for (const url of [pair.source, pair.target])
          await ask(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}`, url);
        await ask(`DROP ROLE ${role}`, pair.source);
      }
    }),
  );

  test(
    "what it says repairs the rows, and touches none of those that inherit",
    { skip: skipFor("postgres") },
    () =>
      withPair("postgres", "postgres", async (pair) => {
        await pair.prepare([
          "CREATE TABLE base (id int PRIMARY KEY, v text)",
          "CREATE TABLE child (PRIMARY KEY (id)) INHERITS (base)",
          "INSERT INTO base VALUES (1, 'a'), (2, 'b')",
          "INSERT INTO child VALUES (1, 'c'), (5, 'd')",
          "CREATE TABLE part (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
          "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100)",
          "INSERT INTO part VALUES (1, 'a'), (2, 'b')",
          "CREATE TABLE made (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED)",
          "INSERT INTO made (n) VALUES (1), (2)",
        ]);
        await pair.copy();
        await pair.change([
          "UPDATE ONLY base SET v = 'x' WHERE id = 1",
          "INSERT INTO base VALUES (5, 'extra')",
          "DELETE FROM ONLY base WHERE id = 2",
          "UPDATE part SET v = 'x' WHERE id = 1",
          "INSERT INTO part VALUES (5, 'extra')",
          "UPDATE made SET n = 9 WHERE id = 1",
          "DELETE FROM made WHERE id = 2",
        ]);
        const { equal, tables } = await pair.verify();
        const repairs = tables.flatMap(({ listed }) => listed.map(({ repair }) => repair!));
        assert.deepEqual([equal, repairs.length], [false, 7]);
        await pair.change(repairs);
        assert.equal((await pair.verify()).equal, true);
      }),
  );

  test("names what interrupted jobs have left in PostgreSQL", { skip: skipFor("postgres") }, () =>
    withPair("sqlite", "postgres", async (pair) => {
      await pair.prepare([
        "CREATE TABLE t (id integer PRIMARY KEY, n int)",
        "INSERT INTO t VALUES (1, 5), (2, 5)",
      ]);
      await pair.copy();
      assert.deepEqual((await pair.verify()).leftovers, []);
      await assert.rejects(pair.change(["CREATE UNIQUE INDEX CONCURRENTLY t_n ON t (n)"]));
      await pair.change([
        "ALTER TABLE t ADD CONSTRAINT small CHECK (n < 10) NOT VALID",
        "CREATE SCHEMA godwit_new",
        "CREATE TABLE godwit_new.t (id int)",
        `CREATE FUNCTION t_at_touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW."at" := CURRENT_TIMESTAMP(6); RETURN NEW; END'`,
        "CREATE FUNCTION own_touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
      ]);
      const report = await pair.verify();
      assert.equal(report.equal, true, "they are no difference of rows");
      assert.deepEqual(
        report.leftovers.map(({ what, name }) => `${what} ${name}`),
        [
          "invalid index public.t_n",
          "constraint that was not validated public.t small",
          "schema of a refresh godwit_new",
          "trigger function without a trigger public.t_at_touch()",
        ],
      );
      // What is told to do helps.
      await pair.change(report.leftovers.map(({ remedy }) => remedy ?? ""));
      assert.deepEqual((await pair.verify()).leftovers, []);
    }),
  );

  for (const name of ["mariadb", "mysql"] as const) {
    test(`names what interrupted jobs have left in ${name}`, { skip: skipFor(name) }, () =>
      withPair("sqlite", name, async (pair) => {
        await pair.prepare(["CREATE TABLE t (id integer PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 5)"]);
        await pair.copy();
        assert.deepEqual((await pair.verify()).leftovers, []);
        const database = new URL(pair.target).pathname.slice(1);
        await administer(name, (sql) => sql(`CREATE DATABASE ${database}_godwit_new`));
        try {
          await pair.change([
            "CREATE TABLE _t_gho (id int)",
            "CREATE TABLE _t_old (id int)",
            "CREATE TABLE _mine_old (id int)",
            "CREATE TRIGGER pt_osc_shop_t_ins AFTER INSERT ON t FOR EACH ROW SET @a = 1",
          ]);
          const { leftovers } = await pair.verify();
          assert.deepEqual(
            leftovers.map(({ what, name: own }) => `${what} ${own}`),
            [
              `database of a refresh \`${database}_godwit_new\``,
              "table of a change `_t_gho`",
              "table of a change `_t_old`",
              "trigger of a change `pt_osc_shop_t_ins`",
            ],
          );
          await pair.change(leftovers.map(({ remedy }) => remedy ?? ""));
          assert.deepEqual((await pair.verify()).leftovers, []);
        } finally {
          await administer(name, (sql) => sql(`DROP DATABASE IF EXISTS ${database}_godwit_new`));
        }
      }),
    );
  }

  test("names a copy that has not ended, and rows that were set aside", { skip: skipFor("postgres") }, () =>
    withPair("sqlite", "postgres", async (pair) => {
      await pair.prepare([
        "CREATE TABLE t (id integer PRIMARY KEY, n int)",
        "INSERT INTO t VALUES (1, 5), (2, 50)",
      ]);
      await pair.change(["CREATE TABLE t (id bigint PRIMARY KEY, n bigint CHECK (n < 10))"]);
      const options = { source: pair.source, target: pair.target, env: {}, dataOnly: true, quarantine: 10 };
      await refused(copy(options), "GW7005");
      const { leftovers, equal } = await pair.verify();
      assert.equal(equal, false);
      assert.deepEqual(
        leftovers.map(({ what }) => what),
        ["unfinished copy", "rows set aside"],
      );
      assert.match(leftovers[0]?.remedy ?? "", /^godwit copy SOURCE TARGET --resume [0-9a-f-]{36}$/);
      assert.match(leftovers[1]?.message ?? "", /^1 rows/);
    }),
  );

  test("names what a refresh has left in SQLite", { skip: false }, () =>
    withPair("sqlite", "sqlite", async (pair) => {
      await pair.prepare(["CREATE TABLE t (id integer PRIMARY KEY)"]);
      await pair.copy();
      await pair.change(["CREATE TABLE godwit_new_t (id int)"]);
      const { leftovers } = await pair.verify();
      assert.deepEqual(
        leftovers.map(({ remedy }) => remedy),
        ['DROP TABLE "godwit_new_t"'],
      );
    }),
  );
});

/** How long nothing may move before the servers are asked what they do. */
const soon = { "godwit.config.json": '{ "connectTimeout": "1s" }' };

describe("verify over a connection that carries nothing any more", { concurrency: 6 }, () => {
  for (const [from, to, side, fault, words] of [
    ["mysql", "mysql", "source", "stall-to-client", "SELECT MD5('')"],
    ["mariadb", "postgres", "source", "stall-to-server", "SELECT bucket, CAST(COUNT"],
    ["postgres", "postgres", "target", "stall", "pg_catalog.pg_class"],
    ["postgres", "mariadb", "target", "stall-to-client", "NOT EXISTS (SELECT 1"],
    ["sqlite", "postgres", "target", "stall-to-client", "TO STDOUT"],
  ] as const satisfies readonly (readonly [TargetName, TargetName, "source" | "target", Fault, string])[]) {
    test(`${from} → ${to}: ends with the ${side}'s name, ${fault}`, { skip: skipFor(from, to) }, () =>
      withPair(from, to, async (pair) => {
        await pair.prepare([
          "CREATE TABLE a (id int PRIMARY KEY)",
          "CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL, FOREIGN KEY (a) REFERENCES a (id))",
          "INSERT INTO a VALUES (1)",
          "INSERT INTO b VALUES (1, 1)",
        ]);
        await pair.copy();
        await using proxy = await startProxy(pair[side]);
        await using project = await makeProject(soon);
        proxy.when(sent(words), fault);
        const began = performance.now();
        const error = await refused(pair.verify({ [side]: proxy.url, cwd: project.folder }), "GW3005");
        assert.equal(proxy.faults, 1, "the fault did not happen");
        const { host } = new URL(proxy.url);
        assert.match(error.message, new RegExp(`${host}/\\S+: nothing came over a connection for \\d+ s`));
        assert.ok(performance.now() - began < 20_000, "it took long to notice");
      }),
    );
  }

  for (const name of ["mariadb", "mysql", "postgres"] as const) {
    test(`${name}: waits for a server that is at work`, { skip: skipFor(name) }, () =>
      withPair(name, name, async (pair) => {
        const table = ["CREATE TABLE t (id int PRIMARY KEY)"];
        await pair.prepare(table);
        await pair.change(table);
        await using project = await makeProject(soon);
        await administer(
          name,
          async (sql) => {
            if (name === "postgres") await sql("BEGIN; LOCK TABLE t");
            else await sql("LOCK TABLES t WRITE");
            const verified = pair.verify({ lockTimeout: "60s", cwd: project.folder });
            await delay(9_000);
            await sql(name === "postgres" ? "COMMIT" : "UNLOCK TABLES");
            assert.equal((await verified).equal, true);
          },
          pair.target,
        );
      }),
    );
  }
});
