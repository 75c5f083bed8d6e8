import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { commandSpecs } from "../../src/cli/command-specs.ts";
import { godwit } from "../support/cli.ts";

function shell(name: string, args: readonly string[], input: string) {
  return spawnSync(name, args, { input, encoding: "utf8", timeout: 20_000 });
}

for (const name of ["bash", "zsh", "fish"]) {
  const skip = shell(name, ["-c", "true"], "").status === 0 ? false : `${name} is not installed`;
  test(`the completion for ${name} is a script that it reads`, { skip }, async () => {
    const { stdout, code } = await godwit(["completion", name]);
    assert.equal(code, 0);
    const parsed = shell(name, ["-n"], stdout);
    assert.deepEqual([parsed.status, parsed.stderr], [0, ""]);
  });
}

for (const name of ["zsh", "fish"]) {
  test(`the completion for ${name} names every command and its options`, async () => {
    const { stdout } = await godwit(["completion", name]);
    for (const command of commandSpecs) {
      assert.ok(stdout.includes(command.name), command.name);
      for (const option of command.options) assert.ok(stdout.includes(option.name.slice(2)), option.name);
    }
  });
}

test("bash completes commands, options and choices", async () => {
  const { stdout } = await godwit(["completion", "bash"]);
  const complete = (...words: string[]): string[] => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const program = `${stdout}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _godwit; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout: replies, status, stderr } = shell("bash", ["--norc", "-u"], program);
    assert.deepEqual([status, stderr], [0, ""]);
    return replies.split("\n").filter((reply) => reply !== "");
  };
  assert.deepEqual(complete("godwit", "re"), ["rehearse", "redo", "repair", "report"]);
  assert.ok(complete("godwit", "").includes("apply"));
  assert.deepEqual(complete("godwit", "apply", "--lock"), ["--lock-timeout", "--lock-retries"]);
  assert.deepEqual(complete("godwit", "--url", "apply", "st"), ["status"], "a value is no command");
  assert.deepEqual(complete("godwit", "completion", "f"), ["fish"]);
  assert.deepEqual(complete("godwit", "explain", "GW101"), []);
  assert.deepEqual(complete("godwit", "explain", "GW400").slice(0, 2), ["GW4001", "GW4002"]);
  assert.deepEqual(complete("godwit", "help", "ap"), ["approve", "apply"]);
  assert.deepEqual(complete("godwit", "apply", "--to", ""), []);
  assert.deepEqual(complete("godwit", "status", "--migrations", "/us"), ["/usr"]);
});
