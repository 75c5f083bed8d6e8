import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { copy } from "../../src/commands/copy.ts";
import { verify } from "../../src/commands/verify.ts";
import { root } from "../support/cli.ts";
import { clientScript } from "../support/laboratory/client-rows.ts";
import { somePairs } from "../support/laboratory/pairs.ts";
import { quoteFor } from "../support/laboratory/quote-for.ts";
import { administer, type TargetName, withDatabase } from "../support/servers.ts";

/*
 * A sample database whose authors made it for each engine: what a copy makes of one version must be what they wrote
 * for the other. The versions differ in names only, AlbumId for album_id.
 */

const folder = join(root, "../shared/samples/chinook");
const absent = existsSync(folder) ? false : `no ${folder}`;
const pairs = (await somePairs()).filter(({ skip }) => skip === false);
const names = [...new Set(pairs.map(({ from }) => from.name))];

test("chinook", { skip: absent, concurrency: 2 }, (t) =>
  withOriginals(names, async (originals) => {
    await Promise.all(
      pairs.map(({ from, to }) =>
        t.test(`from ${from.name} to ${to.name}`, () =>
          withDatabase(to.name, async (target) => {
            // Which compares the two.
            await copy({ source: originals.get(from.name)!, target, env: {} });
            await assertEqual(verify({ source: originals.get(to.name)!, target, env: {} }));
          }),
        ),
      ),
    );
  }),
);

/** Each engine's own version, loaded once. */
async function withOriginals(
  names: readonly TargetName[],
  use: (originals: ReadonlyMap<TargetName, string>) => Promise<void>,
  originals: ReadonlyMap<TargetName, string> = new Map(),
): Promise<void> {
  const [name, ...more] = names;
  if (name === undefined) return use(originals);
  await withDatabase(name, async (url) => {
    await load(name, url);
    await withOriginals(more, use, new Map([...originals, [name, url]]));
  });
}

async function assertEqual(work: ReturnType<typeof verify>): Promise<void> {
  const report = await work;
  assert.equal(report.tables.length, 11);
  assert.equal(
    report.tables.reduce((sum, { rows }) => sum + Number(rows.source), 0),
    15_607,
  );
  const { missing, orphans } = report;
  const wrong = report.tables.filter(({ differences, problems }) => differences > 0 || problems.length > 0);
  assert.equal(report.equal, true, JSON.stringify({ missing, orphans, wrong }).slice(0, 2_000));
}

async function load(name: TargetName, url: string): Promise<void> {
  if (name === "sqlite") {
    const path = url.slice("sqlite:".length);
    copyFileSync(join(folder, "Chinook_Sqlite.sqlite"), path);
    const database = new DatabaseSync(path);
    try {
      const columns = database.prepare(
        "SELECT t.name AS t, c.name AS c FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'",
      );
      for (const sql of renames("sqlite", columns.all() as unknown as Columns)) database.exec(sql);
    } finally {
      database.close();
    }
    return;
  }
  const file = name === "postgres" ? "Chinook_PostgreSql.sql" : "Chinook_MySql.sql";
  const script = readFileSync(join(folder, file), "utf8");
  const tables = script.replaceAll(/^(?:(?:DROP|CREATE) DATABASE|USE|\\c) .*$/gim, "");
  // To its authors a backslash is itself, as it is to the other engines.
  const mode = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES');\n";
  // To PostgreSQL N'…' is a char(n): "Edinburgh " would lose its space, which the other versions have.
  clientScript(
    name,
    url,
    name === "postgres" ? tables.replaceAll(/(?<=[(,]\s*)N'/g, "'") : `${mode}${tables}`,
  );
  if (name === "postgres") return;
  await administer(
    name,
    async (sql) => {
      const columns = await sql(
        "SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()",
      );
      for (const statement of renames(name, columns as Columns)) await sql(statement);
    },
    url,
  );
}

type Columns = readonly { readonly t: string; readonly c: string }[];

/** AlbumId becomes album_id, as in PostgreSQL's version. */
function renames(name: TargetName, columns: Columns): string[] {
  const quote = quoteFor(name);
  const snake = (text: string) => text.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
  const tables = new Set(columns.map(({ t }) => t));
  return [
    ...columns.map(({ t, c }) => `ALTER TABLE ${quote(t)} RENAME COLUMN ${quote(c)} TO ${quote(snake(c))}`),
    ...[...tables].flatMap((t) => [
      // By way of another name, since Genre and genre are one to SQLite.
      `ALTER TABLE ${quote(t)} RENAME TO ${quote(`${t}_`)}`,
      `ALTER TABLE ${quote(`${t}_`)} RENAME TO ${quote(snake(t))}`,
    ]),
  ];
}
