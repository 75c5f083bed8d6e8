import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusReport } from "../migrate/index.ts";
import { makePaint } from "./paint.ts";
import { nextCommand, statusText } from "./render-status.ts";

type Entry = StatusReport["migrations"][number];
const entry: Entry = {
  version: "1",
  name: "V1__a",
  kind: "versioned",
  state: "applied",
  fileMissing: false,
  outOfOrder: false,
  appliedAt: "2026-01-31T09:30:00.000Z",
  durationMs: 12,
  progress: null,
};
const run = {
  id: "0192abcd-0000",
  kind: "apply",
  state: "resumable",
  epoch: 1,
  startedAt: "2026-01-31T09:30:00.000Z",
  holder: null,
  error: { code: "GW6001", message: "no such table" },
} as const;
const report: StatusReport = {
  database: "sqlite:app.db",
  migrations: [entry],
  counts: { applied: 1, pending: 0, problems: 0 },
  baseline: null,
  run: null,
  problems: [],
  warnings: [],
};
const paint = makePaint(false);

test("a half-applied migration says how far it came and where it goes on", () => {
  const progress = {
    doneStatements: 2,
    totalStatements: 5,
    next: { number: 3, line: 7, label: "CREATE INDEX" },
  };
  const half: Entry = {
    ...entry,
    version: "2",
    name: "V2__b",
    state: "half-applied",
    appliedAt: null,
    durationMs: null,
    progress,
  };
  const text = statusText({ ...report, migrations: [entry, half], run }, paint);
  assert.equal(
    text,
    [
      "database sqlite:app.db",
      "",
      "  version  name   state                            applied at",
      "  1        V1__a  applied                          2026-01-31 09:30:00  12 ms",
      "  2        V2__b  half-applied, 2 of 5 statements",
      "",
      "1 applied, 0 pending",
      "apply 0192abcd was interrupted; begun 2026-01-31 09:30:00",
      "  V2__b is half applied: 2 of 5 statements took effect",
      "  it goes on with statement 3, line 7: CREATE INDEX",
      "  it stopped with GW6001: no such table",
      "next: godwit apply",
      "",
    ].join("\n"),
  );
});

test("the next command fits the state", () => {
  const problem = { code: "GW5001", message: "m", hint: "h" };
  assert.equal(nextCommand(report), null);
  assert.equal(nextCommand({ ...report, counts: { ...report.counts, pending: 1 } }), "godwit apply");
  assert.equal(nextCommand({ ...report, run: { ...run, kind: "rollback" } }), "godwit rollback");
  assert.equal(nextCommand({ ...report, problems: [problem], run }), null);
  const blocked = {
    ...run,
    state: "blocked" as const,
    error: { code: "GW4004", details: { key: "1/up/2" } },
  };
  assert.match(nextCommand({ ...report, run: blocked }) ?? "", /repair --done 1\/up\/2/);
});

test("names from files and servers cannot garble the table", () => {
  const text = statusText({ ...report, migrations: [{ ...entry, name: "a\u001b[2J\nb" }] }, paint);
  assert.match(text, /a\\x1b\[2J b/);
});
