import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { forgetSecrets, redact } from "../core/secret.ts";
import { commandSpecs } from "./command-specs.ts";
import { parseArguments, type ParsedCommand } from "./program.ts";
import { inspectPasswords } from "./usage-error.ts";

function parsed(...argv: string[]): ParsedCommand {
  const result = parseArguments(argv);
  assert.ok("command" in result, "printed instead of parsed");
  return result;
}

function complaint(work: () => unknown): GodwitError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof GodwitError);
    assert.equal(error.code, "GW1001");
    return error;
  }
  throw new assert.AssertionError({ message: "no complaint" });
}

test("options of every command may stand before or after its name", () => {
  const { command, options } = parsed("--json", "--url=a", "apply", "--to", "7", "--migrations", "m");
  assert.equal(command.name, "apply");
  assert.equal(options.json, true);
  assert.equal(options.url, "a");
  assert.equal(options.to, "7");
  assert.equal(options.migrations, "m");
});

test("values are read by their kind", () => {
  assert.equal(parsed("apply", "--wait", "5m").options.wait, 300_000);
  assert.equal(parsed("apply", "--lock-timeout", "2s").options.lockTimeout, "2s");
  assert.equal(parsed("apply", "--no-schema-file").options.schemaFile, false);
  assert.equal(parsed("rollback", "--steps", "3").options.steps, 3);
  assert.deepEqual(parsed("repair", "--accept", "1", "2", "--json").options.accept, ["1", "2"]);
  assert.equal(parsed("new", "add_orders").arguments[0], "add_orders");
});

test("what is misspelt, missing or malformed is refused with the nearest word", () => {
  const message = (...argv: string[]) => complaint(() => parseArguments(argv)).message;
  assert.equal(message("aplpy"), 'there is no command "aplpy"; did you mean "apply"?');
  assert.equal(message("stat"), 'there is no command "stat"; did you mean "status"?');
  assert.equal(message("apply", "--tto", "1"), 'godwit apply has no option --tto; did you mean "--to"?');
  assert.match(message("apply", "--wait", "5"), /^--wait is "5": expected a duration/);
  assert.match(message("apply", "--lock-timeout", "soon"), /^--lock-timeout is "soon"/);
  assert.match(message("rollback", "--steps", "-1"), /^--steps|argument missing/);
  assert.match(message("copy", "a", "b", "--chunk-size", "0MB"), /^--chunk-size is "0MB"/);
  assert.match(message("new"), /missing required argument 'NAME'/);
  assert.match(message("status", "x"), /too many arguments/);
  assert.match(message("apply", "--to"), /argument missing/);
});

test("a size may have a unit", () => {
  for (const [text, bytes] of [
    ["4096", 4096],
    ["8k", 8192],
    ["16MB", 16 << 20],
    ["1gb", 1 << 30],
  ] as const) {
    const result = parseArguments(["copy", "a", "b", "--chunk-size", text]);
    assert.equal("options" in result && result.options.chunkSize, bytes);
  }
});

test("a secret after a misspelt option is not repeated", () => {
  assert.doesNotMatch(
    complaint(() => parseArguments(["apply", "--ulr=postgres://u:geheim@h/d"])).message,
    /geheim/,
  );
});

test("passwords have no option, and URLs with one are noticed", () => {
  try {
    for (const argv of [["--password", "geheim1"], ["apply", "--password=geheim2"], ["--passwd=geheim3"]]) {
      complaint(() => inspectPasswords(argv));
    }
    assert.equal(redact("geheim1 geheim2 geheim3"), "*** *** ***");
    assert.equal(inspectPasswords(["apply", "--url", "postgres://u:geheim4@h/d"]), true);
    assert.equal(inspectPasswords(["apply", "--url=mysql://u@h/d?password=geheim5"]), true);
    assert.equal(redact("geheim4 geheim5"), "*** ***");
    assert.equal(inspectPasswords(["apply", "--url=postgres://u@h:5432/d"]), false);
    assert.equal(inspectPasswords(["apply"]), false);
  } finally {
    forgetSecrets();
  }
});

test("help is printed where it was asked for", () => {
  for (const argv of [["--help"], ["help"], ["apply", "--help"], ["help", "apply"], ["--version"]]) {
    const result = parseArguments(argv);
    assert.ok("text" in result && result.wanted && result.text !== "", argv.join(" "));
  }
  const nothing = parseArguments([]);
  assert.ok("text" in nothing && !nothing.wanted);
});

test("every command's help has its examples, and each example is a valid command line", () => {
  for (const { name, examples } of commandSpecs) {
    const help = parseArguments([name, "--help"]);
    assert.ok("text" in help);
    for (const { command } of examples) {
      assert.ok(help.text.includes(command), command);
      const argv = (/godwit ([^&|>)"]+)/.exec(command)?.[1] ?? "").trim().split(/\s+/);
      assert.ok("command" in parseArguments(argv), command);
    }
  }
});
