import { basename, extname } from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import { GodwitError } from "../core/error.ts";
import { readBoundedFile } from "./bounded-file.ts";
import { didYouMean } from "./did-you-mean.ts";
import { configFileNames } from "./find-config.ts";
import { type ConfigFile, configSchema, topLevelKeys } from "./schema.ts";
import { type SettingKey, settingKeys, settings } from "./settings.ts";
import { parseYaml } from "./yaml-document.ts";

/*
 * This module loads valibot and yaml (17 ms): it is imported only when there is a file to read.
 */

export interface LoadedConfigFile {
  readonly path: string;
  readonly config: ConfigFile;
  /** `${…}` is replaced in data files; a TypeScript file says process.env itself. */
  readonly interpolated: boolean;
  /** `godwit.config.yaml:3: profiles.dev.url`, for messages. */
  readonly placeOf: (path: readonly string[]) => string;
}

const maxConfigBytes = 1024 * 1024;

/** Reads and checks a configuration file. Throws GW1006 when it cannot be read, GW1004 for what is in it. */
export async function readConfigFile(path: string): Promise<LoadedConfigFile> {
  const isModule = [".ts", ".mjs"].includes(extname(path));
  if (!isModule && ![".yaml", ".yml", ".json"].includes(extname(path))) {
    throw new GodwitError("GW1004", {
      message: `${path} is not a form of configuration that Godwit reads.`,
      hint: `Name it one of ${configFileNames.join(", ")}.`,
    });
  }
  const text = await readText(path);
  const { value, lines } = isModule
    ? { value: await importDefault(path), lines: new Map<string, number>() }
    : parseYaml(text, path);
  const placeOf = (keys: readonly string[]): string => {
    const line = lines.get(keys.join("."));
    // A key that is no name may be a URL with its password, in a file that is badly indented.
    const shown = keys.map((key) => (/^[\w$<-]{1,64}$/.test(key) ? key : "(no name)")).join(".");
    return `${basename(path)}${line === undefined ? "" : `:${line}`}: ${shown}`;
  };
  return { path, config: check(value ?? {}, { path, placeOf }), interpolated: !isModule, placeOf };
}

async function readText(path: string): Promise<string> {
  const content = await readBoundedFile(path, maxConfigBytes);
  if ("text" in content) return content.text;
  throw new GodwitError("GW1006", {
    message: `The configuration file ${path} is ${content.problem}.`,
    details: { file: path },
  });
}

async function importDefault(path: string): Promise<unknown> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    throw new GodwitError("GW1004", {
      message: `${path} could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
      details: { file: path },
    });
  }
  if (module.default !== undefined) return module.default;
  throw new GodwitError("GW1004", {
    message: `${path} has no default export.`,
    hint: "Write `export default defineConfig({ … })`.",
    details: { file: path },
  });
}

interface CheckContext {
  readonly path: string;
  readonly placeOf: (keys: readonly string[]) => string;
}

function check(value: unknown, context: CheckContext): ConfigFile {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw configError(`${context.path}: the configuration is no map of keys and values.`, [], context);
  }
  refuseInherited(value, [], context);
  const result = v.safeParse(configSchema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const keys = (result.issues[0].path ?? []).map((item) => String(item.key));
  throw configError(messageOf(result.issues[0], keys, context), keys, context);
}

/** Keys that reach an object's prototype: valibot passes them over in maps, and here nothing is passed over. */
function refuseInherited(value: unknown, keys: readonly string[], context: CheckContext): void {
  if (value === null || typeof value !== "object" || keys.length > 8) return;
  for (const key of Object.keys(value)) {
    const inner = [...keys, key];
    if (key === "__proto__" || key === "constructor" || key === "prototype") {
      throw configError(`${context.placeOf(inner)} is an unknown key.`, inner, context);
    }
    refuseInherited((value as Readonly<Record<string, unknown>>)[key], inner, context);
  }
}

function messageOf(issue: v.BaseIssue<unknown>, keys: readonly string[], context: CheckContext): string {
  const place = context.placeOf(keys);
  const key = keys.at(-1) ?? "";
  const inProfile = keys[0] === "profiles";
  if (issue.kind === "schema" && issue.type === "strict_object" && issue.expected === "never") {
    return `${place} is an unknown key${didYouMean(key, inProfile ? settingKeys : topLevelKeys) || "."}`;
  }
  if (inProfile && keys.length === 2) {
    return `${place}: expected a name of letters, digits, - and _, with a map of settings.`;
  }
  if (key === "profiles") return `${place}: expected a map of profiles.`;
  if (key === "profile") return `${place}: expected the name of a profile.`;
  const setting = Object.hasOwn(settings, key) ? settings[key as SettingKey] : undefined;
  return `${place}: expected ${setting?.expects ?? "a string"}.`;
}

function configError(message: string, keys: readonly string[], context: CheckContext): GodwitError {
  return new GodwitError("GW1004", { message, details: { file: context.path, key: keys.join(".") } });
}
