import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, rollback } from "../../src/index.ts";
import { administer, targets } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { bytesOf } from "./row-bytes.ts";
import { refused, scene, stem } from "./scene.ts";

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
