import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { areUsualRows, type UsualField } from "./usual-rows.ts";

const end = Buffer.from([0xff]);

function isUsual(shape: UsualField["shape"], text: string, longest = Infinity): boolean {
  return areUsualRows(Buffer.concat([Buffer.from(text), end]), 1, [{ shape, longest }]);
}

test("a day is usual exactly if SQLite's calendar has it", () => {
  const database = new DatabaseSync(":memory:");
  const ask = database.prepare("SELECT ?1 >= '0001' AND date(?1) IS ?1 AS yes");
  const two = (n: number) => String(n).padStart(2, "0");
  for (const year of [0, 1, 4, 99, 100, 400, 1582, 1900, 1999, 2000, 2023, 2024, 2100, 9999]) {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 33; day++) {
        const text = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
        const want = ask.get(text)!.yes === 1;
        assert.equal(isUsual("date", text), want, text);
        assert.equal(isUsual("timestamp", `${text} 23:59:59`), want, text);
      }
    }
  }
  database.close();
});

test("dates and times are usual by their spelling", () => {
  const day = "2024-02-29";
  for (const text of [
    "",
    day.slice(1),
    `${day} `,
    `${day}\0`,
    "2024/02/29",
    "2024-2-029",
    "20240-02-2",
    "2O24-02-29",
  ])
    assert.equal(isUsual("date", text), false, JSON.stringify(text));
  for (const text of ["00:00:00", "23:59:59"]) assert.equal(isUsual("time", text), true, text);
  for (const text of ["24:00:00", "23:60:00", "23:59:60", "23:59", "23:59:59.5", "-1:00:00"])
    assert.equal(isUsual("time", text), false, text);
  for (const rest of [" 03:04:05", " 03:04:05.1", " 03:04:05.123456"])
    assert.equal(isUsual("timestamp", day + rest), true, rest);
  for (const rest of [
    "",
    "T03:04:05",
    " 03:04:05.",
    " 03:04:05.1234567",
    " 03:04:05.1x",
    " 24:00:00",
    " 03:04:05Z",
  ])
    assert.equal(isUsual("timestamp", day + rest), false, rest);
  assert.equal(isUsual("timestamp", `${day} 03:04:05.1234`, 23), false);
});

test("texts are usual that are UTF-8 without U+0000, not too long, and so many", () => {
  const fields = [
    { shape: "text", longest: 4 },
    { shape: "text", longest: Infinity },
  ] as const;
  const check = (hex: string, rows = 1) => areUsualRows(Buffer.from(hex, "hex"), rows, fields);
  assert.equal(check("41ff42ff"), true);
  assert.equal(check("ffff"), true);
  assert.equal(check("fd4efffd4eff"), true);
  assert.equal(check("f09f8cb2ffc5bcff41ffff", 2), true);
  for (const hex of [
    "",
    "41ff",
    "41ff42ff43ff",
    "41ff42",
    "4100ffff",
    "4142434445ffff",
    "feffff",
    "c5ffbcff",
    "fdffff",
  ])
    assert.equal(check(hex), false, hex);
});
