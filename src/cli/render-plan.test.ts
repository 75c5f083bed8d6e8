import assert from "node:assert/strict";
import { test } from "node:test";
import { type ObjectsStep, type ParallelStep, sealPlan, type SqlStep, type Statement } from "../core/plan.ts";
import { stepBlocks } from "./document/plan-sections.ts";
import { makePaint } from "./paint.ts";
import { planText } from "./render-plan.ts";

const statement = (text: string, line: number, label: string): Statement => ({
  text,
  offset: 0,
  line,
  column: 1,
  label,
  transactional: true,
  session: false,
  effect: { type: "transactional" },
});
const set = statement("SET x = 1", 1, "SET");
const step: SqlStep = {
  kind: "sql",
  key: "1/up/1",
  title: "t",
  hash: "",
  unit: "1",
  unitTitle: "1_a",
  limits: {},
  undo: "its down file",
  history: [],
  file: "/project/migrations/1_a.up.sql",
  transaction: true,
  statements: [set, statement("CREATE TABLE a (\n  id int\n)", 2, "CREATE TABLE")],
  preamble: [],
};

test("each migration's steps with transaction boundaries, limits and what a resumed run repeats", () => {
  const bare: SqlStep = {
    ...step,
    key: "1/up/3",
    transaction: false,
    limits: { statementTimeoutMs: 3_600_000, lockTimeoutMs: 0 },
    statements: [statement("CREATE INDEX CONCURRENTLY i ON a (id)", 6, "CREATE INDEX CONCURRENTLY")],
    preamble: [set],
  };
  const target = { engine: "postgres", server: "", database: "app", historyHead: "" };
  const plan = sealPlan({ kind: "apply", target, steps: [step, bare], hazards: [] });
  assert.equal(
    planText(plan, { paint: makePaint(false), cwd: "/project" }),
    [
      "1 migration in 2 steps on app",
      "",
      "1_a  migrations/1_a.up.sql",
      "  undo: its down file",
      "  BEGIN",
      "    -- line 1: SET",
      "    SET x = 1;",
      "    -- line 2: CREATE TABLE",
      "    CREATE TABLE a (",
      "      id int",
      "    );",
      "  COMMIT",
      "  when resumed here, repeats first:",
      "    SET x = 1;",
      "  NO TRANSACTION lock timeout none, statement timeout 1h 00m",
      "    -- line 6: CREATE INDEX CONCURRENTLY",
      "    CREATE INDEX CONCURRENTLY i ON a (id);",
      "",
    ].join("\n"),
  );
});

test("nothing that a copy's steps would send is left out, on a terminal and in a document", () => {
  const sending = (text: string): SqlStep => ({ ...step, statements: [statement(text, 1, "X")] });
  const keys: ParallelStep = { ...step, kind: "parallel", steps: [sending("MAKE KEY")], jobs: 2 };
  const objects: ObjectsStep = {
    ...step,
    kind: "objects",
    objects: [
      {
        what: "view",
        name: "v",
        needs: [],
        settings: ["SET MODE"],
        make: [sending("MAKE VIEW")],
        drop: sending("DROP IT"),
        compared: null,
      },
    ],
  };
  const target = { engine: "postgres", server: "", database: "app", historyHead: "" };
  const plan = sealPlan({ kind: "copy", target, steps: [keys, objects], hazards: [] });
  const shown = [
    planText(plan, { paint: makePaint(false), cwd: "/" }),
    JSON.stringify(stepBlocks(plan.steps)),
  ];
  for (const text of ["MAKE KEY", "SET MODE", "MAKE VIEW", "DROP IT"]) {
    assert.deepEqual(
      shown.map((each) => each.includes(`${text};`)),
      [true, true],
      text,
    );
  }
});
