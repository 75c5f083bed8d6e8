import assert from "node:assert/strict";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readRulesFiles } from "./rules-files.ts";

const mapping = {
  rules: [
    {
      "rule-type": "selection",
      "rule-id": "1",
      "rule-name": "all",
      "object-locator": { "schema-name": "%", "table-name": "%" },
      "rule-action": "include",
    },
  ],
};

const files: Readonly<Record<string, string | Uint8Array>> = {
  "mapping.json": JSON.stringify(mapping, null, "\t"),
  "settings.json": JSON.stringify({ FullLoadSettings: { MaxFullLoadSubTasks: 4 } }),
  // What a file is, its content says.
  "mapping.txt": `\n  ${JSON.stringify(mapping)}`,
  "short.yaml": "# ours\nskip: [audit_*]\ntables:\n  a: { filter: id > 9007199254740993 }\n",
  "as-yaml.yaml": `rules:\n  - rule-type: selection\n    rule-id: 1\n    rule-action: include\n    object-locator: { schema-name: "%", table-name: "%" }\n`,
  "empty.yaml": "",
  "twice.json": '{"rules": [], "rules": []}',
  "broken.yaml": "a: [",
  "bytes.json": new Uint8Array([0xff, 0xfe]),
};

async function read(...names: readonly string[]) {
  using folder = mkdtempDisposableSync(join(tmpdir(), "godwit-rules-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  return await readRulesFiles(names, folder.path);
}

test("each file is told by its content", async () => {
  assert.equal((await read("mapping.json")).oneChangeEach, true);
  assert.equal((await read("mapping.txt")).oneChangeEach, true);
  assert.equal((await read("as-yaml.yaml")).oneChangeEach, true);
  const short = await read("short.yaml");
  assert.equal(short.oneChangeEach, false);
  assert.equal(short.selections.length, 2);
  assert.deepEqual((await read("mapping.json", "settings.json")).settings, { jobs: 4 });
});

const refused: Readonly<Record<string, RegExp>> = {
  "none.json": /none\.json: the file is missing/,
  "empty.yaml": /empty\.yaml: rules were expected, not null/,
  "twice.json": /twice\.json: the key "rules" is given twice in line 1/,
  "broken.yaml": /broken\.yaml:1: /,
  "bytes.json": /bytes\.json: the file is not UTF-8/,
};
for (const [name, message] of Object.entries(refused)) {
  test(`${name} is refused`, async () => {
    await assert.rejects(read(name), { code: "GW7008", message });
  });
}
