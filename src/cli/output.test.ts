import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { forgetSecrets, registerSecret } from "../core/secret.ts";
import { eventLine, jsonLine } from "./output.ts";

test("a document is one line with its version, and 64-bit integers keep their digits", () => {
  const line = jsonLine({ type: "result", text: "a\nb", big: 9_007_199_254_740_993n });
  assert.equal(line, '{"godwit":1,"type":"result","text":"a\\nb","big":"9007199254740993"}\n');
});

test("errors inside a document are written as what they say, without their causes", () => {
  const problem = new GodwitError("GW2004", { message: "m", cause: new Error("inner") });
  const { problems } = JSON.parse(jsonLine({ problems: [problem] })) as { problems: unknown[] };
  assert.deepEqual(problems, [JSON.parse(JSON.stringify(problem.toJSON()))]);
  assert.ok(!JSON.stringify(problems).includes("inner"));
});

test("a secret is taken out of values and keys, and the document stays JSON", () => {
  registerSecret('quo"te\\d');
  try {
    const line = jsonLine({ message: 'login with quo"te\\d failed', details: { 'quo"te\\d': [1] } });
    assert.deepEqual(JSON.parse(line), {
      godwit: 1,
      message: "login with *** failed",
      details: { "***": [1] },
    });
  } finally {
    forgetSecrets();
  }
});

test("neither documents nor events hold what moves a cursor", () => {
  for (const line of [jsonLine({ text: "\u009b2J\u202e" }), eventLine({ text: "\u009b2J\u202e" })]) {
    assert.ok(line.includes(String.raw`"\u009b2J\u202e"`), line);
    assert.deepEqual(JSON.parse(line), { godwit: 1, text: "\u009b2J\u202e" });
  }
});
