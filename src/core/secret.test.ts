import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import * as fc from "fast-check";
import {
  forgetSecrets,
  redact,
  redactDeep,
  redactionMark,
  registerSecret,
  shortestSecret,
} from "./secret.ts";

afterEach(forgetSecrets);

test("without secrets the very same value comes back", () => {
  const value = { a: ["b"] };
  assert.equal(redactDeep(value), value);
  assert.equal(redact("text"), "text");
});

test("a secret is found in each form it is written in", () => {
  const secret = `p@ss "w/ö'rd"`;
  registerSecret(secret);
  const forms = [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).toLowerCase(),
    "p%40ss%20%22w%2F%C3%B6%27rd%22",
    "p%40ss+%22w%2F%C3%B6'rd%22",
    JSON.stringify(secret).slice(1, -1),
    `p@ss "w/ö''rd"`,
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    Buffer.from(secret).toString("base64url"),
  ];
  for (const form of forms) assert.equal(redact(`<${form}>`), `<${redactionMark}>`, form);
});

test("overlapping secrets leave no rest", () => {
  registerSecret("abcd");
  registerSecret("abcdefgh");
  registerSecret("ghijkl");
  assert.equal(redact("-abcdefghijkl-abcd-"), "-***-***-");
});

test("values too short to be redacted are left alone, and said so", () => {
  assert.equal(registerSecret("abc"), false);
  assert.equal(registerSecret(""), false);
  assert.equal(redact("abcabc"), "abcabc");
});

test("redactDeep reaches strings and keys, keeps other values, and cannot be used to set a prototype", () => {
  registerSecret("hunter2!");
  const date = new Date(0);
  const input: unknown = JSON.parse(`{"__proto__":{"a":"x hunter2!"},"hunter2!":[1,null,true,"hunter2!"]}`);
  const result = redactDeep({ input, date, n: 9007199254740993n }) as Record<string, unknown>;
  assert.equal(result.date, date);
  assert.equal(result.n, 9007199254740993n);
  assert.equal(JSON.stringify(result.input), `{"__proto__":{"a":"x ***"},"***":[1,null,true,"***"]}`);
});

test("property: no registered value survives in any text around it", () => {
  // Secrets made of the mark itself are left out: "**" + "*" would make one anew.
  const secret = fc.string({ unit: "grapheme", minLength: shortestSecret, maxLength: 20 });
  const clean = secret.filter((text) => !text.includes("*") && text.length >= shortestSecret);
  fc.assert(
    fc.property(
      fc.array(clean, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(3)),
      fc.string(),
      (all, order, glue) => {
        forgetSecrets();
        for (const value of all) registerSecret(value);
        const text = order.map((i) => all[i % all.length]).join(glue);
        const result = redact(text);
        for (const value of all) assert.ok(!result.includes(value));
      },
    ),
    { numRuns: 200 },
  );
});
