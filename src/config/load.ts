import { dirname, resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import { registerUrlPassword } from "./connection-url.ts";
import { didYouMean } from "./did-you-mean.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { findConfig } from "./find-config.ts";
import { interpolate } from "./interpolate.ts";
import type { LoadedConfigFile } from "./read-config-file.ts";
import { type Layer, type LayerValue, type ResolvedConfig, resolveConfig, type Source } from "./resolve.ts";
import { type SettingKey, settingKeys } from "./settings.ts";

/** Settings given on the command line, as strings or numbers; what is undefined was not given. */
export type ConfigFlags = { readonly [K in SettingKey]?: string | number | null | undefined };

export interface LoadOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`, relative to `cwd`. */
  readonly configPath?: string | undefined;
  /** `--profile`. */
  readonly profile?: string | undefined;
  readonly flags?: ConfigFlags | undefined;
}

/** Which variables give which setting, the first that is set winning. */
const variables: Readonly<Partial<Record<SettingKey, readonly string[]>>> = {
  url: ["GODWIT_URL", "DATABASE_URL"],
  migrations: ["GODWIT_MIGRATIONS"],
};

/**
 * Finds, reads and resolves the configuration: flag, then environment (`.env` last), then profile, then file, then
 * default. Values that are not used are not resolved, so another profile's unset variables do no harm.
 * Throws GW1001 (flags), GW1004 (files), GW1005 (unset variables), GW1006 (missing files).
 */
export async function loadConfig(options: LoadOptions): Promise<ResolvedConfig> {
  const path = configPath(options);
  // Loading the parsers takes longer than all the rest, so a project without a file does not pay for it.
  const file = path === null ? null : await (await import("./read-config-file.ts")).readConfigFile(path);
  const folder = path === null ? resolve(options.cwd) : dirname(path);
  const env = await readEnvironment(options.env, folder);
  const profile = profileOf(options, env, file);

  const flags = flagLayer(options);
  const environment = environmentLayer(env, resolve(options.cwd), flags);
  const profileValues = file === null || profile === null ? null : fileLayer(file, env, profile);
  const layers = [
    flags,
    environment,
    ...(profileValues === null ? [] : [profileValues]),
    ...(file === null ? [] : [fileLayer(file, env, null)]),
  ];
  await refuseTwoDatabases(options, layers, profileValues, profile);
  const config = await resolveConfig(layers, {
    folder,
    file: path,
    profile,
    searched: searchedPlaces(options, path, profile),
    notices: noticesOf(layers, profileValues, profile),
  });
  if (config.url !== null) registerUrlPassword(config.url);
  return config;
}

function configPath(options: LoadOptions): string | null {
  if (options.configPath !== undefined) return resolve(options.cwd, options.configPath);
  const variable = options.env.GODWIT_CONFIG;
  if (variable === "") throw emptyVariable("GODWIT_CONFIG");
  return variable === undefined ? findConfig(options.cwd) : resolve(options.cwd, variable);
}

function profileOf(options: LoadOptions, env: Environment, file: LoadedConfigFile | null): string | null {
  const variable = env.get("GODWIT_PROFILE")?.value;
  if (options.profile === undefined && variable === "") throw emptyVariable("GODWIT_PROFILE");
  const name = options.profile ?? variable ?? file?.config.profile ?? null;
  if (name === null) return null;
  if (file === null) {
    throw new GodwitError("GW1006", {
      message: `The profile ${JSON.stringify(name)} is asked for, but there is no configuration file.`,
      details: { profile: name },
    });
  }
  const profiles = file.config.profiles ?? {};
  if (Object.hasOwn(profiles, name)) return name;
  const names = Object.keys(profiles);
  throw new GodwitError("GW1004", {
    message: `${file.path} has no profile ${JSON.stringify(name)}${didYouMean(name, names) || "."}`,
    hint: names.length === 0 ? "It has no profiles." : `It has: ${names.join(", ")}.`,
    details: { profile: name, profiles: names },
  });
}

function flagLayer(options: LoadOptions): Layer {
  const values = new Map<SettingKey, LayerValue>();
  for (const key of settingKeys) {
    const value = options.flags?.[key];
    if (value === undefined) continue;
    const what = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const place = { what, code: "GW1001", folder: resolve(options.cwd) } as const;
    values.set(key, { source: "flag", place, value: async () => value });
  }
  return { values };
}

function environmentLayer(env: Environment, cwd: string, flags: Layer): Layer {
  const values = new Map<SettingKey, LayerValue>();
  for (const key of settingKeys) {
    if (flags.values.has(key)) continue;
    for (const name of variables[key] ?? []) {
      const variable = env.get(name);
      if (variable === undefined) continue;
      // An unset secret of a CI system is an empty variable: to go on would reach another database.
      if (variable.value === "") throw emptyVariable(name);
      const source: Source = variable.file === null ? "environment" : `file ${variable.file}`;
      const folder = variable.file === null ? cwd : dirname(variable.file);
      const place = { what: `The variable ${name}`, code: "GW1004", folder } as const;
      values.set(key, { source, place, value: async () => variable.value });
      break;
    }
  }
  return { values };
}

function fileLayer(file: LoadedConfigFile, env: Environment, profile: string | null): Layer {
  const section = profile === null ? file.config : (file.config.profiles?.[profile] ?? {});
  const source: Source = profile === null ? `file ${file.path}` : `profile ${profile}`;
  const values = new Map<SettingKey, LayerValue>();
  for (const key of settingKeys) {
    const value = section[key];
    if (value === undefined) continue;
    const what = file.placeOf(profile === null ? [key] : ["profiles", profile, key]);
    const place = { what, code: "GW1004", folder: dirname(file.path) } as const;
    const context = { env, file: file.path, what, url: key === "url" };
    const replaced = file.interpolated && typeof value === "string";
    values.set(key, { source, place, value: async () => (replaced ? interpolate(value, context) : value) });
  }
  return { values };
}

function searchedPlaces(options: LoadOptions, path: string | null, profile: string | null): string[] {
  return [
    "--url",
    "GODWIT_URL",
    "DATABASE_URL",
    ...(profile === null ? [] : [`the profile ${profile}`]),
    path ?? `godwit.config.* in ${resolve(options.cwd)} and the folders above it`,
  ];
}

/**
 * A profile that was asked for names one database and a variable that happens to be set names another: by the
 * order of settings the variable wins, and the run would reach a database that nobody meant.
 */
async function refuseTwoDatabases(
  options: LoadOptions,
  layers: readonly Layer[],
  profileValues: Layer | null,
  profile: string | null,
): Promise<void> {
  const own = profileValues?.values.get("url");
  const winner = layers.find((layer) => layer.values.has("url"))?.values.get("url");
  if (options.profile === undefined || own === undefined || winner === undefined) return;
  if (
    winner === own ||
    winner.source === "flag" ||
    (await winner.value()) === (await own.value().catch(() => null))
  ) {
    return;
  }
  throw new GodwitError("GW1004", {
    message: `--profile ${profile} names a database, and ${lowerFirst(winner.place.what)} names another.`,
    hint: "Unset the variable, pass --url, or write the profile's url as that variable.",
    details: { profile, variable: winner.place.what },
  });
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function noticesOf(layers: readonly Layer[], profileValues: Layer | null, profile: string | null): string[] {
  const winner = layers.find((layer) => layer.values.has("url"))?.values.get("url");
  if (winner === undefined || winner.source === "flag" || !profileValues?.values.has("url")) return [];
  if (winner === profileValues.values.get("url")) return [];
  const where = winner.source === "environment" ? "the environment" : winner.source.slice("file ".length);
  return [`${winner.place.what} of ${where} wins over the url of the profile ${profile}.`];
}

function emptyVariable(name: string): GodwitError {
  return new GodwitError("GW1005", {
    message: `The variable ${name} is set, but empty.`,
    hint: "Give it a value, or unset it.",
    details: { variable: name },
  });
}
