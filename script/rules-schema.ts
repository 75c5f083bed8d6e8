/** Writes the JSON schema of the short rules to docs/reference/rules.schema.json; with --check, fails when it is out of date. */
import { readFileSync, writeFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { shortRulesSchema } from "../src/copy/rules/short/schema.ts";

const schema = toJsonSchema(shortRulesSchema, {
  target: "draft-2020-12",
  // JSON Schema has no flags for what is one character.
  ignoreActions: ["regex"],
});
const text = `${JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", title: "Godwit mapping rules", ...schema }, null, 2)}\n`;
const path = new URL("../docs/reference/rules.schema.json", import.meta.url);

if (!process.argv.includes("--check")) writeFileSync(path, text);
else if (readFileSync(path, "utf8") !== text) {
  console.error("docs/reference/rules.schema.json is out of date: run node script/rules-schema.ts");
  process.exitCode = 1;
}
