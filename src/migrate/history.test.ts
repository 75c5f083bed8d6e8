import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type HistoryRow, historyRowHash } from "../run/ledger.ts";
import { belowBaseline, contentHash, foldHistory, verifyHistory } from "./history.ts";

type Body = Partial<Pick<HistoryRow, "action" | "version" | "name" | "sqlHash" | "rawHash">>;

function append(rows: readonly HistoryRow[], body: Body): HistoryRow[] {
  const last = rows.at(-1);
  const row = {
    seq: (last?.seq ?? 0) + 1,
    version: "1",
    name: "V1__a",
    kind: "versioned" as const,
    action: "apply" as const,
    rawHash: "raw",
    sqlHash: "sql",
    runId: "run",
    epoch: 1,
    actor: "me",
    tool: "0.1.0",
    appliedAt: "2026-01-31T09:30:00.000Z",
    durationMs: 12,
    prevHash: last?.rowHash ?? "",
    ...body,
  };
  return [...rows, { ...row, rowHash: historyRowHash(row) }];
}

const chain = (...bodies: readonly Body[]) => bodies.reduce<HistoryRow[]>(append, []);
const verify = (history: readonly HistoryRow[], lastRecordedSeq = history.at(-1)?.seq ?? 0) =>
  verifyHistory({ history, lastRecordedSeq });
const sound = chain({ version: "1" }, { version: "2" }, { version: "3" }, { version: "4" });

test("an untouched chain is sound, and so is an empty one", () => {
  verify(sound);
  verify([]);
});

test("any change of any field of any row is found", () => {
  const row = fc.nat({ max: sound.length - 1 });
  const field = fc.constantFrom(...(Object.keys(sound[0] ?? {}) as (keyof HistoryRow)[]));
  fc.assert(
    fc.property(row, field, fc.oneof(fc.string(), fc.nat()), (at, key, value) => {
      const edited = sound.map((each, index) => (index === at ? { ...each, [key]: value } : each));
      fc.pre(edited[at]?.[key] !== sound[at]?.[key]);
      assert.throws(() => verify(edited, sound.length), { code: "GW5004" });
    }),
    { numRuns: 300 },
  );
});

test("any set of rows taken out, and any two exchanged, is found", () => {
  fc.assert(
    fc.property(fc.subarray(sound, { maxLength: sound.length - 1 }), (rest) => {
      assert.throws(() => verify(rest, sound.length), { code: "GW5004" });
    }),
  );
  for (const [a, b] of [
    [0, 1],
    [1, 3],
    [0, 3],
  ] as const) {
    const swapped = sound.with(a, sound[b] as HistoryRow).with(b, sound[a] as HistoryRow);
    assert.throws(() => verify(swapped), { code: "GW5004" });
  }
});

test("the error names the first row that does not fit", () => {
  const edited = sound.with(2, { ...(sound[2] as HistoryRow), actor: "you" });
  assert.throws(() => verify(edited), { message: /^history row 3 .*was edited$/ });
  assert.throws(() => verify(sound.toSpliced(1, 1)), {
    message: /^history row 3 .*row 1: a row was removed/,
  });
  assert.throws(() => verify(sound.slice(0, 2), 4), { message: /^history row 4 was recorded/ });
});

test("a reseal accepts what was before it as it was then, and nothing else", () => {
  const broken = sound.toSpliced(1, 1);
  const sealed = append(append(broken, { action: "reseal", version: "", sqlHash: contentHash(broken) }), {
    version: "9",
  });
  verify(sealed);
  for (let at = 0; at < sealed.length; at++) {
    const edited = sealed.with(at, { ...(sealed[at] as HistoryRow), name: "x" });
    assert.throws(() => verify(edited), { code: "GW5004" }, `row ${at}`);
    assert.throws(
      () => verify(sealed.toSpliced(at, 1), sealed.at(-1)?.seq),
      { code: "GW5004" },
      `without ${at}`,
    );
  }
  const forged = append(broken, { action: "reseal", version: "", sqlHash: "x" });
  assert.throws(() => verify(forged), { code: "GW5004" });
});

test("the present state is the fold of what was done", () => {
  const history = foldHistory(
    chain(
      { action: "baseline", version: "3" },
      { version: "4", rawHash: "old", sqlHash: "old" },
      { version: "5" },
      { action: "accept", version: "4", rawHash: "new", sqlHash: "new" },
      { action: "accept", version: "77", rawHash: "new", sqlHash: "new" },
      { action: "rollback", version: "5" },
      { version: "6" },
      { action: "forget", version: "6" },
      { version: "7" },
      { action: "rollback", version: "7" },
      { version: "7" },
    ),
  );
  assert.deepEqual([...history.applied.keys()], ["4", "7"]);
  assert.deepEqual([history.applied.get("4")?.rawHash, history.applied.get("7")?.seq], ["new", 11]);
  assert.deepEqual(
    ["2", "3", "3.0.1", "4"].map((version) => belowBaseline(history, version)),
    [true, true, false, false],
  );
  assert.equal(belowBaseline(foldHistory([]), "0"), false);
});
