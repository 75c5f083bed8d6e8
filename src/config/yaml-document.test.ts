import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { parseYaml } from "./yaml-document.ts";

const laughs = Array.from({ length: 12 }, (_, i) =>
  i === 0 ? "k0: &k0 [x, x, x, x, x, x]" : `k${i}: &k${i} [${`*k${i - 1}, `.repeat(6)}]`,
).join("\n");

const refused: readonly [string, string, RegExp][] = [
  ["duplicate key", "a: 1\nb: 2\na: 3", /x\.yaml:3: the key "a" is given twice/],
  ["duplicate key in JSON", '{"a": 1,\n"a": 2}', /x\.yaml:2: the key "a" is given twice/],
  ["aliases that multiply", laughs, /too many parts/],
  ["an alias of itself", "a: &a [*a]", /nested too deeply/],
  ["an unknown alias", "a: *b", /\*b has no anchor/],
  ["2^53 + 1", "a: 9007199254740993", /x\.yaml:1: a number is too large/],
  ["-2^53", "a: -9007199254740992", /too large/],
  ["2^53 as a float", "a: 9007199254740993.0", /too large/],
  ["infinity", "a: 1e400", /too large/],
  ["not a number", "a: .nan", /too large/],
  ["a tag", "a: !!js/function x", /tags/],
  ["two documents", "a: 1\n---\nb: 2", /more than one document/],
  ["a key that is no string", "[a]: 1", /a key is no string/],
  ["depth", "[".repeat(20_000), /nested too deeply|not valid/],
  ["closed depth", `a: ${"[".repeat(40)}${"]".repeat(40)}`, /nested too deeply/],
  ["many keys", Array.from({ length: 20_000 }, (_, i) => `k${i}: v`).join("\n"), /too many parts/],
  ["broken text", "a: 'secret\nb", /not valid YAML/],
  ["tab", "a:\n\tb: 1", /./],
];

test("hostile and broken documents are refused with GW1004, without their text", () => {
  for (const [name, text, message] of refused) {
    assert.throws(
      () => parseYaml(text, "x.yaml"),
      (error) =>
        error instanceof GodwitError &&
        error.code === "GW1004" &&
        message.test(error.message) &&
        !error.message.includes("secret"),
      name,
    );
  }
});

test("documents are plain values with the lines of their keys", () => {
  const { value, lines } = parseYaml("# c\na: 1\np:\n  b: [x, 2, true, null, yes]\n  c: 0x1F\n", "x.yaml");
  assert.equal(JSON.stringify(value), '{"a":1,"p":{"b":["x",2,true,null,"yes"],"c":31}}');
  assert.deepEqual(Object.fromEntries(lines), { a: 2, p: 3, "p.b": 4, "p.c": 5 });
  assert.equal(parseYaml("", "x.yaml").value, null);
});

test("merges and __proto__ are plain keys, whatever version the document claims", () => {
  for (const head of ["", "%YAML 1.1\n---\n"]) {
    const { value } = parseYaml(`${head}a: &a {__proto__: {x: yes}}\n<<: *a`, "x.yaml");
    assert.equal(JSON.stringify(value), '{"a":{"__proto__":{"x":"yes"}},"<<":{"__proto__":{"x":"yes"}}}');
    assert.equal(({} as { x?: unknown }).x, undefined);
  }
});
