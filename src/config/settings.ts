import { resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import { didYouMean } from "./did-you-mean.ts";
import { durationForms, parseDuration } from "./duration.ts";
import {
  type Approvers,
  type EnvironmentName,
  type Expectation,
  type GateSettings,
  readApprovers,
  readEnvironmentName,
  readExpectation,
  readGates,
} from "./gate-settings.ts";
import { type LimitKey, limitKeys, limitSettings, mostPerHost } from "./limit-settings.ts";
import { type GuardKey, guardKeys, guardSettings } from "./guard-settings.ts";
import { type GuardValues, readGuardSetting } from "./read-guard-setting.ts";
import { readReceiverSetting, type ReceiverValues } from "./read-receiver-setting.ts";
import { type ReceiverKey, receiverKeys, receiverSettings } from "./receiver-settings.ts";

export type OutOfOrder = "error" | "warn" | "allow";

export type SettingKey =
  | "url"
  | "migrations"
  | "schemaFile"
  | "outOfOrder"
  | "snapshots"
  | "copyPhases"
  | "lockTimeout"
  | "lockRetries"
  | "statementTimeout"
  | "connectTimeout"
  | "maxFileBytes"
  | "backupFolder"
  | "backupKeyFile"
  | "environment"
  | "approvers"
  | "expect"
  | "gates"
  | "staging"
  | "scratch"
  | LimitKey
  | GuardKey
  | ReceiverKey;

/** What people are told of a setting: the one source of the JSON schema, the reference page and the messages. */
export interface Setting {
  readonly title: string;
  readonly description: string;
  /** Completes "expected …". */
  readonly expects: string;
  /** As it would stand in a file. */
  readonly default: string | number | boolean | null | readonly never[];
}

export const settings: Readonly<Record<SettingKey, Setting>> = {
  url: {
    title: "Connection URL",
    description:
      "The database, as postgresql://user@host:5432/name, mysql://user@host:3306/name or sqlite:path. Keep the password out of the file: ${DB_PASSWORD} or ${file:/run/secrets/db}. In the place of the user and the password such a value is percent-encoded for you.",
    expects: "a connection URL",
    default: null,
  },
  migrations: {
    title: "Migrations folder",
    description: "The folder of the migrations, relative to the configuration file.",
    expects: "the path of a folder",
    default: "migrations",
  },
  schemaFile: {
    title: "Schema file",
    description:
      "The file that the schema is written to after each run, relative to the configuration file; null for none.",
    expects: "the path of a file, or null",
    default: null,
  },
  outOfOrder: {
    title: "Late migrations",
    description:
      "What to do with a migration whose version is lower than one that is applied: refuse, warn and run it, or run it.",
    expects: 'one of "error", "warn" and "allow"',
    default: "error",
  },
  snapshots: {
    title: "Snapshots of rows",
    description:
      "Which data changes of SQL migrations keep the rows that they change: those that say `-- godwit: snapshot`, or always each of them. With always, one whose rows cannot be kept is refused, unless it says `-- godwit: no-snapshot`.",
    expects: 'one of "declared" and "always"',
    default: "declared",
  },
  copyPhases: {
    title: "Phases of copies",
    description:
      "Whether copies into this database go in phases, each proved before the next: some rows of one table, that table, its schema, the rest. With stop a copy ends at each gate and goes on with the same command. Copies whose rows come among others (upsert, incremental) have none.",
    expects: 'one of "off", "auto" and "stop"',
    default: "off",
  },
  lockTimeout: {
    title: "Lock timeout",
    description:
      "How long a statement may wait for a lock on a table, while it holds up everyone who comes after it. 0 is no limit.",
    expects: durationForms,
    default: "2s",
  },
  lockRetries: {
    title: "Lock retries",
    description: "How many times a statement that did not get its lock is tried again, with growing pauses.",
    expects: "a whole number from 0 to 100",
    default: 10,
  },
  statementTimeout: {
    title: "Statement timeout",
    description: "How long one statement may run. 0 is no limit.",
    expects: durationForms,
    default: "15m",
  },
  connectTimeout: {
    title: "Connect timeout",
    description: "How long to wait for a connection, when the URL has no connect_timeout. 0 is no limit.",
    expects: durationForms,
    default: "10s",
  },
  maxFileBytes: {
    title: "Largest migration file",
    description: "Migration files with more bytes are refused.",
    expects: "a whole number of bytes from 1 to 1073741824",
    default: 8 * 1024 * 1024,
  },
  environment: {
    title: "Environment",
    description:
      "What the database is for. It decides which gates a plan has to pass before anything is written: production demands all, sandbox none. Without one nothing is demanded.",
    expects: "one of production, staging, development and sandbox",
    default: null,
  },
  approvers: {
    title: "Approvers",
    description:
      "Who may approve plans: name to public key (ssh-ed25519 AAAA…), or null for a name without one. Where any key is given, only signed approvals count. Without a list anybody but the author may approve.",
    expects: "names with public keys",
    default: null,
  },
  expect: {
    title: "Expected database",
    description:
      "What the server must say of itself before anything is written: database, host, port, and server, its own identity, as `godwit plan` shows them.",
    expects: "database, host, port and server",
    default: null,
  },
  gates: {
    title: "Gates",
    description:
      "What differs from the environment's own demands: environment, confirm, ticket, impact, staging, snapshot and phases are true or false; approvals is how many are needed; backup is how old one may be, and rollback how long a rehearsed one may take, or false. skip lists the gates that --skip-gate may pass.",
    expects: "gates with their values",
    default: null,
  },
  staging: {
    title: "Staging database",
    description:
      "Where a plan must have run before it runs here: a profile, or a URL. Read by the gate of that name only.",
    expects: "a profile or a connection URL",
    default: null,
  },
  scratch: {
    title: "Scratch database",
    description:
      "An empty database in which plans are rehearsed: a profile, or a URL. What it holds is dropped. Without one a database is made beside the target, and dropped afterwards.",
    expects: "a profile or a connection URL",
    default: null,
  },
  ...limitSettings,
  ...guardSettings,
  ...receiverSettings,
  backupFolder: {
    title: "Backup folder",
    description: "The folder that backups are written to, relative to the configuration file.",
    expects: "the path of a folder",
    default: "backups",
  },
  backupKeyFile: {
    title: "Backup key",
    description:
      "The file of the key that backups are encrypted with, relative to the configuration file: 64 hexadecimal digits or base64 of 32 bytes, readable by its owner only. GODWIT_BACKUP_KEY wins over it. Never keep it beside the backups.",
    expects: "the path of a file, or null",
    default: null,
  },
};

export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** The settings as the program uses them: absolute paths, milliseconds. */
export interface SettingValues extends GuardValues, ReceiverValues {
  readonly url: string | null;
  readonly migrations: string;
  readonly schemaFile: string | null;
  readonly outOfOrder: OutOfOrder;
  readonly snapshots: "declared" | "always";
  readonly copyPhases: "off" | "auto" | "stop";
  readonly lockTimeout: number;
  readonly lockRetries: number;
  readonly statementTimeout: number;
  readonly connectTimeout: number;
  readonly maxFileBytes: number;
  readonly backupFolder: string;
  readonly backupKeyFile: string | null;
  readonly environment: EnvironmentName | null;
  readonly approvers: Approvers | null;
  readonly expect: Expectation | null;
  readonly gates: GateSettings | null;
  readonly staging: string | null;
  readonly scratch: string | null;
  readonly "limits.workersPerHost": number | null;
  readonly "limits.schemasPerHost": number | null;
}

export interface ReadingPlace {
  /** How the value is named in messages: `--lock-timeout`, `godwit.config.yaml:3: lockTimeout`. */
  readonly what: string;
  /** GW1001 for the command line, GW1004 for files and the environment. */
  readonly code: "GW1001" | "GW1004";
  /** What relative paths are relative to. */
  readonly folder: string;
}

/** Turns a setting as it was written into the value that the program uses, or throws `place.code`. */
export function readSetting<K extends SettingKey>(
  key: K,
  value: unknown,
  place: ReadingPlace,
): SettingValues[K] {
  return (readers[key] as Reader<K>)(value, place, key);
}

type Reader<K extends SettingKey> = (value: unknown, place: ReadingPlace, key: K) => SettingValues[K];

const readers: { readonly [K in SettingKey]: Reader<K> } = {
  url: (value, place, key) => (value === null ? null : readText(value, place, key)),
  migrations: readPath,
  schemaFile: (value, place, key) => (value === null ? null : readPath(value, place, key)),
  outOfOrder: readOutOfOrder,
  snapshots: (value, place, key) => readWord(value, place, { key, words: ["declared", "always"] }),
  copyPhases: (value, place, key) => readWord(value, place, { key, words: ["off", "auto", "stop"] }),
  lockTimeout: (value, place) => parseDuration(value, place),
  lockRetries: (value, place, key) => readInteger(value, place, { key, min: 0, max: 100 }),
  statementTimeout: (value, place) => parseDuration(value, place),
  connectTimeout: (value, place) => parseDuration(value, place),
  maxFileBytes: (value, place, key) => readInteger(value, place, { key, min: 1, max: 2 ** 30 }),
  backupFolder: readPath,
  backupKeyFile: (value, place, key) => (value === null ? null : readPath(value, place, key)),
  environment: readEnvironmentName,
  approvers: readApprovers,
  expect: readExpectation,
  gates: readGates,
  staging: (value, place, key) => (value === null ? null : readText(value, place, key)),
  scratch: (value, place, key) => (value === null ? null : readText(value, place, key)),
  ...(Object.fromEntries(limitKeys.map((key) => [key, readPerHost])) as { [K in LimitKey]: Reader<K> }),
  ...(Object.fromEntries(guardKeys.map((key) => [key, readGuardSetting])) as unknown as {
    readonly [K in GuardKey]: Reader<K>;
  }),
  ...(Object.fromEntries(receiverKeys.map((key) => [key, readReceiverSetting])) as unknown as {
    readonly [K in ReceiverKey]: Reader<K>;
  }),
};

function readPerHost(value: unknown, place: ReadingPlace, key: SettingKey): number | null {
  return value === null ? null : readInteger(value, place, { key, min: 1, max: mostPerHost });
}

function readOutOfOrder(value: unknown, place: ReadingPlace, key: SettingKey): OutOfOrder {
  if (value === "error" || value === "warn" || value === "allow") return value;
  const suggestion = typeof value === "string" ? didYouMean(value, ["error", "warn", "allow"]) : "";
  throw settingError(key, place, suggestion);
}

function readWord<Word extends string>(
  value: unknown,
  place: ReadingPlace,
  { key, words }: { readonly key: SettingKey; readonly words: readonly Word[] },
): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw settingError(key, place, typeof value === "string" ? didYouMean(value, words) : "");
}

function readText(value: unknown, place: ReadingPlace, key: SettingKey): string {
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  throw settingError(key, place);
}

function readPath(value: unknown, place: ReadingPlace, key: SettingKey): string {
  return resolve(place.folder, readText(value, place, key));
}

function readInteger(
  value: unknown,
  place: ReadingPlace,
  range: { readonly key: SettingKey; readonly min: number; readonly max: number },
): number {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= range.min && number <= range.max) {
    return number;
  }
  throw settingError(range.key, place);
}

/** Without the value itself: a misplaced one may be a password. */
function settingError(key: SettingKey, place: ReadingPlace, suggestion = ""): GodwitError {
  return new GodwitError(place.code, {
    message: `${place.what}: expected ${settings[key].expects}${suggestion || "."}`,
    details: { key },
  });
}
