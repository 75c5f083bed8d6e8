import assert from "node:assert/strict";
import { test } from "node:test";
import { tableReport } from "./table-report.ts";

const columns = ["Table", "Op", "Msg_type", "Msg_text"];

function reportOf(...rows: readonly (readonly [type: string, text: string])[]) {
  const report = tableReport("CHECK TABLE t", columns);
  assert.ok(report);
  for (const [type, text] of rows) report.add({ Table: "d.t", Op: "check", Msg_type: type, Msg_text: text });
  return report;
}

test("an error is a failure, notes and warnings are none", () => {
  const sound = reportOf(
    ["note", "Table does not support optimize"],
    ["warning", "1 client"],
    ["status", "OK"],
  );
  assert.equal(sound.failure(), null);
  assert.deepEqual(sound.warnings, ["d.t: 1 client"]);
  assert.equal(
    reportOf(["error", "Corrupt"], ["status", "Operation failed"]).failure()?.message,
    "d.t: Corrupt",
  );
  assert.equal(reportOf(["status", "Operation failed"]).failure()?.message, "d.t: Operation failed");
});

test("a report of any length is kept small", () => {
  const report = reportOf();
  for (let n = 0; n < 1_000; n++)
    report.add({ Table: "d.t", Op: "check", Msg_type: "Warning", Msg_text: String(n) });
  assert.equal(report.warnings.length, 20);
});

test("a query with such columns is no report", () => {
  assert.equal(tableReport("SELECT * FROM log -- optimize", columns), null);
  assert.equal(tableReport("OPTIMIZE TABLE t", ["a"]), null);
  assert.ok(tableReport("-- x\n/* select */ optimize table t", columns));
  assert.ok(tableReport("/*M!100100 ANALYZE TABLE t */", columns));
  assert.ok(tableReport("ALTER TABLE t CHECK PARTITION p", columns));
});
