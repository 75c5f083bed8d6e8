import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, rollback, status, redo, repair } from "../../src/index.ts";
import { targets } from "../support/servers.ts";
import { scene, tables, refused, tableNames, historyOf, stem, version } from "./scene.ts";
for (const { name, skip } of targets) {
  test(`${name}: apply fails at 2, rollback 1, apply again`, { skip }, () => scene(name, { ...tables(1), [`${stem(2)}.up.sql`]: "CREATE TABLE t1 (id int);" }, async (own) => {
    await refused(apply(own.options), "GW6001");
    await rollback(own.options);
    assert.deepEqual(await tableNames(own), []);
    await own.write({ [`${stem(2)}.up.sql`]: "CREATE TABLE t2 (id int);" });
    await apply(own.options);
    assert.deepEqual(await tableNames(own), ["t1", "t2"]);
  }));
  test(`${name}: redo on empty`, { skip }, () => scene(name, { ...tables(1) }, async (own) => {
    await redo(own.options);
    assert.deepEqual(await tableNames(own), []);
  }));
  test(`${name}: to R`, { skip }, () => scene(name, { ...tables(1), "R__v.sql": "SELECT 1;" }, async (own) => {
    await refused(apply({ ...own.options, to: "R__v" }), "GW2013");
  }));
  test(`${name}: fails at 2, forget 1, apply again`, { skip }, () => scene(name, { ...tables(1), [`${stem(2)}.up.sql`]: "CREATE TABLE t1 (id int);" }, async (own) => {
    await refused(apply(own.options), "GW6001");
    await repair({ ...own.options, forget: [version(1)] });
    await own.sql("DROP TABLE t1");
    await own.write({ [`${stem(2)}.up.sql`]: "CREATE TABLE t2 (id int);" });
    await apply(own.options);
    assert.deepEqual(await tableNames(own), ["t1", "t2"]);
  }));
}
