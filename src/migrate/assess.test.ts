import assert from "node:assert/strict";
import { test } from "node:test";
import type { HistoryRow, LedgerState, StepRecord } from "../run/ledger.ts";
import { assess, halfDone, judgeAssessment } from "./assess.ts";
import type { Contents } from "./content.ts";
import type { Migration } from "./folder.ts";

const migration = (version: string): Migration => ({
  version,
  name: version.startsWith("R__") ? version : `V${version}__x`,
  kind: version.startsWith("R__") ? "repeatable" : "versioned",
  form: "flyway",
  up: version,
  script: false,
  down: null,
});

/** Files whose raw and SQL hashes are the words before and after the slash. */
function contentsOf(hashes: Readonly<Record<string, string>>): Contents {
  const part = (version: string, at: number) => (hashes[version] ?? "raw/sql").split("/")[at] ?? "";
  return {
    up: ({ version }) => ({ path: version, text: "", rawHash: part(version, 0) }),
    down: () => null,
    sqlHash: ({ version }) => part(version, 1),
    hashText: () => "",
  };
}

function row(version: string, action: HistoryRow["action"] = "apply"): HistoryRow {
  const { name, kind } = migration(version);
  const rest = { runId: "r", epoch: 1, actor: "me", tool: "1", appliedAt: "then", durationMs: 1 };
  return {
    ...rest,
    seq: 1,
    version,
    name,
    kind,
    action,
    rawHash: "raw",
    sqlHash: "sql",
    prevHash: "",
    rowHash: "",
  };
}

function ledgerOf(
  history: readonly HistoryRow[],
  steps: readonly StepRecord[] = [],
  kind = "apply",
): LedgerState {
  const unfinished = steps.length === 0 ? null : ({ id: "r", kind } as LedgerState["unfinished"]);
  return { version: 1, history, unfinished, steps, lastRecordedSeq: 0 };
}

const step = (
  unit: string,
  number: number,
  state: StepRecord["state"],
  historySeq: number | null = null,
): StepRecord => ({
  key: `${unit}/up/${number}`,
  unit,
  hash: "",
  state,
  captured: null,
  historySeq,
  sessionOnly: false,
});

const states = (
  folder: readonly string[],
  ledger: LedgerState,
  hashes: Readonly<Record<string, string>> = {},
) =>
  assess(folder.map(migration), ledger, contentsOf(hashes)).migrations.map(
    ({ version, state, outOfOrder }) => `${version} ${state}${outOfOrder ? " late" : ""}`,
  );

test("pending is a set difference; older than the newest applied is late", () => {
  assert.deepEqual(states(["1", "2", "3", "4"], ledgerOf([row("1"), row("3")])), [
    "1 applied",
    "2 pending late",
    "3 applied",
    "4 pending",
  ]);
  assert.deepEqual(states(["1.9", "1.10"], ledgerOf([row("1.9")])), ["1.9 applied", "1.10 pending"]);
  assert.deepEqual(states(["1.9", "1.10"], ledgerOf([row("1.10")])), ["1.9 pending late", "1.10 applied"]);
});

test("edited, reformatted, missing, outdated", () => {
  const ledger = ledgerOf([row("1"), row("2"), row("3"), row("R__a"), row("R__b")]);
  const hashes = { "1": "new/sql", "2": "new/new", R__a: "new/sql", R__b: "new/new" };
  assert.deepEqual(states(["1", "2", "R__a", "R__b"], ledger, hashes), [
    "1 reformatted",
    "2 edited",
    "3 missing",
    "R__a reformatted",
    "R__b outdated",
  ]);
});

test("a baseline stands for what is below it, and later ones are late only if something newer is applied", () => {
  const ledger = ledgerOf([row("2", "baseline"), row("4")]);
  assert.deepEqual(states(["1", "2", "3", "4", "5", "R__a"], ledger), [
    "1 baseline",
    "2 baseline",
    "3 pending late",
    "4 applied",
    "5 pending",
    "R__a pending",
  ]);
});

test("half of a unit counts only until the unit is complete, whatever came of it later", () => {
  const steps = [step("1", 1, "done"), step("1", 2, "done", 1), step("2", 1, "done"), step("2", 2, "failed")];
  assert.deepEqual([...halfDone({ steps })], [["2", 1]]);
  assert.deepEqual([...halfDone({ steps: [step("3", 1, "failed")] })], []);
  assert.deepEqual([...halfDone({ steps: [step("3", 1, "started")] })], [["3", 0]]);
  assert.deepEqual(states(["1", "2"], ledgerOf([row("1")], steps)), ["1 applied", "2 half-applied"]);
  // A setting is gone with its session.
  const set = { ...step("3", 1, "done"), sessionOnly: true };
  assert.deepEqual([...halfDone({ steps: [set, step("3", 2, "failed")] })], []);
  assert.deepEqual([...halfDone({ steps: [set, step("3", 2, "done")] })], [["3", 1]]);
  // Rolled back by another run since.
  const back = ledgerOf([row("1"), row("1", "rollback")], steps);
  assert.deepEqual(states(["1", "2"], back), ["1 pending", "2 half-applied"]);
  const undoing = ledgerOf([row("1")], [step("1", 1, "done")], "rollback");
  assert.deepEqual(states(["1"], undoing), ["1 half-rolled-back"]);
});

test("what stands in the way, by policy", () => {
  const judged = (outOfOrder: "error" | "warn" | "allow") => {
    const ledger = ledgerOf([row("1"), row("3"), row("4"), row("5")]);
    const folder = ["1", "2", "3", "4"].map(migration);
    const assessment = assess(folder, ledger, contentsOf({ "3": "new/new", "4": "new/sql" }));
    const { errors, warnings } = judgeAssessment(assessment, { outOfOrder });
    return [errors.map(({ code }) => code), warnings.map(({ code }) => code)];
  };
  assert.deepEqual(judged("error"), [["GW5003", "GW5001", "GW5002"], ["GW5001"]]);
  assert.deepEqual(judged("warn"), [
    ["GW5001", "GW5002"],
    ["GW5003", "GW5001"],
  ]);
  assert.deepEqual(judged("allow"), [["GW5001", "GW5002"], ["GW5001"]]);
});
