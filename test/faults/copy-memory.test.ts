import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { crashAt } from "../support/crash.ts";
import type { TargetName } from "../support/servers.ts";
import { isSweep } from "../support/laboratory/pairs.ts";
import { pairings, runSql, type Scene, withBoth } from "./copy-scene.ts";
import { asker } from "./evidence.ts";
import { asEnded, type Ended } from "./program.ts";
import { godwit } from "../support/cli.ts";

/** What a copy may hold in memory at its peak, whatever the width of rows. */
const mostBytes = 256 * 1024 * 1024;

const find = (title: string) => pairings.find((pairing) => pairing.title === title)!;

/** Runs a copy, and tells the most memory that the process ever had. */
async function peak(
  { from, to, project }: Scene,
  ...more: readonly string[]
): Promise<{ ended: Ended; bytes: number }> {
  const told = join(project.folder, "peak");
  await project.write({
    "peak.cjs": `process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS)));`,
  });
  const result = await godwit(["copy", from, to, "--json", ...more], {
    cwd: project.folder,
    env: { NODE_OPTIONS: `--require ${join(project.folder, "peak.cjs")}` },
    timeoutMs: 120_000,
  });
  return { ended: asEnded(result), bytes: Number(await readFile(told, "utf8")) * 1024 };
}

function values(name: TargetName) {
  const mysql = name === "mariadb" || name === "mysql";
  const [text, bytes] = mysql
    ? ["longtext", "longblob"]
    : name === "postgres"
      ? ["text", "bytea"]
      : ["text", "blob"];
  return {
    text,
    bytes,
    /** So many bytes of text, from one to a row. */
    letters: (count: number) =>
      name === "sqlite" ? `replace(hex(zeroblob(${count / 2})), '0', 'y')` : `repeat('y', ${count})`,
    blob: (count: number) =>
      name === "postgres"
        ? `decode(repeat('00ff5c09', ${count / 4}), 'hex')`
        : name === "sqlite"
          ? `CAST(replace(hex(zeroblob(${count / 2})), '0', 'b') AS BLOB)`
          : `unhex(repeat('00ff5c09', ${count / 4}))`,
    /** Rows 1 to `count`. */
    numbers: (count: number) =>
      name === "postgres"
        ? `(SELECT generate_series(1, ${count}) AS n) AS numbers`
        : `(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${count}) SELECT n FROM s) AS numbers`,
  };
}

/** By each server itself: how many rows, and the lengths of what they hold. */
async function lengths(name: TargetName, url: string): Promise<string> {
  const length = name === "mysql" || name === "mariadb" ? "length" : "octet_length";
  const [row] = await asker(
    name,
    url,
  )(
    `SELECT count(*) AS n, sum(${length}(body)) AS body, coalesce(sum(${length}(data)), 0) AS data, max(${length}(body)) AS most FROM wide`,
  );
  return JSON.stringify(Object.values(row ?? {}).map(Number));
}

suite("what a copy holds in memory", { timeout: 280_000 }, () => {
  for (const title of ["postgres → mariadb", ...(isSweep ? ["sqlite → postgres"] : [])]) {
    const pairing = find(title);
    test(`${title}: 300 rows of a megabyte`, { skip: pairing.skip }, async (t) => {
      await withBoth(
        pairing,
        async (scene) => {
          const { ended, bytes } = await peak(scene);
          assert.equal(ended.code, 0, ended.message);
          t.diagnostic(`${Math.round(bytes / 1024 / 1024)} MB`);
          assert.ok(bytes < mostBytes, `${bytes} bytes`);
          const [target, source] = [pairing.target.name, pairing.source.name];
          assert.equal(await lengths(target, scene.to), await lengths(source, scene.from));
        },
        (name) =>
          wide(name, ({ letters, numbers }) => `SELECT n, ${letters(1_000_000)}, NULL FROM ${numbers(300)}`),
      );
    });
  }

  const fromMariaDb = find("mariadb → postgres");
  test(
    "mariadb → postgres: rows whose text is longer than the server's packet",
    { skip: fromMariaDb.skip },
    async () => {
      await withBoth(
        fromMariaDb,
        async (scene) => {
          const { ended, bytes } = await peak(scene);
          assert.equal(ended.code, 0, ended.message);
          assert.ok(bytes < mostBytes, `${bytes} bytes`);
          const copied = await lengths("postgres", scene.to);
          assert.equal(copied, "[3,25000003,12000000,12500000]");
          assert.equal(copied, await lengths("mariadb", scene.from));
        },
        // Of each row the server can make the values, but not the text of both.
        (name) =>
          wide(
            name,
            ({ letters, blob }) =>
              `VALUES (1, ${letters(12_500_000)}, ${blob(6_000_000)}), (2, 'abc', NULL), (3, ${letters(12_500_000)}, ${blob(6_000_000)})`,
          ),
      );
    },
  );

  const within = find("postgres → postgres");
  test("postgres → postgres: a value of 200 MB", { skip: within.skip }, async (t) => {
    await withBoth(
      within,
      async (scene) => {
        const { ended, bytes } = await peak(scene);
        assert.equal(ended.code, 0, ended.message);
        t.diagnostic(`${Math.round(bytes / 1024 / 1024)} MB`);
        assert.ok(bytes < mostBytes, `${bytes} bytes`);
        assert.equal(await lengths("postgres", scene.to), "[2,209715205,0,209715200]");
      },
      large,
    );
  });

  for (const [title, by] of [
    [
      "postgres → mariadb",
      /MariaDB or MySQL takes rows of at most \d+ bytes of text \(its max_allowed_packet\)|max_allowed_packet/,
    ],
    ["postgres → sqlite", /SQLite takes rows of at most \d+ bytes/],
    ["sqlite → postgres", /SQLite gives values of at most \d+/],
  ] as const) {
    const pairing = find(title);
    test(`${title}: a value of 200 MB is refused by its place`, { skip: pairing.skip }, async () => {
      await withBoth(
        pairing,
        async (scene) => {
          const { ended, bytes } = await peak(scene);
          assert.equal(ended.error, "GW7002", ended.message);
          assert.match(ended.message, /\bwide, row 7, column body: a value of 209715200 bytes/);
          assert.match(ended.message, by);
          assert.ok(bytes < mostBytes, `${bytes} bytes`);
          const { name } = pairing.target;
          const missing = asker(name, scene.to)("SELECT * FROM wide");
          await assert.rejects(missing, /no such table|does not exist|doesn't exist/);
        },
        large,
      );
    });
  }

  test(
    "a value that grew after the plan was made stops the copy with its place",
    { skip: find("postgres → mariadb").skip },
    async () => {
      const pairing = find("postgres → mariadb");
      await withBoth(
        pairing,
        async (scene) => {
          const args = ["copy", scene.from, scene.to, "--json", "--jobs", "1"];
          await crashAt({ name: "chunk:before-begin", nth: 1 }, args, { cwd: scene.project.folder });
          await runSql("postgres", scene.from, ["UPDATE wide SET body = repeat('y', 50000000) WHERE id = 7"]);
          const { ended, bytes } = await peak(scene, "--jobs", "1");
          assert.equal(ended.error, "GW7002", ended.message);
          assert.match(ended.message, /^wide, row 7, column body, value .*more than \d+ bytes/);
          assert.ok(bytes < mostBytes, `${bytes} bytes`);
          assert.deepEqual(await asker("mariadb", scene.to)("SELECT id FROM wide"), []);
        },
        (name) => wide(name, () => "VALUES (1, 'short', NULL), (7, 'short', NULL)"),
      );
    },
  );
});

function large(name: TargetName): string[] {
  return wide(name, ({ letters }) => `VALUES (1, 'short', NULL), (7, ${letters(200 * 1024 * 1024)}, NULL)`);
}

function wide(name: TargetName, rows: (made: ReturnType<typeof values>) => string): string[] {
  const made = values(name);
  return [
    `CREATE TABLE wide (id integer NOT NULL PRIMARY KEY, body ${made.text}, data ${made.bytes})`,
    `INSERT INTO wide ${rows(made)}`,
  ];
}
