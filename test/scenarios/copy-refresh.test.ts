import assert from "node:assert/strict";
import { test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { copy, verify } from "../../src/index.ts";
import { asker } from "../faults/evidence.ts";
import { administer, target, type TargetName, withDatabase } from "../support/servers.ts";

/*
 * A refresh loads beside the tables that are there and takes their places at once: readers see the old rows or the new
 * ones, names stay what they were, and what hangs on the tables either goes on or stops the copy before it begins.
 */
const schema = `
  CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) NOT NULL,
    mood TEXT CHECK (mood IN ('calm', 'gay')), parent INTEGER REFERENCES people (id));
  CREATE TABLE visits (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id), place TEXT);
  CREATE UNIQUE INDEX people_name ON people (name);
  CREATE INDEX visits_person ON visits (person);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    INSERT INTO people (name, mood) SELECT 'p' || i, 'calm' FROM n;
  INSERT INTO visits SELECT id, id, 'here' FROM people;`;
const changes = `
  DELETE FROM visits WHERE id <= 100;
  UPDATE visits SET place = 'there';
  INSERT INTO people (name, mood) SELECT 'q' || id, 'gay' FROM people;`;

const names: readonly TargetName[] = ["postgres", "mariadb", "mysql", "sqlite"];
const alone = { env: {}, cwd: import.meta.dirname };

for (const name of names) {
  test(
    `${name}: a refresh replaces the rows at once, and keeps names, views and references`,
    { skip: name !== "sqlite" && target(name).skip },
    () =>
      prepared(name, async ({ source, url, ask }) => {
        await ask("CREATE VIEW guests AS SELECT v.place, count(*) AS n FROM visits v GROUP BY v.place");
        await ask("CREATE VIEW busy AS SELECT place FROM guests WHERE n > 1");
        if (name === "postgres") {
          await ask("GRANT SELECT ON visits TO PUBLIC");
          await ask("GRANT UPDATE (place) ON visits TO PUBLIC");
          await ask("GRANT SELECT ON guests TO PUBLIC");
          await ask("COMMENT ON VIEW guests IS 'who came'");
        }
        const before = await shape(name, ask);
        const watch = watching(name, ask);
        execute(source, changes);
        const told = new Set<string>();
        const { state } = await copy({
          ...alone,
          source,
          target: url,
          mode: "refresh",
          onEvent: (event) => {
            if ("table" in event && typeof event.table === "string") told.add(event.table);
          },
        });
        assert.equal(state, "done");
        const place = name === "postgres" ? "public." : "";
        assert.deepEqual([...told].sort(), [`${place}people`, `${place}visits`]);
        const seen = await watch.end();
        assert.deepEqual([...seen].sort(), ["here 500", "there 400"].slice(0, seen.size));
        assert.deepEqual(await shape(name, ask), before);
        const report = await verify({ ...alone, source, target: url });
        assert.ok(report.equal, JSON.stringify(report));
        assert.deepEqual(await ask("SELECT place FROM busy"), [{ place: "there" }]);
        // The new tables' references hold: each to the new one.
        await assert.rejects(async () => {
          await ask("INSERT INTO visits (id, person, place) VALUES (9999, 123456, 'x')");
        });
        await assert.rejects(async () => {
          await ask("INSERT INTO people (name) VALUES ('q1')");
        });
        await ask("INSERT INTO people (name) VALUES ('next')");
        const [next] = await ask("SELECT id FROM people WHERE name = 'next'");
        // Some servers count a refused row, too.
        assert.ok(Number(next?.["id"]) > 1000);
        // Again, onto what a refresh has made; and no room is left.
        await copy({ ...alone, source, target: url, mode: "refresh" });
        assert.deepEqual(await shape(name, ask), before);
      }),
  );

  test(
    `${name}: what a refresh would break is named before anything is changed`,
    { skip: name !== "sqlite" && target(name).skip },
    () =>
      prepared(name, async ({ source, url, ask }) => {
        await ask(
          "CREATE TABLE orders (id integer PRIMARY KEY, visit bigint, FOREIGN KEY (visit) REFERENCES visits (id))",
        );
        const before = await ask("SELECT * FROM visits ORDER BY id");
        execute(source, changes);
        await assert.rejects(copy({ ...alone, source, target: url, mode: "refresh" }), {
          code: "GW7004",
          message: /foreign key .*of .*orders.* refers to .*visits/,
        });
        assert.deepEqual(await ask("SELECT * FROM visits ORDER BY id"), before);
        await ask("DROP TABLE orders");
        for (const sql of triggers[name]) await ask(sql);
        await assert.rejects(copy({ ...alone, source, target: url, mode: "refresh" }), {
          code: "GW7004",
          message: /trigger told of .*visits/,
        });
        assert.deepEqual(await ask("SELECT * FROM visits ORDER BY id"), before);
      }),
  );
}

test("postgres: enumerations and ON UPDATE triggers move with their tables", { skip: both() }, async () => {
  await withDatabase("mariadb", async (source) => {
    await administer(
      "mariadb",
      async (sql) => {
        await sql(`CREATE TABLE moods (id int AUTO_INCREMENT PRIMARY KEY, mood enum('calm','gay') NOT NULL,
          name varchar(20) COLLATE utf8mb4_general_ci UNIQUE, touched timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)
          COMMENT='moods' PARTITION BY HASH (id) PARTITIONS 1`).catch(() =>
          sql(`CREATE TABLE moods (id int AUTO_INCREMENT PRIMARY KEY, mood enum('calm','gay') NOT NULL,
          name varchar(20) COLLATE utf8mb4_general_ci UNIQUE, touched timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)
          COMMENT='moods'`),
        );
        await sql("INSERT INTO moods (mood, name) VALUES ('calm', 'Ada')");
      },
      source,
    );
    await withDatabase("postgres", async (url) => {
      await inPublic(url);
      const ask = asker("postgres", url);
      await copy({ ...alone, source, target: url });
      const before = await shape("postgres", ask);
      await administer(
        "mariadb",
        (sql) => sql("INSERT INTO moods (mood, name) VALUES ('gay', 'Bo')"),
        source,
      );
      await copy({ ...alone, source, target: url, mode: "refresh" });
      assert.deepEqual(await shape("postgres", ask), before);
      assert.deepEqual(await ask("SELECT mood::text FROM moods WHERE name = 'BO'"), [{ mood: "gay" }]);
      const [type] = await ask(
        "SELECT format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = 'moods'::regclass AND attname = 'mood'",
      );
      assert.deepEqual(type, { type: "moods_mood_enum" });
      await ask("UPDATE moods SET touched = '2001-01-01 00:00:00'");
      await ask("UPDATE moods SET mood = 'gay'");
      const touched = await ask("SELECT count(*)::int AS n FROM moods WHERE touched < '2002-01-01'");
      assert.deepEqual(touched, [{ n: 1 }]);
    });
  });
});

function both() {
  return target("postgres").skip || target("mariadb").skip;
}

type Ask = ReturnType<typeof asker>;

interface Prepared {
  readonly source: string;
  readonly url: string;
  readonly ask: Ask;
}

async function prepared(name: TargetName, work: (each: Prepared) => Promise<void>): Promise<void> {
  await withDatabase("sqlite", async (source) => {
    execute(source, schema);
    await withDatabase(name, async (url) => {
      if (name === "postgres") await inPublic(url);
      await copy({ ...alone, source, target: url });
      await work({ source, url, ask: asker(name, url) });
    });
  });
}

/** The tests' role has the name of the ledger's schema, which "$user" would make the place of new tables. */
async function inPublic(url: string): Promise<void> {
  const database = new URL(url).pathname.slice(1);
  await administer("postgres", (sql) => sql(`ALTER DATABASE ${database} SET search_path = public`));
}

function execute(url: string, sql: string): void {
  const database = new DatabaseSync(url.slice("sqlite:".length));
  database.exec(sql);
  database.close();
}

const triggers: Readonly<Record<TargetName, readonly string[]>> = {
  postgres: [
    "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER told BEFORE INSERT ON visits FOR EACH ROW EXECUTE FUNCTION told()",
  ],
  mariadb: ["CREATE TRIGGER told BEFORE INSERT ON visits FOR EACH ROW SET NEW.place = 'x'"],
  mysql: ["CREATE TRIGGER told BEFORE INSERT ON visits FOR EACH ROW SET NEW.place = 'x'"],
  sqlite: ["CREATE TRIGGER told AFTER INSERT ON visits BEGIN SELECT 1; END"],
};

/** All that has a name, by the server's own catalogue, without the ledger: the order and the definitions. */
async function shape(name: TargetName, ask: Ask): Promise<unknown> {
  if (name === "sqlite") {
    return ask(
      // RENAME puts the new name in quotes.
      "SELECT type, name, tbl_name, replace(sql, 'TABLE \"' || name || '\"', 'TABLE ' || name) AS sql FROM sqlite_schema WHERE name NOT LIKE 'godwit_%' AND tbl_name NOT LIKE 'godwit_%' ORDER BY type, name",
    );
  }
  if (name === "postgres") {
    return [
      await ask("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1"),
      await ask(
        `SELECT n.nspname, c.relkind, c.relname, c.relowner::regrole::text AS owner, c.relacl::text, c.relispartition,
            CASE WHEN c.relkind = 'i' THEN pg_get_indexdef(c.oid) WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS text,
            obj_description(c.oid) AS comment
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname !~ '^(pg_|godwit$|information_schema)' ORDER BY 1, 2, 3`,
      ),
      await ask(
        "SELECT conname, contype, convalidated, pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1",
      ),
      await ask(
        "SELECT tgname, pg_get_triggerdef(oid) AS text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
      ),
      await ask(
        `SELECT typname AS name FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
          UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
          UNION ALL SELECT collname FROM pg_collation WHERE collnamespace = 'public'::regnamespace
          UNION ALL SELECT attname || attacl::text FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid > 16384 ORDER BY 1`,
      ),
    ];
  }
  const tables = await ask(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE 'godwit%' ORDER BY 1",
  );
  const shown = await Promise.all(
    tables.map(async (each) => {
      const [row] = await ask(`SHOW CREATE TABLE ${String(each["name"])}`);
      return Object.values(row ?? {}).map((text) => String(text).replace(/ AUTO_INCREMENT=\d+/, ""));
    }),
  );
  const [own] = await ask("SELECT DATABASE() AS name");
  const rooms = await ask(
    `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '${String(own?.["name"])}%'`,
  );
  return [tables, shown, rooms];
}

/** What a reader sees meanwhile, over and over: each place with its count. Any failure is one of the test. */
function watching(name: TargetName, ask: Ask): { end: () => Promise<Set<string>> } {
  const seen = new Set<string>();
  const stop = new AbortController();
  const work = (async () => {
    // A file's driver waits for its writer in the way of everything else.
    if (name === "sqlite") return;
    while (!stop.signal.aborted) {
      for (const { place, n } of await ask("SELECT place, n FROM guests")) {
        seen.add(`${String(place)} ${String(n)}`);
      }
    }
  })();
  return {
    end: async () => {
      stop.abort();
      await work;
      return seen;
    },
  };
}
