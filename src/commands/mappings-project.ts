import { resolve } from "node:path";
import { parseConnectionUrl } from "../config/connection-url.ts";
import { guardKeys } from "../config/guard-settings.ts";
import type { SettingKey } from "../config/settings.ts";
import type { Target } from "../core/target.ts";
import { loadEngine } from "../engines/registry.ts";
import type { MappingsProject } from "../mappings/index.ts";
import { emitterOf, openConfig, type ProjectOptions, runSettingsOf } from "./options.ts";

/** What every function for mapping databases takes. No database is named: each output has a journal of its own. */
export type MappingsOptions = Pick<
  ProjectOptions,
  "cwd" | "env" | "profile" | "config" | "waitMs" | "commandLine" | "signal" | "onEvent"
>;

/** Of the configuration, what concerns files: how long to wait for the journal, and the stop file. */
const used: readonly SettingKey[] = [
  "lockTimeout",
  "lockRetries",
  "statementTimeout",
  "connectTimeout",
  // Replicas are other databases', and what names them need not be set here.
  ...guardKeys.filter((key) => key !== "guard.replicas"),
];

export async function openMappingsProject(options: MappingsOptions): Promise<MappingsProject> {
  const { cwd = process.cwd(), signal, waitMs = 0, commandLine } = options;
  const config = await openConfig(options, used);
  const emit = emitterOf(options);
  for (const message of config.notices) emit({ type: "warning:raised", code: "GW1002", message });
  return {
    engine: await loadEngine(journalTarget("journal").engine),
    journalTarget,
    settings: runSettingsOf(config, config.connectTimeoutMs),
    cwd: resolve(cwd),
    emit,
    signal,
    waitMs,
    commandLine,
  };
}

/** The URL by which `runs`, `report`, `audit` and `ctl` find a journal. */
export function journalUrl(path: string): string {
  return `sqlite:${path.replaceAll(/[%?&#]/g, encodeURIComponent)}`;
}

function journalTarget(path: string): Target {
  const target = parseConnectionUrl(journalUrl(path), "/");
  return Object.freeze({ ...target, display: `sqlite:${path}` });
}
