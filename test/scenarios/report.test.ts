import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { report, type RunReport } from "../../src/index.ts";
import { godwit } from "../support/cli.ts";
import { parseStrictly } from "../support/strict-html.ts";
import { scene, stem } from "./scene.ts";

const hostile = `"></td><script>alert(1)</script><img src=x onerror=alert(2)>|\`[a](javascript:alert(3))&amp;`;

test("the report of a run that failed and went on tells of both attempts, and shows every name as a name", () =>
  scene(
    "sqlite",
    {
      [`${stem(1)}.up.sql`]: `CREATE TABLE a (id int);
        INSERT INTO a VALUES (1), (2), (3);
        CREATE INDEX a_id ON a (id);
        SELECT * FROM [${hostile.replaceAll("]", ")")}];`,
    },
    async (own) => {
      const program = async (...args: string[]) => {
        const env = { GODWIT_URL: own.url, GODWIT_ACTOR: `<b>${hostile}` };
        return godwit(args, { cwd: own.folder, env });
      };
      assert.equal((await program("apply")).code, 1);
      await own.write({
        [`${stem(1)}.up.sql`]:
          "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1), (2), (3);\nCREATE INDEX a_id ON a (id);\n",
      });
      assert.equal((await program("apply")).code, 0);

      const made: RunReport = await report({ ...own.options });
      const { status, migration, performance, downtime, scripts } = made;
      assert.equal(status.state, "done");
      assert.deepEqual(
        status.attempts.map(({ epoch, end }) => `${epoch} ${end}`),
        ["1 resumable", "2 done"],
      );
      assert.match(status.attempts[0]?.error ?? "", /^GW6001 .*no such table/s);
      assert.deepEqual(
        migration.changes.map(({ action, name }) => `${action} ${name}`),
        [`apply ${stem(1)}`],
      );
      assert.deepEqual(migration.steps, { done: 1, open: 0, failed: 0 });
      assert.equal(scripts.length, 1);
      // Three rows of each attempt; what the first one wrote was rolled back, and yet it was work.
      assert.equal(performance.rows, 6);
      assert.ok(performance.slowest.some(({ label, rows }) => label === "INSERT" && rows === 3));
      assert.deepEqual(
        downtime.windows.map(({ label }) => label),
        ["CREATE INDEX"],
      );
      assert.equal((await report({ ...own.options, run: status.id.slice(0, 8) })).status.id, status.id);

      const written = await program("report", "-o", "report.html");
      assert.equal(written.code, 0, written.stderr);
      const file = join(own.folder, "report.html");
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      const html = await readFile(file, "utf8");
      const page = parseStrictly(html);
      const harmless = new Set(
        "html head meta title style body header h1 h2 p span nav a main section dl dt dd div table caption thead tbody tr th td figure figcaption svg line rect polyline circle text".split(
          " ",
        ),
      );
      assert.deepEqual(
        page.elements.filter((name) => !harmless.has(name)),
        [],
      );
      assert.deepEqual(
        page.attributes.filter(
          ({ name, value }) =>
            name.startsWith("on") || name === "src" || (name === "href" && !value.startsWith("#")),
        ),
        [],
      );
      assert.ok(page.elements.includes("svg"), "it has a chart");
      assert.ok(page.text.includes(hostile.replaceAll("]", ")")), "the name is there as it is");
      assert.match(html, /default-src 'none'/);

      const { stdout: markdown } = await program("report", "--format", "markdown");
      assert.doesNotMatch(markdown, /[<>]/);
      const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
      const pipes = (line: string) => line.replaceAll(/\\./g, "").split("|").length;
      assert.ok(rows.length > 10);
      for (const [index, row] of rows.entries()) {
        if (row.startsWith("|-")) assert.equal(pipes(row), pipes(rows[index - 1] ?? ""));
        if (row.includes("alert")) assert.equal(pipes(row), 8, row);
      }
      const json = JSON.parse((await program("report", status.id, "--format", "json")).stdout) as RunReport;
      assert.deepEqual({ ...json, madeAt: "", godwit: 0 }, { ...made, madeAt: "", godwit: 0 });

      const runs = await program("runs");
      assert.match(runs.stdout, new RegExp(`${status.id.slice(0, 8)}  apply  done`));
      const unknown = await program("report", "ffffffff");
      assert.equal(unknown.code, 64);
      assert.match(unknown.stderr, /no run whose id begins with "ffffffff"/);
    },
  ));
