import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import * as v from "valibot";
import { parse as parseYaml, parseDocument } from "yaml";
import { commandSpecs, globalOptions } from "../../src/cli/command-specs.ts";
import { configSchema } from "../../src/config/schema.ts";
import { settingKeys, settings } from "../../src/config/settings.ts";
import { catalog } from "../../src/core/error-catalog.ts";
import * as library from "../../src/index.ts";
import { root } from "../support/cli.ts";
import { type Page, readPages } from "./markdown.ts";

/* What the pages name must exist: commands and their options, error codes, files, settings, functions. */
const pages = readPages().filter(({ path }) => !path.startsWith("docs/reference/"));

test("every command and option exists", () => {
  const wrong = pages.flatMap((page) =>
    commandsIn(page)
      .flatMap((command) => faultsOf(command))
      .map((fault) => `${page.path}: ${fault}`),
  );
  assert.deepEqual(wrong, []);
  assert.deepEqual(faultsOf("godwit aply --to 1"), ["godwit aply --to 1: no such command"]);
  assert.deepEqual(faultsOf("godwit plan --wait 5m"), ["godwit plan --wait 5m: no option --wait"]);
});

test("every error code is in the catalogue", () => {
  const wrong = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\bGW\d{4}\b/g)]
      .filter(([code]) => !Object.hasOwn(catalog, code))
      .map(([code]) => `${path}: ${code}`),
  );
  assert.deepEqual(wrong, []);
});

test("each error of connection, lock, history and statements has its way out", () => {
  const { prose = "" } = pages.find(({ path }) => path === "docs/guides/recovering.md") ?? {};
  const missing = Object.keys(catalog).filter(
    (code) => /^GW[3-6]/.test(code) && !prose.includes(`\n### ${code}\n`),
  );
  assert.deepEqual(missing, []);
});

test("every file that is named in code exists", () => {
  const wrong = pages.flatMap(({ path, prose }) =>
    [
      ...prose.matchAll(
        /`((?:src|test|script|demo|bin|docs|engines|run|migrate|cli|commands|core|config)\/[\w./*-]+)`/g,
      ),
    ]
      .map(([, name = ""]) => name)
      .filter(
        (name) =>
          !name.includes("*") && !existsSync(join(root, name)) && !existsSync(join(root, "src", name)),
      )
      .map((name) => `${path}: ${name}`),
  );
  assert.deepEqual(wrong, []);
});

test("every invariant names a test that is there", () => {
  const { text = "" } = pages.find(({ path }) => path === "ARCHITECTURE.md") ?? {};
  const section = text.slice(text.indexOf("\n## Invariants"), text.indexOf("\n## Decisions"));
  const rows = section.split("\n").filter((line) => /^\| \d+ \|/.test(line));
  assert.ok(rows.length >= 10, `${rows.length} invariants`);
  assert.deepEqual(
    rows.filter((row) => !/`(?:test|src)\/[\w./-]+\.test\.ts`/.test(row)),
    [],
  );
});

test("ARCHITECTURE.md lists the crash points that there are", () => {
  const { text = "" } = pages.find(({ path }) => path === "ARCHITECTURE.md") ?? {};
  const listed = new Set([...text.matchAll(/`([a-z]+:[a-z-]+)`/g)].map(([, name = ""]) => name));
  const sources = globSync("src/run/**/*.ts", { cwd: root }).map((path) =>
    readFileSync(join(root, path), "utf8"),
  );
  const known = new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/crashPoint\("([^"]+)"\)/g)].map(([, name = ""]) => name),
    ),
  );
  assert.ok(known.size > 10);
  assert.deepEqual(
    [...known].filter((name) => !listed.has(name)),
    [],
  );
  const section = text.slice(text.indexOf("\n## Crash points"), text.indexOf("\n## Invariants"));
  const gone = [...section.matchAll(/`([a-z]+:[a-z-]+)`/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !known.has(name));
  assert.deepEqual(gone, []);
});

test("every default that a guide gives is the program's", () => {
  const given = pages.flatMap(({ path, prose }) =>
    [...prose.matchAll(/`([a-z]+[A-Z]\w+)` \((\d+)(?: (s|min))?\)/g)].map(([, key = "", count, unit]) => ({
      path,
      key,
      count,
      unit,
    })),
  );
  assert.ok(given.length > 3);
  for (const { path, key, count, unit } of given) {
    const setting = settingKeys.find((name) => name === key);
    assert.ok(setting !== undefined, `${path}: ${key} is no setting`);
    const expected = unit === undefined ? Number(count) : `${count}${unit === "min" ? "m" : unit}`;
    assert.equal(settings[setting].default, expected, `${path}: ${key}`);
  }
});

test("YAML blocks are YAML, and configurations have the shape of one", () => {
  for (const { path, blocks } of pages) {
    for (const { language, text, line, attributes } of blocks) {
      if (language !== "yaml") continue;
      assert.deepEqual(parseDocument(text).errors, [], `${path}:${line}`);
      const isConfig = attributes.get("file")?.endsWith("godwit.config.yaml") === true || /^url:/m.test(text);
      if (isConfig) assert.ok(v.is(configSchema, parseYaml(text)), `${path}:${line} is no configuration`);
    }
  }
});

test("the library has the functions that its guide lists", () => {
  const { prose = "" } = pages.find(({ path }) => path === "docs/guides/library.md") ?? {};
  const listed = [...prose.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = ""]) => name);
  assert.ok(listed.length > 8);
  const known = new Set(Object.keys(library));
  assert.deepEqual(
    listed.filter((name) => !known.has(name)),
    [],
  );
});

/** `godwit …` in code: in prose between backticks, in blocks at the start of a command. */
function commandsIn({ prose, blocks }: Page): string[] {
  const inline = [...prose.matchAll(/`(godwit [^`]+)`/g)].map(([, command = ""]) => command);
  const lines = blocks
    .filter(({ language }) => language === "sh" || language === "console" || language === "yaml")
    .flatMap(({ text }) => text.split("\n"))
    .filter((line) => !/^\s*more:|^\s*next:|^error|^warning/.test(line))
    .flatMap((line) =>
      [...line.matchAll(/(?:^|&& |run: |npx |\$ )(godwit [^&#|]+)/g)].map(([, command = ""]) =>
        command.trim(),
      ),
    );
  return [...inline, ...lines];
}

function faultsOf(command: string): string[] {
  const [, name = "", ...words] = command.split(/\s+/);
  // "help" is the parser's own; words in capitals stand for something.
  if (name === "help" || name.startsWith("--") || !/^[a-z]/.test(name)) return [];
  const spec = commandSpecs.find((each) => each.name === name);
  if (spec === undefined) return [`${command}: no such command`];
  const known = new Set<string>([...spec.options, ...globalOptions].map((option) => option.name));
  return words
    .filter((word) => word.startsWith("--"))
    .map((word) => word.replace(/[=.,].*$/, ""))
    .filter((word) => !known.has(word))
    .map((word) => `${command}: no option ${word}`);
}
