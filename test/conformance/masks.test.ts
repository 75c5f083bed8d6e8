import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import { maskColumn } from "../../src/copy/rules/mask-column.ts";
import type { Mask } from "../../src/copy/rules/model.ts";
import { column, int4 } from "../../src/copy/rules/rules.fixture.ts";
import { readValueExpression } from "../../src/copy/rules/value-expression.ts";
import type { Expression } from "../../src/core/expression.ts";
import type { Session } from "../../src/engines/engine.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { printExpression } from "../../src/sql/expression/print.ts";
import { targets, withDatabase } from "../support/servers.ts";

/* What each server makes of a masked column and of a rule's expressions, held against what Node makes of the same. */

const words = [
  "",
  "C6B5",
  "0123456789",
  "+49 (0)151-23 45",
  "no digits",
  "üß☃😀 7",
  "٣ is no ASCII digit, 3 is",
  "back\\slash 'quote' $1 \\0",
  "1".repeat(200),
  `${"a1".repeat(40)} 9 x 8`,
  "line\n1\ttab",
];

for (const { name, engine: id, skip } of targets) {
  describe(`masks on ${name}`, { skip }, () => {
    const masked = async (mask: Mask, check: (before: string, after: unknown) => void) =>
      withTable(async (ask) => {
        const { value } = maskColumn(column("word"), mask, { rule: "", path: "" });
        const rows = await ask(value);
        assert.equal(rows.length, words.length + 1);
        for (const [index, word] of words.entries()) check(word, rows[index]);
        assert.equal(rows.at(-1), null, "NULL stays NULL");
      });

    async function withTable(
      use: (ask: (value: Expression) => Promise<unknown[]>, session: Session) => Promise<void>,
    ) {
      const engine = await loadEngine(id);
      await withDatabase(name, async (url) => {
        const session: Session = await engine.connect.open(parseConnectionUrl(url), {
          tag: "godwit test",
          connectTimeoutMs: 5_000,
          lockTimeoutMs: 5_000,
          statementTimeoutMs: 0,
        });
        try {
          // MariaDB's own default is latin1.
          const charset = id === "mysql" ? "CHARACTER SET utf8mb4" : "";
          await session.query(
            `CREATE TABLE masked (id integer PRIMARY KEY, word text ${charset}, n integer)`,
          );
          for (const [index, word] of [...words, null].entries()) {
            const text = printExpression(
              word === null ? { kind: "null" } : { kind: "string", value: word },
              id,
            );
            await session.query(`INSERT INTO masked VALUES (${index}, ${text}, ${index + 100})`);
          }
          await use(async (value) => {
            const rows = await session.query(
              `SELECT ${printExpression(value, id)} AS v FROM masked ORDER BY id`,
            );
            return rows.map(({ v }) => v);
          }, session);
        } finally {
          await session.close();
        }
      });
    }

    for (const character of ["#", "5", "\\", "'", "$"]) {
      test(`every digit becomes ${character}`, () =>
        masked({ by: "digits", character }, (before, after) => {
          assert.equal(
            after,
            before.replaceAll(/[0-9]/g, () => character),
          );
        }));
    }

    test("the hash is SHA-256 of the text's UTF-8", () =>
      masked({ by: "hash" }, (before, after) => {
        assert.equal(after, createHash("sha256").update(before, "utf8").digest("hex"));
      }));

    test("the hash of a latin1 column is that of its UTF-8, too", { skip: id !== "mysql" }, () =>
      withTable(async (ask, session) => {
        await session.query("ALTER TABLE masked ADD latin char(2) CHARACTER SET latin1 DEFAULT 'üß'");
        const { value } = maskColumn(column("latin"), { by: "hash" }, { rule: "", path: "" });
        const [hash] = await ask(value);
        assert.equal(hash, createHash("sha256").update("üß").digest("hex"));
      }),
    );

    test("random digits stand where digits stood, and nothing else changes", async () => {
      const seen = new Set<unknown>();
      await masked({ by: "random" }, (before, after) => {
        assert.equal(typeof after, "string");
        assert.equal(String(after).replaceAll(/[0-9]/g, "#"), before.replaceAll(/[0-9]/g, "#"));
        seen.add(after);
        if (before.length === 200) {
          assert.ok(new Set(String(after).slice(0, 64)).size > 3, "the digits of a value differ");
        }
      });
      assert.equal(seen.size, words.length);
      assert.ok(!seen.has("0123456789"));
    });

    test("a number is masked by its digits", () =>
      withTable(async (ask) => {
        const { value } = maskColumn(
          column("n", int4),
          { by: "digits", character: "#" },
          { rule: "", path: "" },
        );
        assert.deepEqual(new Set(await ask(value)), new Set(["###"]));
      }));

    const expressions: readonly (readonly [text: string, made: (word: string, n: number) => unknown])[] = [
      ["upper(substr($word, 1, 3)) || '-' || $n", (word, n) => `${[...word].slice(0, 3).join("")}-${n}`],
      ["CASE WHEN $n >= 105 THEN 'many' ELSE 'few' END", (_, n) => (n >= 105 ? "many" : "few")],
      [
        "replaceChars($word, '123', 'xyz')",
        (word) => word.replaceAll("1", "x").replaceAll("2", "y").replaceAll("3", "z"),
      ],
      ["strftime('%d.%m.%Y', '2024-02-29 12:30:45')", () => "29.02.2024"],
      ["cast(max($n, 105) as text)", (_, n) => String(Math.max(n, 105))],
      ["coalesce(nullif($word, ''), 'none')", (word) => word || "none"],
    ];
    for (const [text, made] of expressions) {
      test(text, () =>
        withTable(async (ask) => {
          const read = readValueExpression(text);
          assert.ok("expression" in read);
          const rows = await ask(read.expression);
          const plain = words.map((word, index) => made(word, index + 100));
          // Letters beyond ASCII are no letters to SQLite's upper().
          const same = (value: unknown) => (text.startsWith("upper") ? String(value).toLowerCase() : value);
          assert.deepEqual(rows.slice(0, -1).map(same), plain.map(same));
        }),
      );
    }
  });
}
