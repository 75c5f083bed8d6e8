import assert from "node:assert/strict";
import { test } from "node:test";
import { synchronousNames } from "./signal-replicas.ts";

/* Forms of synchronous_standby_names: https://www.postgresql.org/docs/current/runtime-config-replication.html */
for (const [setting, names] of [
  ["", []],
  ["*", []],
  ["a", ["a"]],
  ["a, b", ["a", "b"]],
  ["FIRST 2 (a, b ,c)", ["a", "b", "c"]],
  ["ANY 1 (a,*)", ["a"]],
  ['2 ("node one", "say ""hi""", db-3)', ["node one", 'say "hi"', "db-3"]],
] as const) {
  test(`standbys of ${JSON.stringify(setting)}`, () => assert.deepEqual(synchronousNames(setting), names));
}
