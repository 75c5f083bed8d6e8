import type { Approvers, EnvironmentName, Expectation, GateSettings } from "./gate-settings.ts";
import type { OutOfOrder } from "./settings.ts";

/** The settings of a configuration file; what each means is in docs/reference/config.schema.json. */
export interface ConfigSettings {
  readonly url?: string;
  readonly migrations?: string;
  readonly schemaFile?: string | null;
  readonly outOfOrder?: OutOfOrder;
  readonly snapshots?: "declared" | "always";
  readonly copyPhases?: "off" | "auto" | "stop";
  /** A duration: 250ms, 2s, 5m, 1h or 0. */
  readonly lockTimeout?: string | 0;
  readonly lockRetries?: number;
  readonly statementTimeout?: string | 0;
  readonly connectTimeout?: string | 0;
  readonly maxFileBytes?: number;
  readonly backupFolder?: string;
  readonly backupKeyFile?: string | null;
  readonly environment?: EnvironmentName;
  readonly approvers?: Approvers;
  readonly expect?: Expectation;
  readonly gates?: GateSettings;
  readonly staging?: string;
  readonly scratch?: string;
}

/** The shape of a configuration file. */
export interface GodwitConfig extends ConfigSettings {
  /** The profile that is used when none is named. */
  readonly profile?: string;
  /** Settings by name, that win over those beside them: `--profile NAME`. */
  readonly profiles?: Readonly<Record<string, ConfigSettings>>;
}

/** Types the default export of `godwit.config.ts`; returns it as it is. `${…}` is not replaced in such a file. */
export function defineConfig(config: GodwitConfig): GodwitConfig {
  return config;
}
