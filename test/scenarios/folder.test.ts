import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { apply, baseline, type ErrorCode, plan, rollback, status, validate } from "../../src/index.ts";
import { root } from "../support/cli.ts";
import { targets } from "../support/servers.ts";
import { applied, historyOf, refusedUnchanged, scene, stem, tableNames, tables, version } from "./scene.ts";

const up = (number: number) => `${stem(number)}.up.sql`;

/** Folders that are refused, by what is wrong with them; `word` stands in the message. */
const refusals: readonly {
  what: string;
  files: Readonly<Record<string, string>>;
  code: ErrorCode;
  word: string;
}[] = [
  { what: "a stray file", files: { "notes.md": "" }, code: "GW2001", word: "notes.md" },
  { what: "a hidden file", files: { ".DS_Store": "" }, code: "GW2001", word: ".DS_Store" },
  { what: "a short version", files: { "0001_a.up.sql": "SELECT 1" }, code: "GW2001", word: "0001_a.up.sql" },
  {
    what: "no direction",
    files: { "20260101000009_a.sql": "SELECT 1" },
    code: "GW2001",
    word: "20260101000009_a.sql",
  },
  {
    what: "a climbing name",
    files: { "..20260101000009_a.up.sql": "" },
    code: "GW2001",
    word: "..20260101000009_a.up.sql",
  },
  {
    what: "a slug with a letter beyond ASCII",
    files: { "20260101000009_é.up.sql": "SELECT 1" },
    code: "GW2001",
    word: "é",
  },
  {
    what: "a name with a line end",
    files: { "20260101000009_a\n.up.sql": "SELECT 1" },
    code: "GW2001",
    word: "\\n",
  },
  {
    what: "a repeatable name longer than the ledger's column",
    files: { [`R__${"x".repeat(220)}.sql`]: "SELECT 1" },
    code: "GW2001",
    word: "R__xxx",
  },
  {
    what: "a sub-folder",
    files: { "more/20260101000009_a.up.sql": "SELECT 1" },
    code: "GW2001",
    word: "more",
  },
  {
    what: "a sub-folder with a migration's name",
    files: { "20260101000009_a.up.sql/x": "" },
    code: "GW2003",
    word: "not a regular file",
  },
  {
    what: "a down without an up",
    files: { "20260101000009_a.down.sql": "SELECT 1" },
    code: "GW2001",
    word: "20260101000009_a.down.sql",
  },
  {
    what: "1, 1.0 and 001",
    files: { "V1__a.sql": "SELECT 1", "V1.0__b.sql": "SELECT 1", "V001__c.sql": "SELECT 1" },
    code: "GW2002",
    word: "V1.0__b.sql",
  },
  {
    what: "SQL and TypeScript of one version",
    files: { "20260101000009_a.up.sql": "SELECT 1", "20260101000009_a.ts": "export async function up() {}" },
    code: "GW2002",
    word: "20260101000009_a.ts",
  },
  {
    what: "names that differ in case",
    files: { "20260101000009_a.up.sql": "SELECT 1", "20260101000009_A.up.sql": "SELECT 1" },
    code: "GW2002",
    word: "case",
  },
  {
    what: "a down of another slug",
    files: { "20260101000009_a.up.sql": "SELECT 1", "20260101000009_b.down.sql": "SELECT 1" },
    code: "GW2002",
    word: "20260101000009_b.down.sql",
  },
  { what: "an empty file", files: { [up(9)]: "" }, code: "GW2004", word: up(9) },
  { what: "comments only", files: { [up(9)]: "-- one\n/* two */\n;\n" }, code: "GW2004", word: up(9) },
  {
    what: "an open quote",
    files: { [up(9)]: "SELECT 1;\nSELECT 'x;\n" },
    code: "GW2005",
    word: `${up(9)}:2`,
  },
  { what: "an open comment", files: { [up(9)]: "SELECT 1; /* x" }, code: "GW2005", word: `${up(9)}:1` },
  {
    what: "a NUL in a script",
    files: { [`${stem(9)}.ts`]: "// \0\nexport async function up() {}" },
    code: "GW2003",
    word: "NUL",
  },
  { what: "a NUL", files: { [up(9)]: "SELECT 1;\n-- \0" }, code: "GW2003", word: `${up(9)}:2` },
  { what: "psql's backslash", files: { [up(9)]: "\\i other.sql\n" }, code: "GW2006", word: `${up(9)}:1` },
  { what: "BEGIN", files: { [up(9)]: "BEGIN;\nSELECT 1;\nCOMMIT;" }, code: "GW2007", word: `${up(9)}:1` },
  {
    what: "COMMIT in the middle",
    files: { [up(9)]: "SELECT 1;\nCOMMIT;\nSELECT 2;" },
    code: "GW2007",
    word: `${up(9)}:2`,
  },
  {
    what: "an unknown directive",
    files: { [up(9)]: "-- godwit: no-transactions\nSELECT 1;" },
    code: "GW2010",
    word: "no-transactions",
  },
  {
    what: "a malformed duration",
    files: { [up(9)]: "-- godwit: lock-timeout soon\nSELECT 1;" },
    code: "GW2010",
    word: "soon",
  },
  {
    what: "a script without up",
    files: { [`${stem(9)}.ts`]: "export async function down() {}" },
    code: "GW2009",
    word: "up",
  },
];

for (const { name, skip } of targets) {
  test(`${name}: a folder that holds anything wrong changes nothing, and the error names it`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      await applied(own);
      for (const { what, files, code, word } of refusals) {
        // What is wrong with names has nothing to do with the server.
        if (name !== "sqlite" && /^GW200[12]$/.test(code)) continue;
        // Only in SQLite is a backslash no token at all, so that the server itself refuses it.
        if (name === "sqlite" && code === "GW2006") continue;
        // Pending and in order, so that only the wrong file can keep it back.
        await own.write({ ...tables(2), ...files });
        const error = await refusedUnchanged(own, () => apply(own.options), code);
        assert.ok(error.message.includes(word), `${what}: ${error.message}`);
        const reported =
          code === "GW2001" || code === "GW2002"
            ? await refusedUnchanged(own, () => validate(own.options), code)
            : (await validate(own.options)).problems.find((problem) => problem.code === code);
        assert.ok(reported?.message.includes(word), `${what}, validated: ${reported?.message}`);
        for (const file of Object.keys(files)) {
          await rm(join(own.folder, "migrations", file.split("/")[0] ?? ""), { recursive: true });
        }
      }
      await applied(own);
      assert.deepEqual(await tableNames(own), ["t1", "t2"]);
    }),
  );
}

const postgres = targets[0];
test("PostgreSQL's own constructs are refused with their place", { skip: postgres?.skip ?? true }, () =>
  scene("postgres", {}, async (own) => {
    const texts: readonly [string, ErrorCode][] = [
      ["DO $$ BEGIN NULL; END;", "GW2005"],
      ["CREATE TABLE a (id int);\nCOPY a FROM STDIN;\n1\n\\.\n", "GW2006"],
      ["SELEC 1;", "GW2012"],
      ["DISCARD ALL;", "GW2011"],
    ];
    for (const [text, code] of texts) {
      await own.write({ [up(1)]: text });
      const error = await refusedUnchanged(own, () => apply(own.options), code);
      assert.match(error.message, /\.up\.sql:\d/);
    }
    assert.deepEqual(await own.dump(), "", "a ledger was made");
  }),
);

test("what a file cannot be: a pipe, a link out, a link to a pipe, too large, not UTF-8", () =>
  scene("sqlite", tables(1), async (own) => {
    await applied(own);
    const folder = join(own.folder, "migrations");
    const path = join(folder, up(2));
    const outside = join(own.folder, "outside.sql");
    await writeFile(outside, "CREATE TABLE outside (id int)");
    const attempts: readonly [string, string, () => unknown][] = [
      ["a pipe", "not a regular file", () => execFileSync("mkfifo", [path])],
      ["a link out", "leaves the migrations folder", () => symlink(outside, path)],
      ["a link upwards", "leaves the migrations folder", () => symlink("../outside.sql", path)],
      ["a link to nowhere", "cannot be read", () => symlink("nowhere.sql", path)],
      ["bad UTF-8", "offset 11", () => writeFile(path, Buffer.from("SELECT 'abc\xff'", "latin1"))],
      [
        "a cut character",
        "offset 10",
        () => writeFile(path, Buffer.from("SELECT '\u00e9\u20ac").subarray(0, 12)),
      ],
      ["10 MB", "maxFileBytes", () => writeFile(path, `SELECT 1;${" ".repeat(10_000_000)}`)],
    ];
    for (const [what, words, make] of attempts) {
      await make();
      const error = await refusedUnchanged(own, () => apply(own.options), "GW2003");
      assert.ok(error.message.includes(words), `${what}: ${error.message}`);
      assert.ok(error.message.includes(path), error.message);
      assert.ok(
        (await validate(own.options)).problems.some(({ code }) => code === "GW2003"),
        what,
      );
      await rm(path);
    }
    // The link is read before the pipe that it leads to is found by itself.
    const pipe = join(folder, up(3));
    execFileSync("mkfifo", [pipe]);
    await symlink(up(3), path);
    await refusedUnchanged(own, () => apply(own.options), "GW2003");
  }));

test("a link inside the folder, a byte order mark and Windows line ends are accepted", () =>
  scene("sqlite", {}, async (own) => {
    await own.write({
      [up(1)]: "\uFEFFCREATE TABLE t1 (a text DEFAULT 'x');\r\nINSERT INTO t1 VALUES ('é\r\ny');\r\n",
      [`${stem(2)}.up.sql`]: "CREATE TABLE IF NOT EXISTS t2 (id int);",
    });
    await symlink(up(2), join(own.folder, "migrations", up(3)));
    await applied(own);
    assert.deepEqual(await tableNames(own), ["t1", "t2"]);
    // The same without the mark and with Unix line ends is the same SQL.
    await own.write({
      [up(1)]: "CREATE TABLE t1 (a text DEFAULT 'x');\nINSERT INTO t1 VALUES ('é\ny');\n",
    });
    const report = await validate(own.options);
    assert.deepEqual(report.problems, []);
    assert.deepEqual(
      report.warnings.map(({ code }) => code),
      ["GW5001"],
    );
  }));

test("a folder that is missing, a file, or not readable", () =>
  scene("sqlite", tables(1), async (own) => {
    await applied(own);
    for (const migrations of ["nowhere", "a-file"]) {
      await writeFile(join(own.folder, "a-file"), "");
      for (const command of [apply, plan, status, validate, rollback]) {
        await refusedUnchanged(own, () => command({ ...own.options, migrations }), "GW1006");
      }
    }
  }));

test("files and folders without permission are errors, not an empty folder", { skip: notRoot() }, () =>
  scene("sqlite", tables(1), async (own) => {
    // Another user, because root reads everything.
    const open = await mkdtemp(join(tmpdir(), "godwit-nobody-"));
    try {
      await chmod(open, 0o777);
      await chmod(own.folder, 0o755);
      const path = join(own.folder, "migrations", up(1));
      await chmod(path, 0o000);
      assert.match(asNobody(own.folder, join(open, "x.db")), /^GW2003 .*permission denied/i);
      await chmod(path, 0o644);
      await chmod(join(own.folder, "migrations"), 0o000);
      assert.match(asNobody(own.folder, join(open, "x.db")), /^GW1006 .*permission denied/i);
      await chmod(join(own.folder, "migrations"), 0o755);
      assert.equal(asNobody(own.folder, join(open, "x.db")), "applied");
      await chmod(join(open, "x.db"), 0o444);
      await own.write(tables(2));
      assert.match(asNobody(own.folder, join(open, "x.db")), /^GW3007 /);
      await chmod(join(open, "x.db"), 0o000);
      assert.match(asNobody(own.folder, join(open, "x.db")), /^GW300[167] /);
    } finally {
      await rm(open, { recursive: true });
    }
  }),
);

test("several thousand files are read, planned, and found applied", () =>
  scene("sqlite", {}, async (own) => {
    const folder = join(own.folder, "migrations");
    const count = 4_000;
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        writeFile(join(folder, up(index)), `CREATE TABLE t${index} (id int);`),
      ),
    );
    const planned = await plan(own.options);
    assert.deepEqual(
      planned?.steps.map(({ unitTitle }) => unitTitle),
      Array.from({ length: count }, (_, index) => stem(index)),
    );
    await baseline({ ...own.options, version: version(count - 1) });
    const { counts } = await status(own.options);
    assert.deepEqual(counts, { applied: count, pending: 0, problems: 0 });
  }));

for (const { name, skip } of targets) {
  test(`${name}: a rollback in which one down is missing undoes nothing at all`, { skip }, () =>
    scene(name, tables(1, 2, 3), async (own) => {
      await applied(own);
      await rm(join(own.folder, "migrations", `${stem(2)}.down.sql`));
      const error = await refusedUnchanged(own, () => rollback({ ...own.options, steps: 3 }), "GW2008");
      assert.ok(error.message.includes(stem(2)), error.message);
      await refusedUnchanged(own, () => rollback({ ...own.options, to: "0" }), "GW2008");
      await rollback({ ...own.options, steps: 1 });
      await refusedUnchanged(own, () => rollback(own.options), "GW2008");
      assert.deepEqual(await historyOf(own), [
        ...[1, 2, 3].map((number) => `apply ${version(number)}`),
        `rollback ${version(3)}`,
      ]);
    }),
  );

  test(`${name}: a TypeScript migration without down stops a rollback before its first step`, { skip }, () =>
    scene(name, tables(1, 3), async (own) => {
      await own.write({
        [`${stem(2)}.ts`]: "export async function up(db) { await db.execute('SELECT 1'); }",
      });
      await applied(own);
      await refusedUnchanged(own, () => rollback({ ...own.options, steps: 3 }), "GW2008");
      assert.deepEqual(await tableNames(own), ["t1", "t3"]);
    }),
  );
}

/** Applies in a child that runs as `nobody`; "applied", or the error's code and message. */
function asNobody(cwd: string, database: string): string {
  const script = `
    import { apply } from ${JSON.stringify(join(root, "src/index.ts"))};
    await apply({ cwd: ${JSON.stringify(cwd)}, env: {}, url: ${JSON.stringify(`sqlite:${database}`)} }).then(
      () => console.log("applied"), (error) => console.log(error.code, error.message));`;
  const child = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    uid: 65_534,
    gid: 65_534,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  assert.equal(child.stderr, "");
  return child.stdout.trim();
}

function notRoot(): string | false {
  return process.getuid?.() === 0 ? false : "only root can become somebody else";
}
