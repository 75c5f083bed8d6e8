import { loadConfig } from "../config/load.ts";
import { connectTimeoutMsOf, requireTarget } from "../config/require-target.ts";
import type { ResolvedConfig } from "../config/resolve.ts";
import { receiverKeys } from "../config/receiver-settings.ts";
import { type SettingKey, settingKeys } from "../config/settings.ts";
import type { StampedEvent } from "../core/event.ts";
import type { Emit } from "../core/event.ts";
import { redactDeep } from "../core/secret.ts";
import { loadEngine } from "../engines/registry.ts";
import type { Project } from "../migrate/index.ts";
import type { RunSettings } from "../run/perform/context.ts";
import type { GatePolicy } from "../run/gates/policy.ts";
import { gatePolicyOf, type GateWords } from "./gate-policy.ts";

/** What every command takes. What is left out comes from the environment, the profile, the file, the default. */
export interface ProjectOptions extends GateWords {
  /** Folder to start from; default the process's. */
  readonly cwd?: string | undefined;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly url?: string | undefined;
  /** The migrations folder. */
  readonly migrations?: string | undefined;
  readonly profile?: string | undefined;
  /** Path of the configuration file. */
  readonly config?: string | undefined;
  /** Path of the schema file; null for none. */
  readonly schemaFile?: string | null | undefined;
  readonly outOfOrder?: "error" | "warn" | "allow" | undefined;
  /** Durations such as "2s". */
  readonly lockTimeout?: string | undefined;
  readonly statementTimeout?: string | undefined;
  readonly lockRetries?: number | undefined;
  /** How long to wait while another runner holds the lock, in milliseconds; default 0. */
  readonly waitMs?: number | undefined;
  /** The command that is told to people as the one that goes on with a run that was stopped. */
  readonly commandLine?: string | undefined;
  /** Stops the work: what runs is cancelled, and the run can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /** Receives everything that happens; secrets are redacted. */
  readonly onEvent?: ((event: StampedEvent) => void) | undefined;
}

/** Those who are told of runs are opened apart (observed.ts): what only reads needs none of their secrets. */
const ownKeys = settingKeys.filter((key) => !(receiverKeys as readonly SettingKey[]).includes(key));

/** Those of other databases are read when they are needed: a variable that they name may be set elsewhere only. */
export const settingsOfRuns: readonly SettingKey[] = ownKeys.filter(
  (key) => key !== "staging" && key !== "scratch",
);

/** Finds the configuration and makes of it what the feature works on. Throws GW1002 to GW1006. */
export async function openProject(options: ProjectOptions): Promise<Project> {
  const config = await openConfig(options, settingsOfRuns);
  const target = requireTarget(config);
  const emit = emitterOf(options);
  for (const message of config.notices) emit({ type: "warning:raised", code: "GW1002", message });
  return {
    engine: await loadEngine(target.engine),
    target,
    folder: config.migrations,
    maxFileBytes: config.maxFileBytes,
    schemaFile: config.schemaFile,
    policies: { outOfOrder: config.outOfOrder },
    snapshots: config.snapshots,
    gates: gatesFor(config, options),
    settings: runSettingsOf(config, connectTimeoutMsOf(config, target)),
    emit,
    signal: options.signal,
    waitMs: options.waitMs ?? 0,
    commandLine: options.commandLine,
  };
}

/** How runs of a command behave; the time for a connection can be the URL's. */
export function runSettingsOf(config: ResolvedConfig, connectTimeoutMs: number): RunSettings {
  return {
    lockTimeoutMs: config.lockTimeoutMs,
    lockRetries: config.lockRetries,
    statementTimeoutMs: config.statementTimeoutMs,
    connectTimeoutMs,
    guard: config.guard,
    hostLimits: { workers: config.workersPerHost, schemas: config.schemasPerHost },
  };
}

/** The gates of a database; staging is opened only when its gate is asked. */
export function gatesFor(config: ResolvedConfig, options: ProjectOptions): GatePolicy {
  return gatePolicyOf(config, options, async () => (await import("./open-staging.ts")).openStaging(options));
}

/** The profile in use, by its name; null where there is none. */
export async function profileOf(options: ProjectOptions): Promise<string | null> {
  return (await openConfig(options, [])).profile;
}

/** The settings that a command uses, `only` these where it needs no others. */
export async function openConfig(
  options: ProjectOptions,
  only: readonly SettingKey[] = ownKeys,
): Promise<ResolvedConfig> {
  return loadConfig({
    only,
    cwd: options.cwd ?? process.cwd(),
    env: options.env ?? process.env,
    configPath: options.config,
    profile: options.profile,
    flags: {
      url: options.url,
      migrations: options.migrations,
      schemaFile: options.schemaFile,
      outOfOrder: options.outOfOrder,
      lockTimeout: options.lockTimeout,
      statementTimeout: options.statementTimeout,
      lockRetries: options.lockRetries,
    },
  });
}

const emitters = new WeakMap<(event: StampedEvent) => void, Emit>();

/** Stamps and redacts each event on its way out. One receiver has one count of its events. */
export function emitterOf({ onEvent }: Pick<ProjectOptions, "onEvent">): Emit {
  if (onEvent === undefined) return () => {};
  const known = emitters.get(onEvent);
  if (known !== undefined) return known;
  let seq = 0;
  const emit: Emit = (event) => {
    const stamped = { ...event, at: new Date().toISOString(), seq: ++seq };
    // An error keeps its class; its text never holds a secret that redaction by value would miss.
    onEvent(event.type === "run:stopped" ? stamped : (redactDeep(stamped) as StampedEvent));
  };
  emitters.set(onEvent, emit);
  return emit;
}
