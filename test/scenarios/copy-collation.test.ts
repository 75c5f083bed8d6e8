import assert from "node:assert/strict";
import { test } from "node:test";
import { copy } from "../../src/index.ts";
import { runSql } from "../faults/copy-scene.ts";
import { asker } from "../faults/evidence.ts";
import { withOwnDatabase } from "../faults/own-database.ts";
import { target } from "../support/servers.ts";

test(
  "a collation without case goes along where it decides which rows are one, and nowhere else",
  {
    skip: target("mariadb").skip || target("postgres").skip,
  },
  () =>
    withOwnDatabase("mariadb", async (from) => {
      await runSql("mariadb", from, [
        `CREATE TABLE person (email varchar(40) COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY,
        name varchar(40) COLLATE utf8mb4_general_ci, KEY person_name (name))`,
        `CREATE TABLE visit (id int PRIMARY KEY, person varchar(40) COLLATE utf8mb4_general_ci, KEY (person),
        FOREIGN KEY (person) REFERENCES person (email))`,
        "INSERT INTO person VALUES ('Ada@x', 'Ada'), ('bo@x', 'Bo')",
        "INSERT INTO visit VALUES (1, 'ada@X')",
      ]);
      await withOwnDatabase("postgres", async (to) => {
        await copy({ env: {}, cwd: import.meta.dirname, source: from, target: to });
        const ask = asker("postgres", to);
        const columns = await ask(
          `SELECT table_name || '.' || column_name AS name, collation_name FROM information_schema.columns
          WHERE table_schema = 'public' AND collation_name IS NOT NULL ORDER BY 1`,
        );
        assert.deepEqual(
          columns.map(({ name }) => name),
          ["person.email", "visit.person"],
        );
        // Whatever the server's version, a pattern can be looked for in an ordinary index's column.
        assert.deepEqual(await ask("SELECT email FROM person WHERE name LIKE 'A%'"), [{ email: "Ada@x" }]);
        assert.deepEqual(await ask("SELECT v.id FROM visit v JOIN person p ON p.email = v.person"), [
          { id: 1 },
        ]);
      });
    }),
);
