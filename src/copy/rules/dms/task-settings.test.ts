import assert from "node:assert/strict";
import { test } from "node:test";
import { readRules } from "../read-rules.ts";
import { mapping, read } from "../rules.fixture.ts";

const document = (value: unknown, file = "settings.json") => ({ file, value });

test("task settings stand beside a mapping: what has a meaning is used, the rest is named", () => {
  const rules = readRules([
    document(mapping(), "mapping.json"),
    document({
      TargetMetadata: {
        TargetSchema: "",
        SupportLobs: true,
        FullLobMode: false,
        LimitedSizeLobMode: true,
        LobMaxSize: 32,
        BatchApplyEnabled: false,
      },
      FullLoadSettings: {
        TargetTablePrepMode: "TRUNCATE_BEFORE_LOAD",
        CreatePkAfterFullLoad: false,
        MaxFullLoadSubTasks: 8,
        CommitRate: 10000,
      },
      ValidationSettings: {
        EnableValidation: false,
        ThreadCount: 5,
        PartitionSize: 10000,
        FailureMaxCount: 10000,
        SkipLobColumns: false,
      },
      ErrorBehavior: { DataErrorPolicy: "LOG_ERROR", TableErrorPolicy: "STOP_TASK" },
      Logging: { EnableLogging: true },
      ControlTablesSettings: null,
    }),
  ]);
  assert.deepEqual(rules.settings, { jobs: 8 });
  assert.equal(rules.selections.length, 1);
  const told = new Map(rules.warnings.map(({ rule, message }) => [rule, message]));
  assert.deepEqual([...told.keys()].sort(), [
    "ErrorBehavior.DataErrorPolicy",
    "FullLoadSettings.CommitRate",
    "FullLoadSettings.CreatePkAfterFullLoad",
    "FullLoadSettings.TargetTablePrepMode",
    "Logging",
    "TargetMetadata.LimitedSizeLobMode",
    "TargetMetadata.LobMaxSize",
    "ValidationSettings",
    "ValidationSettings.EnableValidation",
    "ValidationSettings.FailureMaxCount",
  ]);
  assert.match(told.get("FullLoadSettings.TargetTablePrepMode")!, /--mode truncate/);
  assert.match(told.get("ValidationSettings")!, /ThreadCount, PartitionSize/);
});

const modes: Readonly<Record<string, RegExp>> = {
  DO_NOTHING: /--data-only/,
  DROP_AND_CREATE: /no file drops tables/,
  TRUNCATE_BEFORE_LOAD: /no file empties tables/,
};
for (const [mode, message] of Object.entries(modes)) {
  test(`TargetTablePrepMode ${mode} changes nothing by itself`, () => {
    const { warnings, settings } = read({ FullLoadSettings: { TargetTablePrepMode: mode } });
    assert.deepEqual(settings, {});
    assert.match(warnings[0]!.message, message);
  });
}

for (const word of ["IGNORE_RECORD", "LOG_ERROR", "SUSPEND_TABLE"]) {
  test(`${word} leaves no row out`, () => {
    const { warnings } = read({ ErrorBehavior: { DataErrorPolicy: word } });
    assert.match(warnings[0]!.message, /a row that does not fit stops the copy/);
  });
}

const refused: readonly (readonly [value: unknown, message: RegExp])[] = [
  [
    { FullLoadSettings: { MaxFullLoadSubTasks: 50 } },
    /FullLoadSettings\.MaxFullLoadSubTasks: .*from 1 to 49/,
  ],
  [{ FullLoadSettings: { CommitRate: 60000 } }, /CommitRate/],
  [{ FullLoadSettings: { TargetTablePrepMode: "DROP" } }, /TargetTablePrepMode: "DROP" is not known/],
  [{ FullLoadSettings: {}, Loging: {} }, /Loging: the key is not known/],
  [{ ErrorBehavior: { DataErrorPolicy: "IGNORE" } }, /IGNORE is not known/],
  [{ FullLoadSettings: [] }, /FullLoadSettings: an object was expected/],
];
for (const [value, message] of refused) {
  test(`${JSON.stringify(value)} is refused`, () => {
    assert.throws(() => read(value), { code: "GW7008", message });
  });
}

test("one file says what becomes of tables, and one how", () => {
  assert.throws(() => readRules([document(mapping()), document({ tables: {} })]), /only one file/);
  assert.throws(
    () => readRules([document({ Logging: {} }), document({ Logging: {} })]),
    /second task settings/,
  );
});

test("settings that are called like what every object has are told, too", () => {
  const settings = document({ FullLoadSettings: { toString: 1, constructor: 2 } });
  const rules = readRules([document(mapping(), "mapping.json"), settings]);
  assert.match(rules.warnings.map(({ message }) => message).join(), /no such setting: toString, constructor/);
});
