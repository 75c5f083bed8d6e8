import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { forgetSecrets, redact } from "../core/secret.ts";
import { interpolate } from "./interpolate.ts";

const folder = mkdtempSync(join(tmpdir(), "godwit-interpolate-"));
after(() => rmSync(folder, { recursive: true }));
afterEach(forgetSecrets);

writeFileSync(join(folder, "secret"), "s3cr:t/x\n");
writeFileSync(join(folder, "two"), "line\n\n");
writeFileSync(join(folder, "crlf"), "line\r\n");
writeFileSync(join(folder, "empty"), "\n");
writeFileSync(join(folder, "binary"), Buffer.from([0xff, 0xfe]));
writeFileSync(join(folder, "big"), "x".repeat(65 * 1024));

const values: Record<string, string> = { A: "1", EMPTY: "", SELF: "${SELF}", PW: "p@ss", _B2: "b" };
const env = new Map(Object.entries(values).map(([name, value]) => [name, { value, file: null }]));
const context = {
  env,
  file: join(folder, "godwit.config.yaml"),
  what: "godwit.config.yaml:1: url",
  url: false,
};

const good: readonly [string, string][] = [
  ["", ""],
  ["plain $ $1 {x} }", "plain $ $1 {x} }"],
  ["${A}", "1"],
  ["x${A}y${_B2}z", "x1ybz"],
  ["${NO:-d}", "d"],
  ["${NO:-}", ""],
  ["${EMPTY:-d}", "d"],
  ["${A:-d}", "1"],
  ["${NO:-a:-b $(id)}", "a:-b $(id)"],
  ["$${A}", "${A}"],
  ["$$${A}", "$${A}"],
  ["$$", "$$"],
  ["${SELF}", "${SELF}"],
  ["${file:secret}", "s3cr:t/x"],
  ["${file:./crlf}", "line"],
  ["${file:two}", "line\n"],
];

test("references are replaced once", async () => {
  for (const [text, expected] of good) assert.equal(await interpolate(text, context), expected, text);
});

test("in a URL, what stands for the user or the password is encoded; the rest is not", async () => {
  const url = { ...context, url: true };
  const cases: readonly [string, string][] = [
    ["postgresql://${PW}:${file:secret}@${A}/${PW}", "postgresql://p%40ss:s3cr%3At%2Fx@1/p@ss"],
    ["postgresql://u:${NO:-a@b}@h/d", "postgresql://u:a%40b@h/d"],
    ["postgresql://${A}/d", "postgresql://1/d"],
    ["${PW}", "p@ss"],
  ];
  for (const [text, expected] of cases) assert.equal(await interpolate(text, url), expected, text);
});

test("a file's text is a secret from then on", async () => {
  await interpolate("${file:secret}", context);
  assert.equal(redact("s3cr:t/x s3cr%3At%2Fx"), "*** ***");
});

const bad: readonly [string, string][] = [
  ["${NO}", "GW1005"],
  ["${EMPTY}", "GW1005"],
  ["${file:missing}", "GW1005"],
  ["${file:.}", "GW1005"],
  ["${file:empty}", "GW1005"],
  ["${file:binary}", "GW1005"],
  ["${file:big}", "GW1005"],
  ["${file:/dev/zero}", "GW1005"],
  ["${file:secret/x}", "GW1005"],
  ["${file:}", "GW1004"],
  ["${", "GW1004"],
  ["${A", "GW1004"],
  ["${}", "GW1004"],
  ["${A-B}", "GW1004"],
  ["${1A}", "GW1004"],
  ["${A:-${B}}", "GW1004"],
  ["${A:?x}", "GW1004"],
  ["${cmd:id}", "GW1004"],
  ["${$(id)}", "GW1004"],
];

test("what is unset or malformed is refused", async () => {
  for (const [text, code] of bad) {
    await assert.rejects(
      interpolate(text, context),
      (error) => error instanceof GodwitError && error.code === code && error.message.includes(context.what),
      text,
    );
  }
});
