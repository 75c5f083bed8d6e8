import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { TargetName } from "../support/servers.ts";
import { pairings, type Scene, withBoth } from "./copy-scene.ts";
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
  if (process.env["SHOW"])
    console.log(
      result.stdout
        .split("\n")
        .filter((l) => /started|finished|compared/.test(l) && !/chunk:f/.test(l))
        .map((l) => l.slice(0, 120) + l.slice(-40))
        .join("\n"),
    );
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
    letters: (count: number, of: string) =>
      name === "sqlite" ? `replace(hex(zeroblob(${count / 2})), '0', ${of})` : `repeat(${of}, ${count})`,
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
    `SELECT count(*) AS n, sum(${length}(body)) AS body, sum(${length}(data)) AS data, max(${length}(body)) AS most FROM wide`,
  );
  return JSON.stringify(Object.values(row ?? {}).map(Number));
}

suite("memory", { timeout: 280_000 }, () => {
  for (const title of [
    "postgres → mariadb",
    "mariadb → postgres",
    "sqlite → postgres",
    "postgres → sqlite",
  ]) {
    const pairing = find(title);
    test(`${title}: rows of a megabyte`, { skip: pairing.skip }, async (t) => {
      const statements = (name: TargetName) => {
        const { text, bytes, letters, blob, numbers } = values(name);
        return [
          `CREATE TABLE wide (id integer NOT NULL PRIMARY KEY, body ${text}, data ${bytes})`,
          `INSERT INTO wide SELECT n, ${letters(600_000, "'y'")}, ${blob(400_000)} FROM ${numbers(300)}`,
        ];
      };
      await withBoth(
        pairing,
        async (scene) => {
          const { ended, bytes } = await peak(scene);
          assert.equal(ended.code, 0, ended.message);
          t.diagnostic(`${Math.round(bytes / 1024 / 1024)} MB`);
          assert.ok(bytes < mostBytes, `${bytes} bytes`);
          assert.equal(
            await lengths(pairing.target.name, scene.to),
            await lengths(pairing.source.name, scene.from),
          );
        },
        statements,
      );
    });
  }

  for (const title of [
    "postgres → postgres",
    "postgres → mariadb",
    "postgres → sqlite",
    "sqlite → postgres",
  ]) {
    const pairing = find(title);
    test(`${title}: a value of 200 MB`, { skip: pairing.skip }, async (t) => {
      const statements = (name: TargetName) => {
        const { text, bytes, letters } = values(name);
        return [
          `CREATE TABLE wide (id integer NOT NULL PRIMARY KEY, body ${text}, data ${bytes})`,
          `INSERT INTO wide VALUES (1, 'short', NULL), (7, ${letters(200 * 1024 * 1024, "'y'")}, NULL)`,
        ];
      };
      await withBoth(
        pairing,
        async (scene) => {
          const { ended, bytes } = await peak(scene);
          t.diagnostic(
            `${ended.code} ${ended.error} ${ended.message.slice(0, 500)} ${Math.round(bytes / 1024 / 1024)} MB`,
          );
          assert.ok(bytes < mostBytes, `${bytes} bytes`);
        },
        statements,
      );
    });
  }
});
