import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { after, test } from "node:test";
import { create } from "./create.ts";
import { init, type InitOptions, type InitReport } from "./init.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "godwit-init-")));
after(() => rmSync(root, { recursive: true }));

let projects = 0;

/** A new folder with these files; a name that ends in / is an empty folder. `.git` ends the search above it. */
function project(...files: readonly (string | readonly [name: string, text: string])[]): string {
  const cwd = join(root, String(projects++));
  mkdirSync(join(cwd, ".git"), { recursive: true });
  for (const file of files) {
    const [name, text] = typeof file === "string" ? [file, ""] : file;
    mkdirSync(name.endsWith("/") ? join(cwd, name) : dirname(join(cwd, name)), { recursive: true });
    if (!name.endsWith("/")) writeFileSync(join(cwd, name), text);
  }
  return cwd;
}

async function initialized(
  cwd: string,
  options: InitOptions = {},
): Promise<InitReport & { readonly text: string }> {
  const report = await init({ cwd, env: {}, ...options });
  return { ...report, text: readFileSync(report.config, "utf8") };
}

const mysqlUrl = "mysql://shop@db/shop";

test("the variable and the engine come from .env as well as from the environment", async () => {
  const cwd = project([".env", `DATABASE_URL=${mysqlUrl}\n`]);
  const report = await initialized(cwd);
  assert.deepEqual(
    [report.engine, report.variable, report.variableFrom],
    ["mysql", "DATABASE_URL", join(cwd, ".env")],
  );
  assert.match(report.text, /^url: \$\{DATABASE_URL\}$/m);
  assert.match(report.text, /DATABASE_URL=mysql:\/\//);

  const real = await initialized(project([".env", `GODWIT_URL=${mysqlUrl}\n`]), {
    env: { DATABASE_URL: "sqlite:real.db" },
  });
  assert.deepEqual(
    [real.engine, real.variable, real.variableFrom],
    ["sqlite", "DATABASE_URL", "environment"],
  );
  const both = await initialized(project([".env", `GODWIT_URL=sqlite:a.db\nDATABASE_URL=${mysqlUrl}\n`]));
  assert.deepEqual([both.engine, both.variable], ["sqlite", "GODWIT_URL"]);
  const none = await initialized(project());
  assert.deepEqual([none.engine, none.variable, none.variableFrom], [null, "GODWIT_URL", null]);
  const given = await initialized(project(), { url: mysqlUrl });
  assert.deepEqual([given.engine, given.variable, given.variableFrom], ["mysql", "GODWIT_URL", null]);
});

const folders: readonly (readonly [
  files: readonly string[],
  folder: string,
  from: InitReport["folderFrom"],
])[] = [
  [[], "migrations", "default"],
  [["src/main/resources/db/migration/V1__begin.sql"], "src/main/resources/db/migration", "found"],
  [["src/main/resources/db/migration/R__views.sql"], "src/main/resources/db/migration", "found"],
  [["db/migrations/20260131093000_begin.up.sql"], "db/migrations", "found"],
  [["db/migrate/20260131093000_begin.ts"], "db/migrate", "found"],
  [["db/migrate/20260131093000_begin.rb"], "migrations", "default"],
  [["sql/V1__begin.sql"], "sql", "found"],
  [["sql/report.sql"], "migrations", "default"],
  [["migrations/0001_initial.py"], "db/migrations", "default"],
  [["migrations/.gitkeep"], "migrations", "found"],
  [["migrations/", "sql/V1__begin.sql"], "sql", "found"],
  [["sql/"], "sql", "found"],
  [["migrations"], "db/migrations", "default"],
];

test("the folder is told by the names of the files in it", async () => {
  for (const [files, folder, from] of folders) {
    const cwd = project(...files);
    const report = await initialized(cwd);
    assert.deepEqual([relative(cwd, report.migrations), report.folderFrom], [folder, from], files.join());
    assert.match(report.text, new RegExp(`^migrations: "${folder}"$`, "m"));
  }
});

test("after a bare init a migration can be made: that needs no database", async () => {
  const cwd = project();
  await initialized(cwd);
  const files = await create({ cwd, env: {}, name: "foo" });
  assert.deepEqual(
    files.map((file) => relative(cwd, file).replace(/\d{14}/, "VERSION")),
    ["migrations/VERSION_foo.up.sql", "migrations/VERSION_foo.down.sql"],
  );
});
