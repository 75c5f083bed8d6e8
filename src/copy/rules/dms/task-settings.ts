import type { RulesDocument } from "../document.ts";
import type { MappingRules, RuleWarning } from "../model.ts";
import { failAt, has, type Members, objectOf, textAt, wholeAt, wordAt } from "./members.ts";

/** The sections of DMS's task settings, each with what it would change here. */
const sections: Readonly<Record<string, string | null>> = {
  TargetMetadata: null,
  FullLoadSettings: null,
  ValidationSettings: null,
  ErrorBehavior: null,
  Logging: "what happens is told by --json",
  ControlTablesSettings: "the ledger's tables have names of their own",
  StreamBufferSettings: "a copy has no stream of changes",
  ChangeProcessingDdlHandlingPolicy: "a copy has no stream of changes",
  ChangeProcessingTuning: "a copy has no stream of changes",
  LoopbackPreventionSettings: "a copy has no stream of changes",
  BeforeImageSettings: "rows of a full copy were not changed, so they have no image before",
  CharacterSetSettings: "texts are asked from the source as UTF-8",
  PostProcessingRules: "nothing is done after a copy",
  FailTaskWhenCleanTaskResourceFailed: "a copy leaves nothing at the source that would be cleaned up",
  TTSettings: "a copy has no stream of changes",
};

/** Settings of a section that are answered one by one; each other one is named together with its section. */
type Answer = (settings: Members, key: string, made: { jobs?: number }) => string | null;

const answers: Readonly<Record<string, Readonly<Record<string, Answer>>>> = {
  FullLoadSettings: {
    TargetTablePrepMode: (settings, key) => {
      const mode = wordAt(settings, key, ["DO_NOTHING", "DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD"]);
      if (mode === "TRUNCATE_BEFORE_LOAD") return "no file empties tables; --mode truncate does";
      if (mode === "DROP_AND_CREATE")
        return "no file drops tables: a table that is there stops the copy before it begins";
      return "--data-only loads into tables that are there";
    },
    MaxFullLoadSubTasks: (settings, key, made) => {
      const jobs = wholeAt(settings, key, 1, 49);
      if (jobs !== null) made.jobs = jobs;
      return null;
    },
    CreatePkAfterFullLoad: (settings, key) =>
      isTrue(settings, key)
        ? null
        : "keys are made after the load, which is quicker, and before anyone relies on them",
    CommitRate: (settings, key) => {
      wholeAt(settings, key, 1, 50_000);
      return "a chunk is committed by its bytes, whatever number of rows they are";
    },
    StopTaskCachedChangesApplied: () => null,
    StopTaskCachedChangesNotApplied: () => null,
    TransactionConsistencyTimeout: () => null,
  },
  TargetMetadata: {
    TargetSchema: (settings, key) => {
      const name = textAt(settings, key) ?? "";
      return name === "" ? null : "a transformation rule on the schema, or the target's URL, names it";
    },
    LimitedSizeLobMode: (settings, key) => (isTrue(settings, key) ? "no value is cut" : null),
    LobMaxSize: (settings, key) => {
      const limit = wholeAt(settings, key, 0, 2_147_483_647);
      return limit === null || limit === 0 ? null : `no value is cut at ${limit} KB`;
    },
    FullLobMode: () => null,
    SupportLobs: (settings, key) =>
      isTrue(settings, key)
        ? null
        : "large values are copied all the same; remove-column leaves a column out",
    BatchApplyEnabled: (settings, key) => (isTrue(settings, key) ? "a copy has no stream of changes" : null),
  },
  ValidationSettings: {
    EnableValidation: (settings, key) =>
      isTrue(settings, key) ? null : "the two sides are compared after every copy",
    ValidationOnly: (settings, key) =>
      isTrue(settings, key) ? "godwit verify compares, and copies nothing" : null,
    HandleCollationDiff: () => null,
    SkipLobColumns: (settings, key) =>
      isTrue(settings, key) ? "large values are compared, too; --columns of godwit verify chooses" : null,
    FailureMaxCount: (settings, key) => limitless(settings, key),
    TableFailureMaxCount: (settings, key) => limitless(settings, key),
  },
  ErrorBehavior: {
    DataErrorPolicy: policy,
    DataTruncationErrorPolicy: policy,
    TableErrorPolicy: policy,
    ApplyErrorDeletePolicy: () => null,
    ApplyErrorInsertPolicy: () => null,
    ApplyErrorUpdatePolicy: () => null,
  },
};

/** Whether a document is DMS's task settings. */
export function isTaskSettings(value: unknown): boolean {
  return (
    value !== null &&
    typeof value === "object" &&
    Object.keys(value).some((key) => Object.hasOwn(sections, key))
  );
}

/** The task settings beside a table mapping: what has a meaning here is used, all else is named. */
export function readTaskSettings({ value }: RulesDocument): Pick<MappingRules, "settings" | "warnings"> {
  const root = objectOf("", "the file", value, Object.keys(sections));
  const warnings: RuleWarning[] = [];
  const made: { jobs?: number } = {};
  for (const name of Object.keys(root.value)) {
    if (!has(root, name)) continue;
    const why = sections[name];
    if (typeof why === "string") warnings.push({ rule: name, message: `not used: ${why}` });
    else readSection(objectOf("", name, root.value[name], null), made, warnings);
  }
  return { settings: made, warnings };
}

function readSection(settings: Members, made: { jobs?: number }, warnings: RuleWarning[]): void {
  const unused: string[] = [];
  for (const key of Object.keys(settings.value)) {
    const known = answers[settings.path] ?? {};
    // A key of a file may be called like what every object has.
    const answer = Object.hasOwn(known, key) ? known[key] : undefined;
    if (answer === undefined) {
      unused.push(key);
      continue;
    }
    const why = answer(settings, key, made);
    if (why !== null) warnings.push({ rule: `${settings.path}.${key}`, message: `not used: ${why}` });
  }
  if (unused.length > 0) {
    warnings.push({
      rule: settings.path,
      message: `not used, because a copy has no such setting: ${unused.join(", ")}`,
    });
  }
}

function isTrue(settings: Members, key: string): boolean {
  return wordAt(settings, key, ["true", "false"]) === "true";
}

function limitless(settings: Members, key: string): string | null {
  wholeAt(settings, key, 0, 2_147_483_647);
  return "all differences are counted";
}

function policy(settings: Members, key: string): string | null {
  const word = textAt(settings, key) ?? failAt(settings, key, "it is missing");
  const stops = word === "STOP_TASK";
  if (!["IGNORE_RECORD", "LOG_ERROR", "SUSPEND_TABLE", "STOP_TASK"].includes(word)) {
    failAt(
      settings,
      key,
      `${word} is not known; known are IGNORE_RECORD, LOG_ERROR, SUSPEND_TABLE, STOP_TASK`,
    );
  }
  return stops ? null : `${word}: a row that does not fit stops the copy, and none is left out in silence`;
}
