import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { apply, rollback } from "../../src/index.ts";
import { target, targets } from "../support/servers.ts";
import { bytesOf } from "./row-bytes.ts";
import {
  applied,
  historyOf,
  ledgerTable,
  refused,
  type Scene,
  scene,
  stem,
  tableNames,
  version,
} from "./scene.ts";

const up = (number: number) => `${stem(number)}.up.sql`;
const down = (number: number) => `${stem(number)}.down.sql`;

const orders = `CREATE TABLE orders (id int PRIMARY KEY, state varchar(20), total int);
INSERT INTO orders VALUES (1, 'open', 10), (2, 'open', NULL), (3, 'paid', 30), (4, NULL, 40);`;

const kept = (own: Scene) => own.events.flatMap((event) => (event.type === "rows:kept" ? [event] : []));
const snapshots = async (own: Scene) =>
  (await own.sql(`SELECT state FROM ${ledgerTable(own.name, "artifact")} ORDER BY created_at, id`)).map(
    ({ state }) => String(state),
  );

/** A rollback that is refused for rows that were changed since, and leaves them, and what is kept, as they are. */
async function refusedRows(own: Scene) {
  const before = [await bytesOf(own, "orders"), await snapshots(own)];
  const error = await refused(rollback(own.options), "GW8303");
  assert.deepEqual([await bytesOf(own, "orders"), await snapshots(own)], before);
  return error;
}

for (const { name, skip } of targets) {
  test(
    `${name}: what statements changed is put back to the byte, and each application keeps its own`,
    { skip },
    () =>
      scene(name, { [up(1)]: orders, [down(1)]: "DROP TABLE orders;" }, async (own) => {
        await applied(own);
        const before = await bytesOf(own, "orders");
        await own.write({
          [up(2)]: `-- Prices are in cents now.
-- godwit: snapshot
UPDATE orders SET total = total * 100, state = 'cents' WHERE state = 'open';
-- godwit: snapshot
UPDATE orders SET total = 0 WHERE id <= 2;
/* godwit: snapshot */
DELETE FROM orders WHERE id >= 2;
`,
        });
        for (const round of [1, 2]) {
          await applied(own);
          assert.deepEqual(
            kept(own)
              .slice(-3)
              .map(({ table, rows }) => `${table.replace("public.", "")} ${rows}`),
            ["orders 2", "orders 2", "orders 3"],
          );
          assert.equal((await own.sql("SELECT * FROM orders")).length, 1);
          const [first] = kept(own).slice(-3);
          assert.deepEqual(
            (await own.sql(`SELECT total FROM ${first?.snapshot ?? ""} ORDER BY id`)).map(
              (row) => row.total ?? null,
            ),
            name === "sqlite" ? ["10", null] : [10, null],
          );
          await rollback(own.options);
          assert.deepEqual(await bytesOf(own, "orders"), before);
          assert.deepEqual(
            await snapshots(own),
            Array.from({ length: 3 * round }, () => "restored"),
          );
        }
        assert.equal(new Set(kept(own).map(({ snapshot }) => snapshot)).size, 6);
        assert.equal((await historyOf(own)).at(-1), "rollback 20260101000002");
      }),
  );
}

// MariaDB and MySQL are one engine; the first test holds it on both.
const engines = targets.filter(({ name }) => name !== "mysql" || target("mariadb").skip !== false);

for (const { name, skip } of engines) {
  test(`${name}: rows that were changed since are named, and nothing is put back`, { skip }, () =>
    scene(
      name,
      {
        [up(1)]: orders,
        [up(2)]: `-- godwit: snapshot
UPDATE orders SET state = 'x' WHERE id < 4;
-- godwit: snapshot
DELETE FROM orders WHERE id = 4;`,
      },
      async (own) => {
        await applied(own);
        const after = await bytesOf(own, "orders");
        await own.sql("INSERT INTO orders VALUES (4, 'new', 1)");
        const again = await refusedRows(own);
        assert.match(again.message, /1 of 1 rows of (public\.)?orders .*: id = 4 \(inserted again\)/);
        await own.sql("DELETE FROM orders WHERE id = 4");
        await own.sql("UPDATE orders SET total = 5, state = 'y' WHERE id = 1");
        await own.sql("DELETE FROM orders WHERE id = 3");
        const error = await refusedRows(own);
        assert.match(error.message, /2 of 3 rows .*id = 1 \(state, total changed\); id = 3 \(deleted\)/);
        assert.match(error.hint, /--allow overwrite-changed-rows/);
        await refused(rollback({ ...own.options, allow: ["overwrite"] }), "GW1001");
        await rollback({ ...own.options, allow: ["overwrite-changed-rows"] });
        const back = await bytesOf(own, "orders");
        await apply(own.options);
        assert.deepEqual(await bytesOf(own, "orders"), after);
        await rollback(own.options);
        assert.deepEqual(await bytesOf(own, "orders"), back);
        assert.equal(back.length, 4);
      },
    ),
  );

  test(`${name}: a table without a key is refused before anything is changed`, { skip }, () =>
    scene(
      name,
      { [up(1)]: "CREATE TABLE heap (n int, u int UNIQUE); INSERT INTO heap VALUES (1, NULL);" },
      async (own) => {
        await applied(own);
        for (const [text, why] of [
          ["UPDATE heap SET n = 2;", /heap has no primary key/],
          ["DELETE FROM nosuch;", /no table nosuch/],
        ] as const) {
          await own.write({ [up(2)]: `INSERT INTO heap VALUES (7, 7);\n-- godwit: snapshot\n${text}` });
          const rows = await bytesOf(own, "heap");
          assert.match((await refused(apply(own.options), "GW8301")).message, why);
          if (name !== "mariadb" && name !== "mysql") assert.deepEqual(await bytesOf(own, "heap"), rows);
        }
        assert.deepEqual(await tableNames(own), ["heap"]);
      },
    ),
  );
}

test("sqlite: a profile can demand snapshots of every data change", () =>
  scene("sqlite", { [up(1)]: orders }, async (own) => {
    await applied(own);
    await writeFile(join(own.folder, "godwit.config.yaml"), "profiles: { prod: { snapshots: always } }\n");
    const options = { ...own.options, profile: "prod" };
    const upsert = "INSERT INTO orders VALUES (1, 'x', 1) ON CONFLICT (id) DO UPDATE SET state = 'x';";
    await own.write({ [up(2)]: `UPDATE orders SET total = 1;\n${upsert}` });
    const error = await refused(apply(options), "GW8301");
    assert.match(error.message, /_t2\.up\.sql:2: .* which of its rows are new/);
    assert.match(error.hint, /-- godwit: no-snapshot/);
    await own.write({
      [up(2)]: `UPDATE orders SET total = 1;\n-- godwit: no-snapshot\n${upsert}`,
      [`${stem(3)}.ts`]: "export async function up(db) { await db.execute('DELETE FROM orders'); }\n",
    });
    await apply(options);
    assert.deepEqual(
      kept(own).map(({ rows }) => rows),
      [4],
    );
    const warnings = own.events.filter((event) => event.type === "warning:raised" && event.code === "GW8305");
    assert.equal(warnings.length, 1);
    // What does not keep all of its rows has no way back without a down file.
    const back = await refused(rollback({ ...options, to: version(1) }), "GW2008");
    assert.match(back.message, /_t3 cannot be rolled back/);
  }));
