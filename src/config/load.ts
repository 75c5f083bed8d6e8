import { dirname, join, resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import { registerUrlPassword } from "./connection-url.ts";
import { didYouMean } from "./did-you-mean.ts";
import { type Environment, firstVariable, readEnvironment, urlVariables } from "./environment.ts";
import { findConfig } from "./find-config.ts";
import type { GuardKey } from "./guard-settings.ts";
import { interpolate, type InterpolationContext } from "./interpolate.ts";
import type { LoadedConfigFile } from "./read-config-file.ts";
import type { ReceiverKey } from "./receiver-settings.ts";
import { type Layer, type LayerValue, type ResolvedConfig, resolveConfig, type Source } from "./resolve.ts";
import { type SettingKey, settingKeys } from "./settings.ts";

/** Settings given on the command line, as strings or numbers; what is undefined was not given. */
export type ConfigFlags = {
  readonly [K in Exclude<SettingKey, GuardKey | ReceiverKey>]?: string | number | null | undefined;
};

export interface LoadOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`, relative to `cwd`. */
  readonly configPath?: string | undefined;
  /** `--profile`. */
  readonly profile?: string | undefined;
  readonly flags?: ConfigFlags | undefined;
  /** The settings that are used. The others keep their defaults: what they refer to need not be set. Default all. */
  readonly only?: readonly SettingKey[] | undefined;
}

/** Where a password that is put into a URL is percent-encoded. */
const urlKeys: ReadonlySet<SettingKey> = new Set<SettingKey>(["url", "staging", "scratch", "guard.replicas"]);

/** Which variables give which setting; `firstVariable` chooses. */
const variables: Readonly<Partial<Record<SettingKey, readonly string[]>>> = {
  url: urlVariables,
  migrations: ["GODWIT_MIGRATIONS"],
};

/**
 * Finds, reads and resolves the configuration: flag, then real variables, then those of `.env`, then profile, then file, then
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

  const used = options.only ?? settingKeys;
  const flags = flagLayer(options, used);
  const environment = environmentLayer(env, { cwd: resolve(options.cwd), flags, used });
  const profileValues = file === null || profile === null ? null : fileLayer(file, { env, profile, used });
  const layers = [
    flags,
    environment,
    ...(profileValues === null ? [] : [profileValues]),
    ...(file === null ? [] : [fileLayer(file, { env, profile: null, used })]),
  ];
  await refuseTwoDatabases(askedProfile(options, env), layers, profileValues);
  const config = await resolveConfig(layers, {
    folder,
    file: path,
    profile,
    searched: searchedPlaces(folder, path, profile),
    notices: [...noticesOf(layers, profileValues, profile), ...dotenvNotices(layers, env)],
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

function flagLayer(options: LoadOptions, used: readonly SettingKey[]): Layer {
  const values = new Map<SettingKey, LayerValue>();
  for (const key of used) {
    const value = (options.flags as Partial<Record<SettingKey, string | number | null>> | undefined)?.[key];
    if (value === undefined) continue;
    const what = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const place = { what, code: "GW1001", folder: resolve(options.cwd) } as const;
    values.set(key, { source: "flag", place, value: async () => value });
  }
  return { values };
}

function environmentLayer(
  env: Environment,
  { cwd, flags, used }: { readonly cwd: string; readonly flags: Layer; readonly used: readonly SettingKey[] },
): Layer {
  const values = new Map<SettingKey, LayerValue>();
  for (const key of used) {
    if (flags.values.has(key)) continue;
    const variable = firstVariable(env, variables[key] ?? []);
    if (variable === undefined) continue;
    // An unset secret of a CI system is an empty variable: to go on would reach another database.
    if (variable.value === "") throw emptyVariable(variable.name);
    const source: Source = variable.file === null ? "environment" : `file ${variable.file}`;
    const folder = variable.file === null ? cwd : dirname(variable.file);
    const place = { what: `The variable ${variable.name}`, code: "GW1004", folder } as const;
    values.set(key, { source, place, value: async () => variable.value });
  }
  return { values };
}

function fileLayer(
  file: LoadedConfigFile,
  context: {
    readonly env: Environment;
    readonly profile: string | null;
    readonly used: readonly SettingKey[];
  },
): Layer {
  const { env, profile, used } = context;
  const section = profile === null ? file.config : (file.config.profiles?.[profile] ?? {});
  const source: Source = profile === null ? `file ${file.path}` : `profile ${profile}`;
  const values = new Map<SettingKey, LayerValue>();
  for (const key of used) {
    const path = key.split(".");
    const value = valueAt(section, path);
    if (value === undefined) continue;
    const what = file.placeOf(profile === null ? path : ["profiles", profile, ...path]);
    const place = { what, code: "GW1004", folder: dirname(file.path) } as const;
    const within = { env, file: file.path, what, url: urlKeys.has(key) };
    const read = async () => (file.interpolated ? interpolateAll(value, within) : value);
    values.set(key, { source, place, value: read });
  }
  return { values };
}

/** Every text in a value, also within lists and objects. */
async function interpolateAll(value: unknown, within: InterpolationContext): Promise<unknown> {
  if (typeof value === "string") return interpolate(value, within);
  if (Array.isArray(value)) return Promise.all(value.map((each) => interpolateAll(each, within)));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(
    async ([name, each]) => [name, await interpolateAll(each, within)] as const,
  );
  return Object.fromEntries(await Promise.all(members));
}

/** The names lead through objects, as the file was checked to have them. */
function valueAt(section: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], section);
}

function searchedPlaces(folder: string, path: string | null, profile: string | null): string[] {
  return [
    "--url",
    ...urlVariables,
    `both in ${join(folder, ".env")}`,
    ...(profile === null ? [] : [`the profile ${profile}`]),
    path ?? `godwit.config.* in ${folder} and the folders above it`,
  ];
}

/** A profile that was asked for, and how. */
interface AskedProfile {
  readonly name: string;
  readonly by: "--profile" | "GODWIT_PROFILE";
}

function askedProfile(options: LoadOptions, env: Environment): AskedProfile | null {
  if (options.profile !== undefined) return { name: options.profile, by: "--profile" };
  const variable = env.get("GODWIT_PROFILE");
  return variable?.file === null ? { name: variable.value, by: "GODWIT_PROFILE" } : null;
}

/**
 * A profile that was asked for names one database and a variable that happens to be set names another: by the
 * order of settings the variable wins, and the run would reach a database that nobody meant. Where both are real
 * variables, someone set both: then the order holds, with a notice.
 */
async function refuseTwoDatabases(
  asked: AskedProfile | null,
  layers: readonly Layer[],
  profileValues: Layer | null,
): Promise<void> {
  const own = profileValues?.values.get("url");
  const winner = winningUrl(layers);
  if (asked === null || own === undefined || winner === undefined) return;
  if (asked.by === "GODWIT_PROFILE" && winner.source === "environment") return;
  if (
    winner === own ||
    winner.source === "flag" ||
    (await winner.value()) === (await own.value().catch(() => null))
  ) {
    return;
  }
  const { name, by } = asked;
  const variable = `${lowerFirst(winner.place.what)}${winner.source === "environment" ? "" : ` of ${placeName(winner)}`}`;
  throw new GodwitError("GW1004", {
    message: `${by === "--profile" ? `--profile ${name}` : `GODWIT_PROFILE=${name}`} names a database, and ${variable} names another.`,
    hint: "Unset the variable, pass --url, or write the profile's url as that variable.",
    details: { profile: name, variable: winner.place.what },
  });
}

function winningUrl(layers: readonly Layer[]): LayerValue | undefined {
  return layers.find((layer) => layer.values.has("url"))?.values.get("url");
}

function placeName({ source }: LayerValue): string {
  return source === "environment" ? "the environment" : source.replace(/^file /, "");
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function noticesOf(layers: readonly Layer[], profileValues: Layer | null, profile: string | null): string[] {
  const winner = winningUrl(layers);
  if (winner === undefined || winner.source === "flag" || !profileValues?.values.has("url")) return [];
  if (winner === profileValues.values.get("url")) return [];
  return [`${winner.place.what} of ${placeName(winner)} wins over the url of the profile ${profile}.`];
}

/** GODWIT_URL wins over DATABASE_URL, but not from a file over a real variable: whoever expected that is told. */
function dotenvNotices(layers: readonly Layer[], env: Environment): string[] {
  const chosen = firstVariable(env, urlVariables);
  const [first] = urlVariables;
  const passedOver = env.get(first);
  if (winningUrl(layers)?.source !== "environment" || chosen === undefined || chosen.name === first)
    return [];
  if (passedOver === undefined || passedOver.value === "" || passedOver.value === chosen.value) return [];
  return [
    `The variable ${chosen.name} of the environment wins over ${first} of ${passedOver.file}, which names another database.`,
  ];
}

function emptyVariable(name: string): GodwitError {
  return new GodwitError("GW1005", {
    message: `The variable ${name} is set, but empty.`,
    hint: "Give it a value, or unset it.",
    details: { variable: name },
  });
}
