import assert from "node:assert/strict";
import { test } from "node:test";
import { readGrants } from "./grants.ts";

test("server, database and pattern grants", () => {
  const grants = readGrants(
    [
      "GRANT PROCESS, SELECT ON *.* TO `u`@`%`",
      "GRANT CREATE, ALTER ON `my\\_app`.* TO `u`@`%`",
      "GRANT DROP ON `my%`.* TO `u`@`%` WITH GRANT OPTION",
      "GRANT INDEX ON `other`.* TO `u`@`%`",
      "GRANT TRIGGER ON `my_app`.`one_table` TO `u`@`%`",
      "GRANT `role`@`%` TO `u`@`%`",
    ],
    "my_app",
  );
  for (const privilege of ["SELECT", "CREATE", "ALTER", "DROP"])
    assert.equal(grants.inDatabase(privilege), true, privilege);
  for (const privilege of ["INDEX", "TRIGGER", "INSERT"])
    assert.equal(grants.inDatabase(privilege), false, privilege);
  assert.equal(grants.onServer("PROCESS"), true);
  assert.equal(grants.onServer("CREATE"), false);
});

test("an escaped underscore is itself only", () => {
  assert.equal(readGrants(["GRANT DROP ON `a\\_b`.* TO `u`@`%`"], "axb").inDatabase("DROP"), false);
  assert.equal(readGrants(["GRANT DROP ON `a_b`.* TO `u`@`%`"], "axb").inDatabase("DROP"), true);
  assert.equal(readGrants(["GRANT DROP ON `a.b`.* TO `u`@`%`"], "axb").inDatabase("DROP"), false);
});

test("ALL PRIVILEGES holds all, less what is revoked for the database", () => {
  const all = readGrants(["GRANT ALL PRIVILEGES ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*X'"], "d");
  assert.equal(all.inDatabase("EVENT"), true);
  const partly = readGrants(
    ["GRANT INSERT, DROP ON *.* TO `u`@`%`", "REVOKE DROP ON `d`.* FROM `u`@`%`"],
    "d",
  );
  assert.deepEqual([partly.inDatabase("INSERT"), partly.inDatabase("DROP")], [true, false]);
});

test("a column list is no privilege of the whole", () => {
  assert.equal(readGrants(["GRANT SELECT (a, b) ON `d`.* TO `u`@`%`"], "d").inDatabase("SELECT"), false);
});
