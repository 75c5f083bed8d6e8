import { resolve } from "node:path";
import { readBoundedFile } from "../config/bounded-file.ts";
import { parseJson } from "../config/json-document.ts";
import { parseYaml } from "../config/yaml-document.ts";
import { type MappingRules, readRules } from "../copy/index.ts";
import { GodwitError } from "../core/error.ts";

/** What DMS takes at most. */
const maxBytes = 2 * 1024 * 1024;

/** Reads files of mapping rules: JSON where a file begins as JSON does, else YAML. Throws GW7008. */
export async function readRulesFiles(files: string | readonly string[], cwd: string): Promise<MappingRules> {
  const documents = [];
  for (const file of typeof files === "string" ? [files] : files) {
    const found = await readBoundedFile(resolve(cwd, file), maxBytes);
    if ("problem" in found) {
      throw new GodwitError("GW7008", {
        message: `${file}: the file is ${found.problem}`,
        details: { file },
      });
    }
    documents.push({ file, value: valueOf(found.text, file) });
  }
  return readRules(documents);
}

function valueOf(text: string, file: string): unknown {
  try {
    if (/^\s*[{[]/.test(text)) return parseJson(text, file);
    return parseYaml(text, file, { maxNodes: 100_000, digits: true }).value;
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    throw new GodwitError("GW7008", { message: error.message, details: error.details, cause: error });
  }
}
