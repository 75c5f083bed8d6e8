/** Writes the JSON schema of the configuration to docs/reference/config.schema.json; with --print, to stdout. */
import { mkdirSync, writeFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { configSchema } from "../src/config/schema.ts";
import { settingKeys, settings } from "../src/config/settings.ts";

const schema = toJsonSchema(configSchema, { target: "draft-2020-12" });
for (const key of settingKeys) {
  const property = key.split(".").reduce<unknown>(propertyOf, schema);
  // Defaults are applied last of all sources, so the schema of a file only tells them.
  if (settings[key].default !== null) Object.assign(property as object, { default: settings[key].default });
}
const text = `${JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", title: "Godwit configuration", ...schema }, null, 2)}\n`;

if (process.argv.includes("--print")) {
  process.stdout.write(text);
} else {
  const folder = new URL("../docs/reference/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL("config.schema.json", folder), text);
}

function propertyOf(object: unknown, name: string): unknown {
  return (object as { readonly properties: Readonly<Record<string, unknown>> }).properties[name];
}
