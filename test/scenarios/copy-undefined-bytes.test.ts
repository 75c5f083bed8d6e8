import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GodwitError } from "../../src/index.ts";
import { copyable, withPair } from "../support/laboratory/pair.ts";
import type { TargetName } from "../support/servers.ts";

/* Bytes that a character set lets in without having a character for them: the server would send "?" in their place. */

/** By column: a character set, such bytes, and bytes that look like a loss and are none. */
const texts = [
  ["sjis", "61854062", ["3F61", "8148", "815F", "A13F"]],
  ["cp932", "618540", ["3F", "8148", "ED40", "FA5C", "81CA"]],
  ["gbk", "A14061", ["3F", "A3BF"]],
  ["big5", "A15A", ["3F", "A148", "F9D6", "A2CE"]],
  ["euckr", "C9A13F", ["3F", "A3BF"]],
  ["cp1257", "41A1", ["3F", "BF"]],
  ["swe7", "8041", ["3F", "5B"]],
  ["tis620", "A0", ["3F", "A1", "FF"]],
  ["ucs2", "0061D800", ["003F", "FF1F", "FFFD"]],
  ["gb18030", null, ["3F", "8431A437", "A3BF"]],
  ["latin1", null, ["3F", "81", "FF"]],
  ["utf16", null, ["003F", "FFFD", "D83DDE00"]],
] as const;

describe("bytes that their character set has no character for", { concurrency: 2 }, async () => {
  const engines = await copyable();
  for (const source of engines.filter(({ engine }) => engine === "mysql")) {
    const own = texts.filter(([charset]) => charset !== "gb18030" || source.name === "mysql");
    for (const to of ["postgres", "sqlite", source.name] as readonly TargetName[]) {
      const target = engines.find(({ name }) => name === to)!;
      test(`${source.name} to ${to}`, { skip: source.skip || target.skip }, () =>
        withPair(source.name, to, async (pair) => {
          const rows = own.flatMap(([charset, , sound]) => sound.map((hex) => [charset, hex] as const));
          const insert = ([charset, hex]: readonly [string, string], id: number) =>
            `INSERT INTO t (id, v_${charset}) VALUES (${id}, _${charset} x'${hex}')`;
          await pair.prepare([
            `CREATE TABLE t (id int PRIMARY KEY, ${own.map(([charset]) => `v_${charset} ${charset === "cp1257" ? "char" : "varchar"}(9) CHARACTER SET ${charset}`).join(", ")})`,
            ...rows.map(insert),
            // A pattern over so long a text would meet a limit of the server.
            "ALTER TABLE t ADD long_ucs2 longtext CHARACTER SET ucs2",
            "INSERT INTO t (id, long_ucs2) VALUES (99, REPEAT('a', 1000000))",
          ]);
          await pair.copy();
          assert.equal((await pair.verify()).equal, true);

          const lossy = own.flatMap(([charset, hex]) => (hex === null ? [] : [[charset, hex] as const]));
          await pair.prepare(lossy.map((row, n) => insert(row, 100 + n)));
          const names = lossy.map(([charset]) => `t.v_${charset}:undefined-bytes`);
          await assert.rejects(pair.copy({ mode: "truncate" }), (error: GodwitError) => {
            assert.equal(error.code, "GW7003");
            assert.equal(error.outcome, "unchanged");
            const losses = (error.details as { losses: { name: string; rows: string; examples: object[] }[] })
              .losses;
            assert.deepEqual(
              losses.map(({ name, rows, examples }) => [name, rows, examples]),
              lossy.map(([, hex], n) => [
                names[n],
                "1",
                [{ key: [String(100 + n)], value: `\\x${hex.toLowerCase()}` }],
              ]),
            );
            return true;
          });

          // What the server makes of a half of a pair of UTF-16 is no text to all of the others.
          await pair.prepare(["DELETE FROM t WHERE v_ucs2 = _ucs2 x'0061D800'"]);
          await pair.copy({ mode: "truncate", allow: names });
          assert.equal((await pair.verify({ allow: names })).equal, true);
          const unaware = await pair.verify();
          // The bytes are no part of any repair: no statement could write them.
          const told = unaware.tables[0]!.listed.map(({ values, repair }) => [values[0]!.source, repair]);
          const kept = lossy.filter(([charset]) => charset !== "ucs2");
          assert.deepEqual(
            told,
            kept.map(([charset, hex]) => [
              `x'${hex.toLowerCase()}', which ${charset} has no characters for`,
              null,
            ]),
          );
        }),
      );
    }
  }
});
