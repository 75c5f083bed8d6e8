import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { clientText } from "../support/laboratory/client-rows.ts";
import { withPair } from "../support/laboratory/pair.ts";
import { makeProject } from "../support/project.ts";
import { target, type TargetName } from "../support/servers.ts";
import { refused } from "./scene.ts";

/** Values that the target cannot hold, in rows that a rule leaves out. */
const ways: readonly {
  readonly from: TargetName;
  readonly to: TargetName;
  readonly make: readonly string[];
  readonly bad: string;
}[] = [
  {
    from: "sqlite",
    to: "postgres",
    make: [
      "CREATE TABLE t (id integer PRIMARY KEY, kept int, day date)",
      "INSERT INTO t VALUES (1, 1, '2024-01-01'), (2, 0, 'yesterday')",
    ],
    bad: "'tomorrow'",
  },
  {
    // Without rowids the rows are walked in another way.
    from: "sqlite",
    to: "postgres",
    make: [
      "CREATE TABLE t (id text PRIMARY KEY, kept int, day date) WITHOUT ROWID",
      "INSERT INTO t VALUES (1, 1, '2024-01-01'), (2, 0, 'yesterday')",
    ],
    bad: "'tomorrow'",
  },
  {
    from: "mariadb",
    to: "postgres",
    make: [
      "SET sql_mode = ''",
      "CREATE TABLE t (id int PRIMARY KEY, kept int, day date)",
      "INSERT INTO t VALUES (1, 1, '2024-01-01'), (2, 0, '0000-00-00')",
    ],
    bad: "'2024-00-10'",
  },
  {
    from: "postgres",
    to: "mariadb",
    make: [
      "CREATE TABLE t (id int PRIMARY KEY, kept int, day date)",
      "INSERT INTO t VALUES (1, 1, '2024-01-01'), (2, 0, 'infinity')",
    ],
    bad: "'-infinity'",
  },
];

describe("rows that a filter leaves out do not stop a copy by their values", { concurrency: 2 }, () => {
  for (const { from, to, make, bad } of ways) {
    const skip = target(from).skip || target(to).skip;
    test(`from ${from} to ${to}${make.join().includes("WITHOUT") ? ", without rowids" : ""}`, { skip }, () =>
      withPair(from, to, async (pair) => {
        await using project = await makeProject({});
        const rules = join(project.folder, "rules.yaml");
        await writeFile(rules, "tables:\n  t:\n    filter: kept = 1 or id = '7'\n");
        await pair.prepare(make);
        await refused(pair.copy(), "GW7003");
        // The alternatives of the filter are one condition: not "kept, or 7 and bad".
        const mode = from === "mariadb" ? ["SET sql_mode = ''"] : [];
        await pair.prepare([...mode, `INSERT INTO t VALUES (3, 0, ${bad})`]);
        await pair.copy({ rules });
        assert.equal(clientText(to, pair.target, "SELECT id FROM t").trim(), "1");
        assert.equal((await pair.verify({ rules })).equal, true);
        // A row that is copied still counts, and is shown.
        await pair.change(["DROP TABLE t"]);
        await pair.prepare([...mode, `INSERT INTO t VALUES (7, 1, ${bad})`]);
        const error = await refused(pair.copy({ rules }), "GW7003");
        assert.match(error.message, /\(1 row, e\.g\. 7: /);
      }),
    );
  }
});
