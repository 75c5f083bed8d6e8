import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, plan, repair, status } from "../../src/index.ts";
import { target } from "../support/servers.ts";
import { applied, historyOf, killedAt, refused, scene, type Scene, stem, version } from "./scene.ts";

const { skip } = target("postgres");

/** A procedure that keeps one row and fails on the second when it is told to. */
const procedure = `CREATE TABLE made (id int);
CREATE PROCEDURE p(fail boolean) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO made VALUES (1);
  COMMIT;
  IF fail THEN RAISE EXCEPTION 'told to fail'; END IF;
  INSERT INTO made VALUES (2);
  COMMIT;
END $$;
`;
const directive = "-- godwit: no-transaction\n";

const partitioned = `CREATE TABLE part (id int, note text) PARTITION BY RANGE (id);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (9);
CREATE INDEX part_id ON part (id);
`;

async function rows(own: Scene): Promise<string[]> {
  return (await own.sql("SELECT id FROM made ORDER BY id")).map(({ id }) => String(id));
}

for (const statement of [
  "CALL p(false);",
  "DO $$ BEGIN CALL p(false); END $$;",
  "DO $$ DECLARE call boolean := false; BEGIN CALL p(call); END $$;",
]) {
  test(`PostgreSQL: ${statement} commits by itself where the file asks for no transaction`, { skip }, () =>
    scene("postgres", { [`${stem(1)}.up.sql`]: procedure }, async (own) => {
      await applied(own);
      await own.write({ [`${stem(2)}.up.sql`]: statement });
      const error = await refused(apply(own.options), "GW6001");
      assert.match(error.message, /invalid transaction termination.*`-- godwit: no-transaction`/s);
      assert.deepEqual(await rows(own), []);
      await own.write({
        [`${stem(2)}.up.sql`]: `${directive}UPDATE made SET id = 0;\n${statement}\nUPDATE made SET id = id + 10;`,
      });
      const steps = (await plan(own.options))?.steps ?? [];
      assert.deepEqual(
        steps.map((step) => step.kind === "sql" && step.transaction),
        [true, false, true],
      );
      await applied(own);
      assert.deepEqual(await rows(own), ["11", "12"]);
      assert.deepEqual(await historyOf(own), [`apply ${version(1)}`, `apply ${version(2)}`]);
    }),
  );
}

for (const statement of [
  "REINDEX TABLE part",
  "REINDEX INDEX part_id",
  "CLUSTER part USING part_id",
  "REINDEX TABLE made",
]) {
  test(`PostgreSQL: ${statement} runs where the file asks for no transaction`, { skip }, () =>
    scene("postgres", { [`${stem(1)}.up.sql`]: procedure + partitioned }, async (own) => {
      await applied(own);
      const node = async () =>
        (
          await own.sql(
            "SELECT pg_relation_filenode(c.oid) AS n FROM pg_class c WHERE relname = 'part1_id_idx'",
          )
        )[0]?.["n"];
      const before = await node();
      await own.write({ [`${stem(2)}.up.sql`]: `${statement};` });
      const isPartitioned = !statement.includes("made");
      if (isPartitioned) {
        const error = await refused(apply(own.options), "GW6001");
        assert.match(error.message, /cannot run inside a transaction block.*`-- godwit: no-transaction`/s);
      }
      await own.write({ [`${stem(2)}.up.sql`]: `${directive}${statement};` });
      await applied(own);
      assert.equal((await node()) !== before, isPartitioned);
    }),
  );
}

test("PostgreSQL: a CALL that fails after it committed is left to a person", { skip }, () =>
  scene("postgres", { [`${stem(1)}.up.sql`]: procedure }, async (own) => {
    await applied(own);
    await own.write({ [`${stem(2)}.up.sql`]: `${directive}CALL p(true);` });
    const key = `${version(2)}/up/1`;
    const error = await refused(apply(own.options), "GW4004");
    assert.equal(error.outcome, "unknown");
    assert.match(error.message, /told to fail/);
    await refused(apply(own.options), "GW4004");
    assert.deepEqual(await rows(own), ["1"]);
    await own.write({ [`${stem(2)}.up.sql`]: `${directive}CALL p(false);` });
    await repair({ ...own.options, notDone: [key] });
    await applied(own);
    assert.deepEqual(await rows(own), ["1", "1", "2"]);
  }),
);

test("PostgreSQL: a CALL whose record was lost is not repeated", { skip }, () =>
  scene("postgres", { [`${stem(1)}.up.sql`]: procedure }, async (own) => {
    await applied(own);
    await own.write({ [`${stem(2)}.up.sql`]: `${directive}CALL p(false);` });
    await killedAt(own, "bare:after-statement", 1);
    await refused(apply(own.options), "GW4004");
    await repair({ ...own.options, done: [`${version(2)}/up/1`] });
    await applied(own);
    assert.deepEqual(await rows(own), ["1", "2"]);
    assert.deepEqual(
      (await status(own.options)).migrations.map(({ state }) => state),
      ["applied", "applied"],
    );
  }),
);

test("PostgreSQL: a script without a transaction can CALL and REINDEX, each once", { skip }, () =>
  scene("postgres", { [`${stem(1)}.up.sql`]: procedure + partitioned }, async (own) => {
    await applied(own);
    await own.write({
      [`${stem(2)}.ts`]: `
        export const transaction = false;
        export async function up(db) {
          await db.execute("CALL p(false)");
          await db.sql\`CALL p(\${false})\`;
          await db.execute("REINDEX TABLE part");
          await db.sql\`INSERT INTO made VALUES (\${9})\`;
        }`,
    });
    await killedAt(own, "transaction:after-commit", 1);
    await applied(own);
    assert.deepEqual(await rows(own), ["1", "1", "2", "2", "9"]);
  }),
);
