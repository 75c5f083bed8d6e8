import { batchRowsForm, isBatchRows } from "../config/batch-rows.ts";
import { didYouMean } from "../config/did-you-mean.ts";
import { copyModes, copyPhases } from "../copy/index.ts";
import { GodwitError } from "../core/error.ts";
import { faultKinds } from "../core/mappings-steps.ts";
import { controlCommands } from "../run/guard/control.ts";

/** Says what is wrong with a value, as what was expected instead; null where it will do. */
type Check = (value: unknown) => string | null;

const expect =
  (expected: string, isRight: (value: unknown) => boolean): Check =>
  (value) =>
    isRight(value) ? null : expected;

const isText = (value: unknown) => typeof value === "string";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

const text = expect("text", isText);
const texts = expect("a list of texts", isTexts);
const flag = expect("true or false", (value) => typeof value === "boolean");
const count = expect("a whole number from 0", (value) => Number.isInteger(value) && (value as number) >= 0);
const fromOne = expect("a whole number from 1", (value) => Number.isInteger(value) && (value as number) > 0);
const milliseconds = expect(
  "milliseconds, a number from 0",
  (value) => typeof value === "number" && value >= 0,
);

const location = {
  cwd: text,
  env: expect("an object of texts", isEnvironment),
  url: text,
  migrations: text,
};

/** Of every function that opens a project: {@link ProjectOptions}. */
const project = {
  ...location,
  profile: text,
  config: text,
  schemaFile: expect("text or null", (value) => value === null || isText(value)),
  outOfOrder: expect(`"error", "warn" or "allow"`, (value) =>
    ["error", "warn", "allow"].includes(value as string),
  ),
  lockTimeout: text,
  statementTimeout: text,
  lockRetries: count,
  confirm: text,
  skipGates: expect("an object of texts", isEnvironment),
  allowDangers: texts,
  waitMs: milliseconds,
  commandLine: text,
  signal: expect("an AbortSignal", isSignal),
  onEvent: expect("a function", (value) => typeof value === "function"),
};

/** Names, or patterns of names, of what is in a database: whatever they hold, but no sign that nobody sees. */
const isName = (value: unknown) => typeof value === "string" && /^[^\p{Cc}\p{Cs}]{1,300}$/u.test(value);
const name = expect("a name of at most 300 characters, without control characters", isName);
const names = expect(
  "a list of names of at most 300 characters, without control characters",
  (value) => Array.isArray(value) && value.every(isName),
);
const oneOf = (words: readonly string[]) =>
  expect(words.map((word) => JSON.stringify(word)).join(", "), (value) => words.includes(value as string));

/** Of every function that works on two databases: {@link CopyProjectOptions}. */
const sides = {
  ...project,
  source: text,
  target: text,
  rules: expect("text, or a list of texts", (value) => isText(value) || isTexts(value)),
  tables: names,
  exclude: names,
  allow: texts,
};

/** Of every function for files of mappings that names no database. */
const files = {
  cwd: text,
  env: location.env,
  profile: text,
  config: text,
  waitMs: milliseconds,
  commandLine: text,
  signal: project.signal,
  onEvent: project.onEvent,
};

const copying = {
  ...sides,
  schemaOnly: flag,
  dataOnly: flag,
  mode: oneOf(copyModes),
  phases: oneOf(copyPhases),
  phaseRows: expect(batchRowsForm, isBatchRows),
  jobs: expect(
    "a whole number from 1 to 64",
    (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= 64,
  ),
  chunkBytes: expect(
    "a whole number of bytes from 1",
    (value) => Number.isSafeInteger(value) && (value as number) > 0,
  ),
  quarantine: count,
  watermark: name,
  restart: flag,
  drafts: expect("text, true or false", (value) => isText(value) || typeof value === "boolean"),
  resume: text,
};

/** The options of each function of the library. What TypeScript checks is checked again for those who do without. */
const known = {
  apply: { ...project, to: text, dryRun: flag },
  auditExport: {
    ...project,
    format: expect(`"ndjson", "json" or "csv"`, (value) =>
      ["ndjson", "json", "csv"].includes(value as string),
    ),
    run: text,
    since: text,
    write: expect("a function", (value) => typeof value === "function"),
  },
  auditHead: project,
  auditVerify: { ...project, expectHead: text },
  backup: {
    ...project,
    form: expect(`"portable" or "native"`, (value) => value === "portable" || value === "native"),
    output: text,
    encrypt: flag,
    keyFile: text,
    jobs: fromOne,
    backup: text,
    scratch: text,
    file: text,
    confirm: text,
    plain: flag,
    keep: count,
    olderThanMs: milliseconds,
    all: flag,
  },
  applyPlan: { ...project, file: text, source: text, target: text },
  approve: {
    cwd: text,
    env: location.env,
    profile: text,
    config: text,
    file: text,
    as: text,
    ticket: text,
    key: text,
    allow: texts,
  },
  baseline: { ...project, version: text, withoutFile: flag },
  ctl: {
    ...project,
    action: expect(`"status" or a command to a run`, (value) =>
      ["status", ...controlCommands].includes(value as string),
    ),
    value: expect("a number", (value) => typeof value === "number"),
    run: text,
  },
  copy: copying,
  create: { ...project, name: text, script: flag, repeatable: flag },
  doctor: project,
  freezePlan: {
    ...project,
    of: expect(`"apply" or "rollback"`, (value) => value === "apply" || value === "rollback"),
    to: text,
    steps: fromOne,
    allow: texts,
    as: text,
    ticket: text,
    output: text,
  },
  init: location,
  mappingsDiff: { cwd: text, before: text, after: text },
  mappingsMigrate: {
    ...files,
    inputs: texts,
    to: oneOf(["msgpack", "json"]),
    out: text,
    each: flag,
    anyEnding: flag,
    schemaVersion: text,
    shape: oneOf(["list", "keyed", "flat"]),
    naming: oneOf(["pascal", "camel", "snake"]),
    clean: expect(
      `a list of ${faultKinds.join(", ")}`,
      (value) => Array.isArray(value) && value.every((kind) => faultKinds.includes(kind)),
    ),
    batch: fromOne,
    jobs: fromOne,
    backup: flag,
    backupInputs: flag,
    force: flag,
    strict: flag,
    resume: flag,
  },
  mappingsRollback: { ...files, file: text, force: flag, run: text },
  mappingsShow: {
    cwd: text,
    file: text,
    context: text,
    type: text,
    search: text,
    limit: count,
    minConfidence: expect("a number from 0 to 1", (value) => typeof value === "number"),
  },
  mappingsValidate: { ...files, file: text },
  plan: { ...project, to: text },
  redo: project,
  rehearse: { ...project, file: text, to: text, scratch: text },
  repair: {
    ...project,
    accept: expect(`a list of texts, or "all"`, (value) => value === "all" || isTexts(value)),
    forget: texts,
    reseal: flag,
    done: texts,
    notDone: texts,
  },
  rollback: { ...project, steps: fromOne, to: text, allow: texts },
  snapshots: project,
  dropSnapshots: { ...project, drop: texts },
  report: { ...project, run: text },
  runs: { ...project, limit: fromOne },
  status: project,
  validate: project,
  // The command has the options of a copy as well.
  verify: {
    ...copying,
    columns: names,
    where: text,
    sample: expect(
      "a share of more than 0, at most 1",
      (value) => typeof value === "number" && value > 0 && value <= 1,
    ),
    ulps: count,
    listed: count,
  },
  wait: { ...project, timeoutMs: milliseconds },
} satisfies Readonly<Record<string, Readonly<Record<string, Check>>>>;

const required: Readonly<Record<string, readonly string[]>> = {
  auditExport: ["write"],
  applyPlan: ["file"],
  approve: ["file", "as"],
  baseline: ["version"],
  copy: ["source", "target"],
  create: ["name"],
  ctl: ["action"],
  dropSnapshots: ["drop"],
  mappingsDiff: ["before", "after"],
  mappingsValidate: ["file"],
  verify: ["source", "target"],
};

/**
 * Throws GW1001 naming the first option that is unknown, of a wrong type or missing. A value is not shown: it may be
 * a secret in the wrong place.
 */
export function checkOptions(command: keyof typeof known, options: unknown): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw wrong(command, `expected an object of options, not ${kindOf(options)}`);
  }
  const checks: Readonly<Record<string, Check>> = known[command];
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      throw wrong(
        command,
        `there is no option ${JSON.stringify(name)}${didYouMean(name, Object.keys(checks))}`,
      );
    }
    const expected = check(value);
    if (expected !== null) throw wrong(command, `${name} is ${kindOf(value)}: expected ${expected}`);
  }
  const missing = required[command]?.find((name) => !given.some(([other]) => other === name));
  if (missing !== undefined) throw wrong(command, `the option ${missing} is missing`);
}

function wrong(command: string, what: string): GodwitError {
  return new GodwitError("GW1001", {
    message: `${command}: ${what}`,
    hint: "The options of each function are in docs/guides/library.md.",
    details: { command },
  });
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  // Numbers hold no secrets, and the wrong one helps.
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return "a list";
  return (
    { string: "a text", object: "an object", undefined: "nothing" }[typeof value as string] ??
    `a ${typeof value}`
  );
}

function isEnvironment(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((member) => member === undefined || isText(member))
  );
}

/** By its shape: one of another realm is as good. */
function isSignal(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as AbortSignal).aborted === "boolean" &&
    typeof (value as AbortSignal).addEventListener === "function"
  );
}
