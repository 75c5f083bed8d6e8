import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CopyPlan } from "../../src/copy/index.ts";
import { applyPlan, backupCreate, backupRestore, copy, freezeCopy, GodwitError } from "../../src/index.ts";
import { databaseOf } from "../support/backed-up.ts";
import { godwit } from "../support/cli.ts";
import { clientText } from "../support/laboratory/client-rows.ts";
import { copyable, withPair } from "../support/laboratory/pair.ts";
import { makeProject } from "../support/project.ts";
import { administer, target, type TargetName, withDatabase } from "../support/servers.ts";

/*
 * Bytes that a character set lets in without having a character for them: the server would send "?" in their place. And
 * characters with two codes, of which the server would send back one. Within one product neither is lost.
 */

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
    const other = source.name === "mysql" ? "mariadb" : "mysql";
    for (const to of ["postgres", "sqlite", other] as readonly TargetName[]) {
      const receiver = engines.find(({ name }) => name === to)!;
      test(`${source.name} to ${to}`, { skip: source.skip || receiver.skip }, () =>
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
            // A label with such bytes: the catalogue has a question mark for it.
            "ALTER TABLE t ADD label enum('a', x'8540') CHARACTER SET cp932",
          ]);
          await pair.copy();
          assert.equal((await pair.verify()).equal, true);

          const lossy = own.flatMap(([charset, hex]) => (hex === null ? [] : [[charset, hex] as const]));
          await pair.prepare([
            ...lossy.map((row, n) => insert(row, 100 + n)),
            "INSERT INTO t (id, label) VALUES (200, 2)",
          ]);
          const names = [...lossy.map(([charset]) => `t.v_${charset}`), "t.label"].map(
            (column) => `${column}:undefined-bytes`,
          );
          await assert.rejects(pair.copy({ mode: "truncate" }), (error: GodwitError) => {
            assert.equal(error.code, "GW7003");
            assert.equal(error.outcome, "unchanged");
            const losses = (error.details as { losses: { name: string; rows: string; examples: object[] }[] })
              .losses;
            assert.deepEqual(
              losses.map(({ name, rows, examples }) => [name, rows, examples]),
              [...lossy.map(([, hex], n) => [hex, String(100 + n)] as const), ["8540", "200"] as const].map(
                ([hex, id], n) => [names[n], "1", [{ key: [id], value: `\\x${hex.toLowerCase()}` }]],
              ),
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
            [...kept, ["cp932", "8540"] as const].map(([charset, hex]) => [
              `x'${hex.toLowerCase()}', which ${charset} has no characters for`,
              null,
            ]),
          );
        }),
      );
    }
  }
});

/** The catalogues have a question mark for each character that is none, and for each beyond three bytes; MySQL's end bytes at a zero. */
const inCatalogues = `CREATE TABLE t (id int PRIMARY KEY,
  unseen enum('a', x'8540') CHARACTER SET cp932, face set('b', '😀'), sure enum('why?') CHARACTER SET latin1 DEFAULT 'why?', seen enum('a?'),
  lost varchar(9) CHARACTER SET cp932 DEFAULT x'8540', kept varchar(9) DEFAULT '?😀', plain varchar(9) CHARACTER SET cp932 DEFAULT '?',
  bytes varbinary(9) DEFAULT x'6100FF', filled binary(3) DEFAULT x'FF', zero varchar(9) CHARACTER SET latin1 DEFAULT x'00E9', made blob DEFAULT (x'6100'))`;

for (const source of ["mariadb", "mysql"] as const) {
  test(
    `${source}: labels that no row shows are told, and defaults are what they are without rows`,
    { skip: target(source).skip },
    () =>
      withPair(source, source, async (pair) => {
        await pair.prepare([inCatalogues]);
        const defaults = (name: TargetName, url: string, ...columns: readonly string[]) =>
          clientText(
            name,
            url,
            `SELECT ${columns.map((each) => `HEX(DEFAULT(${each}))`).join(", ")} FROM (SELECT 1) AS one LEFT JOIN t ON FALSE`,
          ).trim();
        // Where nothing shows what they are.
        const { stdout } = await godwit(["copy", pair.source, pair.target, "--plan", "--json"]);
        const { survey } = JSON.parse(stdout) as Pick<CopyPlan, "survey">;
        const unseen = (all: typeof survey.objects.undone) => all.map(({ what, name }) => `${what} ${name}`);
        assert.deepEqual(unseen(survey.objects.undone), [
          "unseen label unseen on t",
          "unseen label face on t",
          "unseen label seen on t",
        ]);
        await pair.prepare(["INSERT INTO t (id, face, seen, lost) VALUES (1, 2, 1, 'a')"]);
        const told = await copy({ env: {}, source: pair.source, target: pair.target });
        assert.deepEqual(unseen(told.undone), ["unseen label unseen on t"]);
        for (const url of [pair.source, pair.target]) {
          assert.equal(
            defaults(source, url, "lost", "kept", "plain", "sure", "bytes", "filled", "zero"),
            "8540\t3FF09F9880\t3F\t7768793F\t6100FF\tFF0000\t00E9",
          );
        }

        for (const to of ["mariadb", "mysql", "postgres", "sqlite"] as const) {
          if (to === source || target(to).skip !== false) continue;
          await withDatabase(to, async (url) => {
            const given = { source: pair.source, target: url, allow: ["t.zero:nul-character"] };
            const { undone, parts } = await copy({ env: {}, ...given });
            assert.deepEqual(unseen(undone), ["unseen label unseen on t"], to);
            assert.deepEqual(
              parts.filter((part) => part.startsWith("default")),
              [
                "default of t.lost: _cp932 x'8540'",
                ...(to === "postgres" || to === "sqlite"
                  ? [source === "mysql" ? "default of t.zero: '\0é'" : "default of t.zero: '\\0é'"]
                  : []),
              ],
              to,
            );
            if (to === "mariadb" || to === "mysql") {
              assert.equal(
                defaults(to, url, "lost", "kept", "plain", "bytes", "filled", "zero"),
                "NULL\t3FF09F9880\t3F\t6100FF\tFF0000\t00C3A9",
              );
            } else if (to === "postgres") {
              const made = "INSERT INTO t (id) VALUES (9) RETURNING concat_ws(' ', kept, bytes, filled)";
              assert.equal(clientText(to, url, made), "?😀 \\x6100ff \\xff0000");
            }
          });
        }
      }),
  );
}

/** By column: its declaration, and texts of it that do not come back from Unicode as they were. */
const exact = [
  ["varchar(9) CHARACTER SET cp932", ["ED40", "FA5C", "858540", "ED402020", "5C0941"]],
  ["char(9) CHARACTER SET cp932", ["ED40", "FA5C", "8540", "41"]],
  ["longtext CHARACTER SET sjis", ["5C", "815F", "8540"]],
  ["varchar(9) CHARACTER SET gbk", ["A140", "A2A1", "41"]],
  ["varchar(9) CHARACTER SET big5", ["A15A", "A1C3", "41"]],
  ["varchar(9) CHARACTER SET euckr", ["C9A1", "A2E8", "41"]],
  ["varchar(9) CHARACTER SET gb2312", ["A2A1", "B0A1", "41"]],
  ["varchar(9) CHARACTER SET ujis", ["A1C0", "8FA2B7", "41"]],
  ["varchar(9) CHARACTER SET eucjpms", ["A2AF", "8FF3F3", "41"]],
  ["varchar(9) CHARACTER SET armscii8", ["A4", "A5", "29"]],
  ["varchar(9) CHARACTER SET cp1257", ["A1", "A0", "41"]],
  ["varchar(9) CHARACTER SET swe7", ["80", "5B", "41"]],
  ["char(9) CHARACTER SET ucs2", ["0061D800", "0020D800", "0041"]],
  ["varchar(9) CHARACTER SET utf32", ["00000041", "0001F600", "0000FFFD"]],
  ["varchar(9) CHARACTER SET latin1", ["81", "FF", "80"]],
  ["varchar(9) CHARACTER SET utf8mb4", ["F09F9880", "41", "EFBFBD"]],
] as const;

test(
  "a text that is too long for the server's functions shows its loss",
  { skip: target("mariadb").skip },
  () =>
    withPair("mariadb", "sqlite", async (pair) => {
      await pair.prepare([
        "CREATE TABLE t (id int PRIMARY KEY, v longtext CHARACTER SET gbk)",
        // In UTF-8 it is longer than max_allowed_packet.
        "INSERT INTO t VALUES (1, CONCAT(REPEAT(_gbk x'B0A1', 6000000), _gbk x'A140'))",
      ]);
      const allow = ["t.v:undefined-bytes"];
      await assert.rejects(pair.copy(), (error: GodwitError) => error.code === "GW7003");
      await pair.copy({ allow });
      const { equal, tables } = await pair.verify();
      assert.equal(equal, false);
      const [{ values, repair } = assert.fail()] = tables[0]!.listed;
      assert.match(
        values[0]!.source!,
        /^x'(b0a1)+\.\.\. of 12000002 bytes whose SHA-256 is [0-9a-f]{64}', which gbk has no characters for$/,
      );
      assert.equal(repair, null);
    }),
);

describe("within one product", { concurrency: 2 }, async () => {
  for (const { name, skip } of (await copyable()).filter(({ engine }) => engine === "mysql")) {
    const server = name as "mariadb" | "mysql";
    const charsetOf = (declaration: string) => / SET (\w+)/.exec(declaration)![1]!;
    const columns = exact.map(([declaration], n) => `c${n} ${declaration}`).join(", ");
    // The key is in such a character set, too, and has both codes of a character.
    const rows = Array.from({ length: 6 }, (_, row) => {
      const values = exact.map(([declaration, texts]) =>
        texts[row] === undefined ? "NULL" : `_${charsetOf(declaration)} x'${texts[row]}'`,
      );
      const key = ["8540", "ED40", "FA5C", "8541", "", "41"][row]!;
      return `INSERT INTO t (k, n, ${exact.map((_, n) => `c${n}`).join(", ")}) VALUES (_cp932 x'${key}', ${row}, ${values.join(", ")})`;
    });
    const prepared = [
      `CREATE TABLE t (k varchar(9) CHARACTER SET cp932 COLLATE cp932_bin, n int, ${columns},
        g varchar(20) CHARACTER SET cp932 GENERATED ALWAYS AS (CONCAT(c0, 'x')) STORED, PRIMARY KEY (k, n))`,
      ...rows,
      "ANALYZE TABLE t",
    ];
    /** What the server has, told by its driver: all columns as hexadecimal digits. */
    const bytesOf = (url: string) =>
      administer(
        server,
        (sql) => {
          const names = ["k", "g", ...exact.map((_, n) => `c${n}`)];
          return sql(
            `SELECT n, ${names.map((each) => `HEX(${each}) AS ${each}`).join(", ")} FROM t ORDER BY n`,
          );
        },
        url,
      );

    test(`${name}: texts keep their bytes in every way of copying`, { skip }, () =>
      withPair(server, server, async (pair) => {
        await pair.prepare(prepared);
        // Parts of a few rows, whose bounds are such texts.
        let chunks = 0;
        const stop = new AbortController();
        const onEvent = ({ type }: { readonly type: string }) => {
          if (type === "chunk:finished" && ++chunks === 1) stop.abort();
        };
        const parts = { chunkBytes: 4_096, onEvent };
        await assert.rejects(pair.copy({ ...parts, signal: stop.signal }), { code: "GW4006" });
        // It is seen by the copy that goes on, in a part that was done.
        await pair.prepare(["UPDATE t SET c0 = _cp932 x'FA5C8540' WHERE n = 4"]);
        await pair.copy(parts);
        assert.equal(chunks > 2, true, `${chunks} chunks`);
        const wanted = await bytesOf(pair.source);
        assert.equal(wanted.length, rows.length);
        assert.deepEqual(await bytesOf(pair.target), wanted);
        assert.equal((await pair.verify()).equal, true);

        // The other code of the same character is a difference, and the repair mends it; so is another key.
        await pair.change([
          "UPDATE t SET c0 = _cp932 x'FA5C' WHERE n = 0",
          "UPDATE t SET c3 = '?' WHERE n = 0",
          "DELETE FROM t WHERE n = 1",
        ]);
        const { equal, tables } = await pair.verify();
        assert.equal(equal, false);
        assert.deepEqual(
          tables[0]!.listed.map(({ kind, key, values }) => [kind, key, values.length]),
          [
            ["different", ["8540", "0"], 3],
            ["missing", ["ed40", "1"], exact.length + 3],
          ],
        );
        const [different] = tables[0]!.listed;
        assert.deepEqual(
          different!.values.map((each) => [each.column, each.source, each.target]),
          [
            ["c0", "ed40", "fa5c"],
            ["c3", "a140", "3f"],
            ["g", "ed4078", "fa5c78"],
          ],
        );
        for (const mode of ["truncate", "refresh", "upsert"] as const) {
          await pair.copy({ mode, chunkBytes: 4_096 });
          assert.deepEqual(await bytesOf(pair.target), wanted, mode);
          await pair.change(["UPDATE t SET c0 = _cp932 x'FA5C', c1 = 'a', c3 = '?' WHERE n < 3"]);
        }

        // Where the other side has another character set, they are texts, and their loss is told.
        await pair.change(["ALTER TABLE t MODIFY c3 varchar(9) CHARACTER SET utf8mb4"]);
        await assert.rejects(pair.copy({ mode: "truncate" }), (error: GodwitError) => {
          const { losses } = error.details as { losses: { name: string }[] };
          return losses.map((each) => each.name).join() === "t.c3:undefined-bytes";
        });
        await pair.copy({ mode: "truncate", allow: ["t.c3:undefined-bytes"] });
        const others = (all: readonly object[]) => all.map((row) => ({ ...row, c3: null }));
        assert.deepEqual(others(await bytesOf(pair.target)), others(wanted));
      }),
    );

    test(
      `${name}: a refused row tells its bytes, a repair has them, and a rule's value is a text`,
      { skip },
      () =>
        withPair(server, server, async (pair) => {
          await pair.prepare([
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) CHARACTER SET cp932, b varchar(9) CHARACTER SET cp932)",
            "INSERT INTO t VALUES (1, _cp932 x'FA5C', _cp932 x'ED40'), (2, NULL, _cp932 x'ED40FA5C')",
          ]);
          const table =
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(9) CHARACTER SET cp932, b varchar(1) CHARACTER SET cp932)";
          await pair.change([table]);
          await assert.rejects(pair.copy({ mode: "truncate" }), (error: GodwitError) => {
            assert.equal(error.code, "GW7002");
            assert.match(error.message, /row 2, column b, value \\xed40fa5c:/);
            return true;
          });
          await pair.change(["ALTER TABLE t MODIFY b varchar(9) CHARACTER SET cp932"]);
          await pair.copy({ mode: "truncate" });
          const bytes = "SELECT id, HEX(a) AS a, HEX(b) AS b FROM t ORDER BY id";
          const inside = (url: string) => administer(server, (sql) => sql(bytes), url);
          await pair.change(["UPDATE t SET b = _cp932 x'FA5C' WHERE id = 1", "DELETE FROM t WHERE id = 2"]);
          const { tables } = await pair.verify();
          await pair.change(tables[0]!.listed.map(({ repair }) => repair!));
          assert.deepEqual(await inside(pair.target), await inside(pair.source));

          await using project = await makeProject({ "rules.yaml": "tables: { t: { mask: { a: hash } } }\n" });
          await pair.change(["DROP TABLE t"]);
          await pair.copy({ cwd: project.folder, rules: "rules.yaml", restart: true });
          const [row] = await administer(server, (sql) => sql("SELECT LENGTH(a) AS n FROM t"), pair.target);
          assert.equal(Number(row!["n"]) > 4, true);

          // Of a label the catalogue has the characters alone.
          await pair.prepare([
            "CREATE TABLE e (id int PRIMARY KEY, v set('a', x'8540') CHARACTER SET cp932)",
            "INSERT INTO e VALUES (1, 'a'), (2, 3)",
          ]);
          await assert.rejects(pair.copy({ tables: ["e"] }), (error: GodwitError) => {
            const { losses } = error.details as { losses: { name: string; rows: string }[] };
            return losses.map((each) => [each.name, each.rows].join(" ")).join() === "e.v:undefined-bytes 1";
          });
        }),
    );

    test(`${name}: a plan that was reviewed and a backup give them back`, { skip }, async () => {
      await using project = await makeProject();
      const options = { cwd: project.folder, env: {} };
      await withDatabase(server, (source) =>
        withDatabase(server, async (url) => {
          await administer(
            server,
            async (sql) => {
              for (const statement of prepared) await sql(statement);
            },
            source,
          );
          const profiles = { old: { url: source }, new: { url } };
          await project.write({
            // The servers are shared with tests whose statements are meant to fail.
            "godwit.config.json": JSON.stringify({ guard: { errorsAbort: null }, profiles }),
          });
          await freezeCopy({ ...options, source: "old", target: "new", as: "Ann", output: "copy.json" });
          await applyPlan({ ...options, file: "copy.json" });
          assert.deepEqual(await bytesOf(url), await bytesOf(source));

          const { file } = await backupCreate({ ...options, url: source, form: "portable" });
          await administer(server, (sql) => sql("DELETE FROM t"), url);
          await backupRestore({ ...options, url, file, confirm: databaseOf(url) });
          assert.deepEqual(await bytesOf(url), await bytesOf(source));
        }),
      );
    });
  }
});
