import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "./error.ts";
import { validateName } from "./name.ts";

test("plain names pass, up to 63 characters", () => {
  for (const name of ["a", "_", "users", "A1_b", "x".repeat(63), "__proto__", "constructor"]) {
    assert.equal(validateName(name, "table"), name);
  }
});

const bad = [
  "",
  "1a",
  "a-b",
  "a b",
  "a;--",
  'a"b',
  "a`b",
  "a]",
  "a\\b",
  "a\n",
  "a\0",
  "$$",
  "naïve",
  "😀",
  "\u202ea",
  "x".repeat(64),
  "select",
  "SELECT",
  "Table",
  "user",
  "order",
];

test("other names are refused with GW1007", () => {
  for (const name of bad) {
    assert.throws(
      () => validateName(name, "The table"),
      (error) =>
        error instanceof GodwitError && error.code === "GW1007" && error.message.startsWith("The table "),
      JSON.stringify(name),
    );
  }
});
