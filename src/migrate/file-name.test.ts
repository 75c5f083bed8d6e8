import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFileName } from "./file-name.ts";

const accepted: readonly [name: string, role: string, version: string, stem: string][] = [
  ["20260131093000_add_users.up.sql", "up", "20260131093000", "20260131093000_add_users"],
  ["20260131093000_add_users.down.sql", "down", "20260131093000", "20260131093000_add_users"],
  ["20260131_a.ts", "script", "20260131", "20260131_a"],
  ["00000001_A9.up.sql", "up", "1", "00000001_A9"],
  ["V1__a.sql", "up", "1", "V1__a"],
  ["V1_2__a.sql", "up", "1.2", "V1_2__a"],
  ["V1.2.0__a__b.sql", "up", "1.2", "V1.2.0__a__b"],
  ["U1_2__a.sql", "down", "1.2", "V1_2__a"],
  ["R__a_view.sql", "repeatable", "R__a_view", "R__a_view"],
];

test("names of migrations", () => {
  for (const [name, role, version, stem] of accepted) {
    const parsed = parseFileName(name);
    assert.deepEqual([parsed?.role, parsed?.version, parsed?.stem], [role, version, stem], name);
  }
});

test("names that are none", () => {
  const refused = [
    "",
    "README.md",
    "2026013_a.up.sql",
    "202601310930000_a.up.sql",
    "20260131093000_a.sql",
    "20260131093000_.up.sql",
    "20260131093000-a.up.sql",
    "20260131093000_a b.up.sql",
    "20260131093000_é.up.sql",
    "20260131093000_a.UP.SQL",
    "20260131093000_a.up.sql~",
    "20260131093000_a.up.sql\n",
    "../20260131093000_a.up.sql",
    "/20260131093000_a.up.sql",
    " 20260131093000_a.up.sql",
    "20260131093000_a.js",
    "20260131093000_a.d.ts",
    "V1_a.sql",
    "V__a.sql",
    "V1.__a.sql",
    "v1__a.sql",
    "V1__a.SQL",
    "V-1__a.sql",
    "B1__a.sql",
    "R1__a.sql",
    "R__.sql",
    "٢٠٢٦٠١٣١_a.up.sql",
  ];
  for (const name of refused) assert.equal(parseFileName(name), null, name);
});

test("a version that the ledger's column cannot hold is no version", () => {
  assert.equal(parseFileName(`V${"1".repeat(200)}__a.sql`)?.version.length, 200);
  assert.equal(parseFileName(`V${"1".repeat(201)}__a.sql`), null);
  assert.equal(parseFileName(`R__${"a".repeat(197)}.sql`)?.version.length, 200);
  assert.equal(parseFileName(`R__${"a".repeat(198)}.sql`), null);
});
