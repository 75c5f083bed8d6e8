import * as v from "valibot";
import { type GuardKey, guardKeys, guardSettings } from "./guard-settings.ts";
import { guardShape } from "./guard-shapes.ts";
import { gateShapes } from "./gate-shapes.ts";
import { type ReceiverKey, receiverSettings } from "./receiver-settings.ts";
import { receiverShapes } from "./receiver-shapes.ts";
import { type LimitKey, limitSettings, mostPerHost } from "./limit-settings.ts";
import { type SettingKey, settings } from "./settings.ts";

/*
 * Only shapes are checked here, before ${…} is replaced: a profile that is not used must not fail for a variable
 * that is not set. What a string says is checked by settings.ts when it is used.
 */

const duration = v.union([v.literal(0), v.pipe(v.string(), v.regex(/^(0|\d{1,10}(ms|s|m|h))$/))]);
const replaced = v.pipe(v.string(), v.regex(/\$\{/));
const text = v.pipe(v.string(), v.minLength(1));

const shapes = {
  url: text,
  migrations: text,
  schemaFile: v.nullable(text),
  outOfOrder: v.union([v.picklist(["error", "warn", "allow"]), replaced]),
  snapshots: v.union([v.picklist(["declared", "always"]), replaced]),
  copyPhases: v.union([v.picklist(["off", "auto", "stop"]), replaced]),
  lockTimeout: v.union([duration, replaced]),
  lockRetries: v.union([v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)), replaced]),
  statementTimeout: v.union([duration, replaced]),
  connectTimeout: v.union([duration, replaced]),
  backupFolder: text,
  backupKeyFile: v.nullable(text),
  ...gateShapes,
  staging: text,
  scratch: text,
  maxFileBytes: v.union([v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 30)), replaced]),
} satisfies Record<Exclude<SettingKey, GuardKey | LimitKey | ReceiverKey>, v.GenericSchema>;

type FlatKey = keyof typeof shapes;

const flat = Object.fromEntries(
  (Object.keys(shapes) as FlatKey[]).map((key) => [
    key,
    v.exactOptional(describe(shapes[key], settings[key])),
  ]),
) as { [K in FlatKey]: v.ExactOptionalSchema<(typeof shapes)[K], undefined> };

/** The members of `guard`, without that word before their names. */
const guardMembers = Object.fromEntries(
  guardKeys.map((key) => [
    key.slice("guard.".length),
    v.exactOptional(describe(guardShape(key), guardSettings[key])),
  ]),
) as Record<string, v.ExactOptionalSchema<v.GenericSchema, undefined>>;

export const guardDescription = {
  title: "Guard",
  description:
    "What a run watches while it works, and the limits at which it slows down, pauses or ends; see docs/guides/guarding-production.md.",
};

/** The settings of one of these groups, without the group's name before theirs. */
function receiverGroup(group: "log" | "metrics" | "otel", words: { title: string; description: string }) {
  const members = Object.entries(receiverShapes).flatMap(([key, shape]) => {
    if (!key.startsWith(`${group}.`)) return [];
    const own = describe<v.GenericSchema>(shape, receiverSettings[key as ReceiverKey]);
    return [[key.slice(group.length + 1), v.exactOptional(own)] as const];
  });
  return v.exactOptional(describe(v.strictObject(Object.fromEntries(members)), words));
}

const perHost = v.nullable(
  v.union([v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostPerHost)), replaced]),
);
const limitMembers = {
  workersPerHost: v.exactOptional(describe(perHost, limitSettings["limits.workersPerHost"])),
  schemasPerHost: v.exactOptional(describe(perHost, limitSettings["limits.schemasPerHost"])),
};

export const limitsDescription = {
  title: "Limits per server",
  description: "How much may be changed on one database server at a time, by all processes.",
};

const described = {
  ...flat,
  limits: v.exactOptional(describe(v.strictObject(limitMembers), limitsDescription)),
  log: receiverGroup("log", { title: "Log", description: "The file of a run's events." }),
  metrics: receiverGroup("metrics", { title: "Metrics", description: "A run's metrics for Prometheus." }),
  otel: receiverGroup("otel", { title: "OpenTelemetry", description: "Where a run's spans are sent." }),
  notify: v.exactOptional(describe(receiverShapes.notify, receiverSettings.notify)),
  guard: v.exactOptional(describe(v.strictObject(guardMembers), guardDescription)),
};

const profileName = v.pipe(v.string(), v.regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,62}$/));

export const profilesDescription = {
  title: "Profiles",
  description:
    "Named sets of the same settings (dev, staging, prod). Those of the profile in use win over those beside it.",
};

export const profileDescription = {
  title: "Default profile",
  description: "The profile that is used when neither --profile nor GODWIT_PROFILE names one.",
};

/** The shape of a configuration file. Unknown keys are errors, at every level. */
export const configSchema = v.strictObject({
  $schema: v.exactOptional(describe(v.string(), { title: "Schema", description: "For editors; not read." })),
  ...described,
  profile: v.exactOptional(describe(profileName, profileDescription)),
  profiles: v.exactOptional(describe(v.record(profileName, v.strictObject(described)), profilesDescription)),
});

export type ConfigFile = v.InferOutput<typeof configSchema>;

/** The names that may stand at the top of a file. */
export const topLevelKeys: readonly string[] = Object.keys(configSchema.entries);

function describe<S extends v.GenericSchema>(schema: S, words: { title: string; description: string }): S {
  // The pipe has the schema's own types; only its metadata is added.
  return v.pipe(schema, v.title(words.title), v.description(words.description)) as unknown as S;
}
