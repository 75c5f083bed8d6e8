import type { Approvers, EnvironmentName, Expectation, GateSettings } from "./gate-settings.ts";
import type { GuardSettings } from "../core/guard-settings.ts";
import { type LimitKey, productionLimits } from "./limit-settings.ts";
import type { ReceiverSettings } from "../core/receiver-settings.ts";
import { toReceiverSettings } from "./read-receiver-setting.ts";
import { toGuardSettings } from "./read-guard-setting.ts";
import type { OutOfOrder, ReadingPlace, SettingKey, SettingValues } from "./settings.ts";
import { readSetting, settingKeys, settings } from "./settings.ts";

/** Where a value came from. A variable of an `.env` file is of that file. */
export type Source = "flag" | "environment" | `profile ${string}` | `file ${string}` | "default";

/** One source of settings; of those that name a setting, the first in the order of layers wins. */
export interface Layer {
  readonly values: ReadonlyMap<SettingKey, LayerValue>;
}

export interface LayerValue {
  readonly source: Source;
  readonly place: ReadingPlace;
  /** The value as it was written, `${…}` replaced; called only if the value is used. */
  readonly value: () => Promise<unknown>;
}

/** The settings of a run: frozen, each with its origin. Times in milliseconds, paths absolute. */
export interface ResolvedConfig {
  /** As written: it can hold a password. Use `requireTarget`. */
  readonly url: string | null;
  /** What a relative path in the URL is relative to. */
  readonly urlFolder: string;
  readonly migrations: string;
  readonly schemaFile: string | null;
  readonly outOfOrder: OutOfOrder;
  readonly snapshots: "declared" | "always";
  readonly copyPhases: "off" | "auto" | "stop";
  readonly lockTimeoutMs: number;
  readonly lockRetries: number;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxFileBytes: number;
  readonly environment: EnvironmentName | null;
  readonly approvers: Approvers | null;
  readonly expect: Expectation | null;
  readonly gates: GateSettings | null;
  /** A profile or a URL; it can hold a password. */
  readonly staging: string | null;
  readonly scratch: string | null;
  readonly workersPerHost: number | null;
  readonly schemasPerHost: number | null;
  readonly guard: GuardSettings;
  readonly receivers: ReceiverSettings;
  readonly backupFolder: string;
  readonly backupKeyFile: string | null;
  /** The configuration file, or null. */
  readonly file: string | null;
  readonly profile: string | null;
  readonly sources: Readonly<Record<SettingKey, Source>>;
  /** The places where a URL was looked for, in order, for the message that there is none. */
  readonly searched: readonly string[];
  /** What is worth a warning: a URL of the environment that wins over the profile's. */
  readonly notices: readonly string[];
}

/** Picks each setting from the first layer that names it, else its default, relative to `folder`. */
export async function resolveConfig(
  layers: readonly Layer[],
  context: Pick<ResolvedConfig, "file" | "profile" | "searched" | "notices"> & { readonly folder: string },
): Promise<ResolvedConfig> {
  const values: Partial<Record<SettingKey, unknown>> = {};
  const sources: Partial<Record<SettingKey, Source>> = {};
  let urlFolder = context.folder;
  for (const key of settingKeys) {
    const chosen = layers.map((layer) => layer.values.get(key)).find((value) => value !== undefined);
    const place = chosen?.place ?? { what: key, code: "GW1004", folder: context.folder };
    values[key] = readSetting(
      key,
      chosen === undefined ? settings[key].default : await chosen.value(),
      place,
    );
    sources[key] = chosen?.source ?? "default";
    if (key === "url") urlFolder = place.folder;
  }
  // Each key of settingKeys was read by the reader of its type.
  const read = values as SettingValues;
  const limitOf = (key: LimitKey) =>
    sources[key] === "default" && read.environment === "production" ? productionLimits[key] : read[key];
  return Object.freeze({
    url: read.url,
    urlFolder,
    migrations: read.migrations,
    schemaFile: read.schemaFile,
    outOfOrder: read.outOfOrder,
    snapshots: read.snapshots,
    copyPhases: read.copyPhases,
    lockTimeoutMs: read.lockTimeout,
    lockRetries: read.lockRetries,
    statementTimeoutMs: read.statementTimeout,
    connectTimeoutMs: read.connectTimeout,
    maxFileBytes: read.maxFileBytes,
    environment: read.environment,
    approvers: read.approvers,
    expect: read.expect,
    gates: read.gates,
    staging: read.staging,
    scratch: read.scratch,
    workersPerHost: limitOf("limits.workersPerHost"),
    schemasPerHost: limitOf("limits.schemasPerHost"),
    // In production no signal is left unwatched because nobody has thought of a privilege.
    guard: toGuardSettings(read, (key) => sources[key] !== "default" || read.environment === "production"),
    receivers: toReceiverSettings(read),
    backupFolder: read.backupFolder,
    backupKeyFile: read.backupKeyFile,
    file: context.file,
    profile: context.profile,
    sources: Object.freeze(sources as Record<SettingKey, Source>),
    searched: Object.freeze([...context.searched]),
    notices: Object.freeze([...context.notices]),
  });
}
