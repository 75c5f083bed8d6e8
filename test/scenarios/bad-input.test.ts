import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { parseArguments } from "../../src/cli/program.ts";
import { apply, copy, GodwitError, planCopy, rollback, status, verify } from "../../src/index.ts";
import { makeProject } from "../support/project.ts";
import { targets } from "../support/servers.ts";
import { scene, stem } from "./scene.ts";

// What is given as a parameter and makes no sense is refused with 64 before anything is read or changed; what is in a
// database may be called anything.

async function refusal(work: () => unknown): Promise<GodwitError> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    assert.equal(error.exitCode, 64, `${error.code} ${error.message}`);
    return error;
  }
  return assert.fail("it was taken");
}

test("numbers of rows are from 100 to 100,000, wherever they are given", async () => {
  const given = (text: string) => () =>
    parseArguments(["copy", "sqlite:a", "sqlite:b", "--phase-rows", text]);
  for (const text of [
    "99",
    "100001",
    "1e9",
    "1000000000",
    "abc",
    "-100",
    "1_000",
    "1,000",
    "0x100",
    "100.5",
    "",
    " 100",
    "１００",
    "NaN",
  ]) {
    assert.match((await refusal(given(text))).message, /100 to 100,000|argument missing/, text);
  }
  for (const text of ["100", "100000", "0100"]) assert.doesNotThrow(given(text), text);
  const rows = (phaseRows: unknown) => () =>
    copy({ source: "sqlite:a", target: "sqlite:b", env: {}, phaseRows: phaseRows as number });
  for (const value of [99, 100_001, 1e9, "abc", "100", 100.5, Number.NaN, Infinity, 100n, null, [100]]) {
    assert.match(
      (await refusal(rows(value))).message,
      /phaseRows is .*: expected a whole number of rows from 100/,
    );
  }
});

const shell = [
  ";",
  "|",
  "<",
  ">",
  "(",
  ")",
  "{",
  "}",
  "$",
  "`",
  '"',
  "'",
  "\\",
  "^",
  "#",
  " ",
  "\n",
  "\t",
  "\u0000",
  "\u202e",
];
const urls = [
  "",
  "x",
  "localhost/db",
  "http://a@h/d",
  "mongodb://a@h/d",
  "mongodb+srv://a@h/d",
  "sqlserver://a@h/d",
  "file:a.db",
  "postgresql:a",
  "POSTGRESQL://a@h/d",
  "postgresql://u:p@ss:/#?@h/d",
  "postgresql://u:p%00w@h/d",
  "postgresql://u@h1,h2/d",
  "postgresql://u@h/d?__proto__=1",
  "postgresql://u@h/d?sslmode=prefer",
  "postgresql://u@h/d?options=-c%20a",
  "mysql://root@h/d?charset=latin1",
  "sqlite:",
  "sqlite::memry:",
  `postgresql://u@h/${"d".repeat(9_000)}`,
  ...shell.flatMap((sign) => [
    `postgresql://u@h/d${sign}rm`,
    `mysql://u:secret${sign}x@h/d`,
    `sqlite:a${sign}b.db`,
  ]),
];

test("connection strings that are no such, or hold a shell's signs, reach no database", async () => {
  await using project = await makeProject({ "migrations/.gitkeep": "" });
  const ends = { cwd: project.folder, env: {} };
  for (const url of urls) {
    const errors = [
      await refusal(() => status({ ...ends, url })),
      await refusal(() => apply({ ...ends, url })),
      await refusal(() => copy({ ...ends, source: url, target: "sqlite:b.db" })),
      await refusal(() => copy({ ...ends, source: "sqlite:a.db", target: url })),
    ];
    for (const { message } of errors) assert.doesNotMatch(message, /secret/, url);
  }
  assert.deepEqual(readdirSync(project.folder), ["migrations"]);
});

test("options of a copy that make no sense are refused before a side is opened", async () => {
  const ends = { source: "sqlite:a.db", target: "sqlite:b.db", env: {}, cwd: import.meta.dirname };
  const wrong: readonly (readonly [string, unknown])[] = [
    ...["\u0000", "a\nb", "\u001b[31m", "\ud800", "", "x".repeat(301)].flatMap(
      (bad) =>
        [
          ["tables", [bad]],
          ["exclude", [bad]],
          ["watermark", bad],
        ] as const,
    ),
    ["tables", "orders"],
    ["tables", [1]],
    ["jobs", 0],
    ["jobs", 65],
    ["jobs", 1.5],
    ["jobs", "2"],
    ["chunkBytes", 0],
    ["chunkBytes", -1],
    ["chunkBytes", 2 ** 53],
    ["chunkBytes", "16MB"],
    ["quarantine", -1],
    ["mode", "creat"],
    ["phases", "yes"],
    ["rules", 7],
    ["schemaOnly", 1],
    ["source", 1],
    ["chunkByte", 1],
    ["__proto__x", 1],
  ];
  for (const [option, value] of wrong) {
    for (const run of [copy, planCopy, verify]) {
      const { message } = await refusal(() => run({ ...ends, [option]: value }));
      assert.match(message, new RegExp(option.slice(0, 6)), `${option} ${String(value)}`);
    }
  }
  assert.match((await refusal(() => copy({ target: "sqlite:b.db" } as never))).message, /source is missing/);
});

test("names of schemas and tables that are new need no quotes", async () => {
  const bad = [
    "1a",
    "a-b",
    "a b",
    "a;--",
    'a"b',
    "a`b",
    "a]",
    "naïve",
    "😀",
    "x".repeat(64),
    "select",
    "Table",
  ];
  for (const to of bad) {
    for (const part of ["tables: { orders: { rename: NAME } }", "schemas: { app: NAME }"]) {
      await using project = await makeProject({ "rules.yaml": part.replace("NAME", JSON.stringify(to)) });
      const options = { source: "sqlite:a.db", target: "sqlite:b.db", cwd: project.folder, env: {} };
      assert.match(
        (await refusal(() => copy({ ...options, rules: "rules.yaml" }))).message,
        /(rename|schemas\.app) .* (begins with|holds something|is longer|is a reserved)/,
        to,
      );
      assert.deepEqual(readdirSync(project.folder), ["rules.yaml"]);
    }
  }
});

const odd = ['a"b`c', "a]b'c\\d", "a;-- $$", "select", "Ünï שלום", "__proto__", "a%s ?", "l".repeat(60)];

for (const { name, skip } of targets.filter((each) => each.name !== "mysql")) {
  test(
    `${name}: rows are kept and put back whatever the table and its columns are called`,
    { skip, timeout: 120_000 },
    () =>
      scene(name, {}, async (own) => {
        const quote = (text: string) =>
          name === "mariadb" ? `\`${text.replaceAll("`", "``")}\`` : `"${text.replaceAll('"', '""')}"`;
        const [key, value] = [quote("k'\\\"`]"), quote("select")];
        for (const table of odd) {
          await own.sql(`CREATE TABLE ${quote(table)} (${key} int PRIMARY KEY, ${value} int)`);
          await own.sql(`INSERT INTO ${quote(table)} VALUES (1, 1), (2, 2)`);
        }
        const rows = async () => {
          const found: unknown[] = [];
          for (const table of odd) found.push(await own.sql(`SELECT * FROM ${quote(table)} ORDER BY 1`));
          return found;
        };
        const before = await rows();
        await own.write({
          [`${stem(1)}.up.sql`]: odd
            .map((table) => `-- godwit: snapshot\nUPDATE ${quote(table)} SET ${value} = 9 WHERE ${key} = 1;`)
            .join("\n"),
        });
        await apply(own.options);
        assert.notDeepEqual(await rows(), before);
        await rollback(own.options);
        assert.deepEqual(await rows(), before);
      }),
  );
}
