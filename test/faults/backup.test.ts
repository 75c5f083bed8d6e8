import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import {
  backupCreate,
  backupList,
  backupRestore,
  backupVerify,
  type ErrorCode,
  type GodwitError,
} from "../../src/index.ts";
import { databaseOf, fill } from "../support/backed-up.ts";
import { godwit, root } from "../support/cli.ts";
import { crashAt, type CrashPoint, crashPoints } from "../support/crash.ts";
import { clientRows } from "../support/laboratory/client-rows.ts";
import { run } from "../support/laboratory/pair.ts";
import { isSweep } from "../support/laboratory/pairs.ts";
import { makeProject } from "../support/project.ts";
import { type TargetName, target, withDatabase } from "../support/servers.ts";
import { mountSmallDisk, smallDiskSkip } from "./small-disk.ts";

/* What interrupts a backup leaves none, and what interrupts a restore leaves one that goes on. */

const migrations = { "migrations/20260101000001_a.up.sql": "CREATE TABLE migrated (id int PRIMARY KEY);\n" };

for (const point of ["backup:opened", "backup:chunk", "backup:before-manifest", "backup:named"]) {
  test(`killed at ${point}, a backup is none, and the next one is`, async () => {
    await using project = await makeProject();
    await withDatabase("sqlite", async (url) => {
      await run("sqlite", url, ["CREATE TABLE t (a)", "INSERT INTO t VALUES (1), ('x')"]);
      const options = { cwd: project.folder, env: {}, url };
      await crashAt({ name: point, nth: 1 }, ["backup", "create"], {
        cwd: project.folder,
        env: { GODWIT_URL: url },
      });
      assert.deepEqual(await backupList(options), []);
      const named = (await readdir(join(project.folder, "backups"))).filter((file) =>
        file.endsWith(".godwit"),
      );
      assert.equal(named.length, point === "backup:named" ? 1 : 0);
      const { artifact } = await backupCreate(options);
      assert.equal((await backupVerify(options)).artifact, artifact);
    });
  });
}

/** On an engine with transactional DDL and on one without; in a sweep at each point that is passed. */
const killed: Readonly<Partial<Record<TargetName, readonly CrashPoint[]>>> = {
  sqlite: [
    { name: "transaction:before-record", nth: 1 },
    { name: "chunk:in-rows", nth: 2 },
    { name: "chunk:after-commit", nth: 1 },
  ],
  mariadb: [
    { name: "bare:after-statement", nth: 2 },
    { name: "chunk:before-commit", nth: 2 },
  ],
};
const small = [
  "CREATE TABLE customers (id int PRIMARY KEY, name varchar(20) UNIQUE)",
  "INSERT INTO customers VALUES (1, 'a'), (2, 'b'), (3, NULL)",
  "CREATE TABLE orders (id int PRIMARY KEY, customer int, total decimal(8, 2), FOREIGN KEY (customer) REFERENCES customers (id))",
  "INSERT INTO orders VALUES (1, 1, 1.5), (2, 2, 2.25), (3, NULL, NULL)",
  "CREATE INDEX by_total ON orders (total)",
  "CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer",
];

for (const [name, some] of Object.entries(killed) as [TargetName, readonly CrashPoint[]][]) {
  test(`${name}: a restore that is killed goes on to the same end`, { skip: target(name).skip }, async () => {
    await using project = await makeProject(migrations);
    await withDatabase(name, async (source) => {
      await run(name, source, small);
      const { file } = await backupCreate({ cwd: project.folder, env: {}, url: source });
      const restore = (url: string) =>
        [
          ["backup", "restore", file, "--confirm", databaseOf(url)],
          { cwd: project.folder, env: { GODWIT_URL: url } },
        ] as const;
      const points = isSweep ? await withDatabase(name, (url) => crashPoints(...restore(url))) : some;
      for (const point of points) {
        await withDatabase(name, async (url) => {
          const [words, options] = restore(url);
          await crashAt(point, words, options);
          if (point.name === "chunk:after-commit") {
            const refused = await godwit(["apply"], options);
            assert.match(refused.stderr, /GW8212/, "a migration is refused meanwhile");
          }
          const again = await godwit(words, options);
          const where = `${point.name}:${point.nth}`;
          assert.equal(again.code, 0, `${where}: ${again.stderr}`);
          for (const table of ["customers", "orders"]) {
            const columns = table === "orders" ? ["id", "customer", "total"] : ["id", "name"];
            const shown = (of: string) => clientRows(name, of, table, columns);
            assert.deepEqual(shown(url), shown(source), where);
          }
        });
      }
    });
  });
}

test("a restore that loses a row is no proof", { skip: target("postgres").skip }, async () => {
  await using project = await makeProject();
  await withDatabase("postgres", async (url) => {
    // To fill this view is to delete a row: so a restore does not give what was there.
    await run("postgres", url, [
      "CREATE SCHEMA app",
      "CREATE TABLE app.t (id int PRIMARY KEY)",
      "CREATE FUNCTION app.eat() RETURNS SETOF int LANGUAGE sql AS 'DELETE FROM app.t WHERE id = 5 RETURNING id'",
      "CREATE MATERIALIZED VIEW app.eaten AS SELECT * FROM app.eat()",
      "INSERT INTO app.t SELECT generate_series(1, 10)",
    ]);
    const options = { cwd: project.folder, env: {}, url };
    await backupCreate(options);
    await refused(backupVerify(options), "GW8207", /app\.t has 9 rows, and the backup 10/);
    const [listed] = await backupList(options);
    assert.deepEqual([listed?.state, listed?.verifiedAt], ["made", null]);
  });
});

for (const { what, body, words } of [
  {
    what: "changes a row",
    body: "BEGIN UPDATE app.t SET id = id + 100 WHERE id = (SELECT min(id) FROM app.t); RETURN 1; END",
    words: /app\.t has other rows than the backup's 10/,
  },
  {
    what: "changes the schema",
    body: "BEGIN EXECUTE 'CREATE TABLE app.made_' || txid_current() || ' ()'; RETURN 1; END",
    words: /the schema is not the backup's/,
  },
]) {
  test(`a restore that ${what} is no proof`, { skip: target("postgres").skip }, async () => {
    await using project = await makeProject();
    await withDatabase("postgres", async (url) => {
      await run("postgres", url, [
        "CREATE SCHEMA app",
        "CREATE TABLE app.t (id int PRIMARY KEY)",
        "INSERT INTO app.t SELECT generate_series(1, 10)",
        `CREATE FUNCTION app.act() RETURNS int LANGUAGE plpgsql AS $$ ${body} $$`,
        "CREATE MATERIALIZED VIEW app.acted AS SELECT app.act()",
      ]);
      const options = { cwd: project.folder, env: {}, url };
      await backupCreate(options);
      await refused(backupVerify(options), "GW8207", words);
      assert.equal((await backupList(options))[0]?.state, "made");
    });
  });
}

test("a damaged backup changes nothing", async () => {
  await using project = await makeProject();
  await withDatabase("sqlite", async (source) =>
    withDatabase("sqlite", async (url) => {
      await fill("sqlite", source);
      await run("sqlite", url, ["CREATE TABLE mine (a)", "INSERT INTO mine VALUES (1)"]);
      const options = { cwd: project.folder, env: {} };
      const { file } = await backupCreate({ ...options, url: source });
      // In its first block of rows, which is read last.
      execFileSync("dd", ["of=" + file, "bs=1", "seek=100", "conv=notrunc", "if=/dev/zero", "count=8"], {
        stdio: "ignore",
      });
      const before = shownSchemaOf(url);
      await refused(
        backupRestore({ ...options, url, file, confirm: databaseOf(url) }),
        "GW8203",
        /at byte \d+/,
      );
      assert.equal(shownSchemaOf(url), before, "not even the ledger was made");
      await refused(backupVerify({ ...options, url: source }), "GW8203", /at byte \d+/);
      assert.equal((await backupList({ ...options, url: source }))[0]?.found, "altered");
    }),
  );
});

test("a disk that is full leaves no backup", { skip: smallDiskSkip() }, async () => {
  await using disk = await mountSmallDisk(1);
  await using project = await makeProject();
  await withDatabase("sqlite", async (url) => {
    await run("sqlite", url, [
      "CREATE TABLE t (a)",
      "INSERT INTO t SELECT randomblob(100000) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) SELECT i FROM n)",
    ]);
    const output = join(disk.folder, "backups");
    await mkdir(output);
    const result = await godwit(["backup", "create", "--output", output, "--verify"], {
      cwd: project.folder,
      env: { GODWIT_URL: url },
    });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /GW8201: .*ENOSPC/);
    assert.deepEqual(await readdir(output), []);
    assert.deepEqual(await backupList({ cwd: project.folder, env: {}, url }), []);
  });
});

const traced = spawnSync("strace", ["-e", "trace=none", "true"]).status === 0;

test(
  "a disk that does not confirm what was written leaves no backup",
  { skip: target("postgres").skip || (traced ? false : "strace cannot be used here") },
  async () => {
    await using project = await makeProject();
    await withDatabase("postgres", async (url) => {
      await run("postgres", url, ["CREATE TABLE public.t AS SELECT 1 AS a"]);
      // Of the file, then of its folder.
      for (const when of [1, 2]) {
        const inject = `inject=fsync:error=EIO:when=${when}`;
        const words = ["-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", inject, process.execPath];
        const result = spawnSync("strace", [...words, join(root, "bin/godwit"), "backup", "create"], {
          cwd: project.folder,
          // Calls are counted by thread.
          env: { ...process.env, GODWIT_URL: url, UV_THREADPOOL_SIZE: "1" },
          encoding: "utf8",
        });
        assert.equal(result.status, 1, result.stderr);
        assert.match(result.stderr, /GW8201: .*EIO/);
        assert.deepEqual(await readdir(join(project.folder, "backups")), []);
        assert.deepEqual(await backupList({ cwd: project.folder, env: {}, url }), []);
      }
    });
  },
);

function shownSchemaOf(url: string): string {
  return execFileSync(
    process.execPath,
    [
      "-e",
      `const { DatabaseSync } = require("node:sqlite"); console.log(JSON.stringify(new DatabaseSync(${JSON.stringify(url.slice("sqlite:".length))}).prepare("SELECT * FROM sqlite_schema").all()))`,
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
}

async function refused(work: Promise<unknown>, code: ErrorCode, words: RegExp): Promise<void> {
  await assert.rejects(work, (error: GodwitError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  });
}
