import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { apply, plan, rollback, snapshots } from "../../src/index.ts";
import { administer, target, targets } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { bytesOf } from "./row-bytes.ts";
import { refused, scene, stem, version } from "./scene.ts";

const up = (number: number) => `${stem(number)}.up.sql`;

const waiting = {
  postgres:
    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND query NOT LIKE '%pg_stat_activity%'",
  mysql: `SELECT 1 FROM information_schema.INNODB_TRX x JOIN information_schema.PROCESSLIST p ON p.ID = x.trx_mysql_thread_id
    WHERE x.trx_state = 'LOCK WAIT' AND p.DB = DATABASE()`,
};

for (const { name, skip } of targets) {
  if (name === "sqlite") continue;
  test(`${name}: what somebody commits while the rollback waits for it is not written over`, { skip }, () =>
    scene(
      name,
      {
        [up(1)]: `CREATE TABLE o (id int PRIMARY KEY, v int, note varchar(20));
INSERT INTO o VALUES (1, 5, 'a'), (2, 7, 'b'), (3, 9, 'c');`,
        [up(2)]: `-- godwit: snapshot
UPDATE o SET v = v * 100 WHERE id < 3;
-- godwit: snapshot
DELETE FROM o WHERE id = 3;`,
      },
      async (own) => {
        await apply(own.options);
        if (name === "postgres") {
          await own.sql(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
          );
          await own.sql("CREATE TRIGGER t BEFORE UPDATE ON o FOR EACH ROW EXECUTE FUNCTION f()");
        }
        for (const [change, undone, told] of [
          [
            "UPDATE o SET note = 'theirs' WHERE id = 2",
            "UPDATE o SET note = 'b' WHERE id = 2",
            /id = 2 \(note changed\)/,
          ],
          [
            "INSERT INTO o VALUES (3, 1, 'theirs')",
            "DELETE FROM o WHERE id = 3",
            /id = 3 \(inserted again\)/,
          ],
        ] as const) {
          const before = await administer(
            name,
            async (sql) => {
              await sql("START TRANSACTION");
              await sql(change);
              const back = refused(rollback(own.options), "GW8303");
              await Promise.race([
                until(async () => (await own.sql(waiting[name === "postgres" ? name : "mysql"])).length > 0, {
                  // InnoDB renews what it tells of transactions only where nobody has asked for 100 ms.
                  everyMs: 120,
                }),
                back,
              ]);
              await sql("COMMIT");
              assert.match((await back).message, told);
              return bytesOf(own, "o");
            },
            own.url,
          );
          assert.match(JSON.stringify(before), /theirs|746865697273/);
          await own.sql(undone);
        }
        await rollback(own.options);
        assert.deepEqual(
          (await own.sql("SELECT v FROM o ORDER BY id")).map(({ v }) => Number(v)),
          [5, 7, 9],
        );
      },
    ),
  );
}

test("sqlite: rows go back all together, or none where file or setting would put back others than were kept", () =>
  scene(
    "sqlite",
    {
      [up(1)]: `CREATE TABLE o (id INTEGER PRIMARY KEY, v int); INSERT INTO o VALUES (1, 5);
CREATE TABLE p (id INTEGER PRIMARY KEY, v int); INSERT INTO p VALUES (1, 5);`,
      [up(2)]: "-- godwit: snapshot\nUPDATE o SET v = v * 100;\nUPDATE p SET v = v * 100;",
      [`${stem(2)}.down.sql`]: "-- godwit: restore\nSELECT 1;",
    },
    async (own) => {
      const demand = (policy: string) =>
        writeFile(join(own.folder, "godwit.config.yaml"), `snapshots: ${policy}\n`);
      await demand("always");
      await apply(own.options);
      const names = (await snapshots(own.options)).map(({ before }) => before.name).sort();
      await demand("declared");
      const error = await refused(rollback(own.options), "GW8304");
      assert.match(
        error.message,
        new RegExp(`kept ${names[0]} \\(line 2\\), ${names[1]} \\(line 3\\),.* put back: ${names[0]}$`),
      );
      assert.equal(error.outcome, "unchanged");
      const values = async () =>
        (await own.sql("SELECT o.v AS o, p.v AS p FROM o, p")).map(({ o, p }) => [Number(o), Number(p)]);
      assert.deepEqual(await values(), [[500, 500]]);
      assert.deepEqual(
        (await snapshots(own.options)).map(({ state }) => state),
        ["kept", "kept"],
      );
      // The other way round: the setting would put back what nobody has kept.
      await demand("always");
      await rollback(own.options);
      await demand("declared");
      await apply(own.options);
      await demand("always");
      assert.match(
        (await refused(rollback(own.options), "GW8304")).message,
        /kept o_rollback_\w+ \(line 2\),/,
      );
      await demand("declared");
      await rollback(own.options);
      assert.deepEqual(await values(), [[5, 500]]);
    },
  ));

const mysqlName = target("mysql").skip === false ? "mysql" : "mariadb";

test(
  "mysql: two databases that change one table keep their rows apart, and no rows of others are dropped",
  { skip: target(mysqlName).skip },
  () =>
    scene(mysqlName, {}, (other) =>
      scene(mysqlName, {}, async (own) => {
        const shared = `${new URL(own.url).pathname.slice(1)}.orders`;
        await own.sql("CREATE TABLE orders (id int PRIMARY KEY, total int)");
        await own.sql("INSERT INTO orders VALUES (1, 5), (2, 7)");
        await own.write({
          "V1__cents.sql": "-- godwit: snapshot\nUPDATE orders SET total = total * 100 WHERE id = 1;",
        });
        await other.write({
          "V1__more.sql": `-- godwit: snapshot\nUPDATE ${shared} SET total = total + 1 WHERE id = 2;`,
        });
        await apply(own.options);
        await apply(other.options);
        await rollback(own.options);
        const totals = async () =>
          (await own.sql("SELECT total FROM orders ORDER BY id")).map(({ total }) => Number(total));
        assert.deepEqual(await totals(), [5, 8]);
        await rollback(other.options);
        assert.deepEqual(await totals(), [5, 7]);

        // A table of that name with somebody's rows, as a database of the same name would leave it.
        const planned = await plan(own.options);
        const [keeps] = (planned?.steps ?? []).flatMap((step) =>
          step.kind === "row-tables" ? step.keeps : [],
        );
        for (const name of [keeps?.before, keeps?.after]) {
          await own.sql(`CREATE TABLE ${name} (id int PRIMARY KEY, total int)`);
          await own.sql(`INSERT INTO ${name} VALUES (9, 9)`);
          const error = await refused(apply(own.options), "GW8301");
          assert.match(error.message, new RegExp(`there is a table ${name} already, with rows of which`));
          assert.equal((await own.sql(`SELECT * FROM ${name}`)).length, 1);
          await own.sql(`DELETE FROM ${name}`);
        }
        await apply(own.options);
        await rollback(own.options);
        assert.deepEqual(await totals(), [5, 7]);
      }),
    ),
);

// MariaDB and MySQL are one engine.
for (const { name, skip } of targets.filter(
  (each) => each.name !== "mysql" || target("mariadb").skip !== false,
)) {
  test(
    `${name}: a tree comes back, and what a constraint refuses is told in the server's words`,
    { skip },
    () =>
      scene(
        name,
        {
          [up(1)]:
            `CREATE TABLE tree (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES tree (id));
INSERT INTO tree VALUES (9, NULL), (3, 9), (2, 3), (1, 2);
CREATE TABLE o (id int PRIMARY KEY, pos int UNIQUE);
INSERT INTO o VALUES (1, 10), (2, 20);`,
          [up(2)]:
            `-- godwit: snapshot\n${name === "sqlite" || name === "postgres" ? "DELETE FROM tree" : "DELETE FROM tree WHERE id < 9 ORDER BY id"};`,
          [up(3)]: "-- godwit: snapshot\nUPDATE o SET pos = pos + 5 WHERE id = 1;",
        },
        async (own) => {
          await apply({ ...own.options, to: version(1) });
          const tree = await bytesOf(own, "tree");
          await apply({ ...own.options, to: version(2) });
          assert.ok((await bytesOf(own, "tree")).length <= 1);
          await rollback(own.options);
          assert.deepEqual(await bytesOf(own, "tree"), tree);

          await apply(own.options);
          await own.sql("INSERT INTO o VALUES (3, 10)");
          const error = await refused(rollback(own.options), "GW8304");
          assert.match(error.message, /putting back rows of (public\.)?o failed: .*(unique|duplicate)/i);
          assert.equal(error.outcome, "unchanged");
          await own.sql("DELETE FROM o WHERE id = 3");
          await rollback(own.options);
          if (name === "mariadb" || name === "mysql") {
            // The root was not the migration's, and is gone since.
            await own.sql("DELETE FROM tree");
            assert.match(
              (await refused(rollback(own.options), "GW8304")).message,
              /a row of tree would come back without the row of tree that it refers to: parent = 9/,
            );
            await own.sql("INSERT INTO tree VALUES (9, NULL)");
            await rollback(own.options);
            assert.deepEqual(await bytesOf(own, "tree"), tree);
          }
        },
      ),
  );
}
