import assert from "node:assert/strict";
import { test } from "node:test";
import { copy, type CopyOptions, GodwitError, type StampedEvent } from "../../src/index.ts";
import { asker, evidence } from "../faults/evidence.ts";
import { contents, pairings, runSql, withBoth } from "../faults/copy-scene.ts";
import { withOwnDatabase } from "../faults/own-database.ts";
import { crashAt } from "../support/crash.ts";
import { target } from "../support/servers.ts";

// A copy in phases: each is proved before the next, nothing is copied twice, and the end is that of a copy without.

const alone = { env: {}, cwd: import.meta.dirname };
const small = { chunkBytes: 4096, phaseRows: 100 };

interface Watched {
  readonly events: StampedEvent[];
  readonly gates: () => string[];
  /** Rows of each table that were copied up to the n-th gate, or in all. */
  readonly copied: (gate?: number) => Record<string, number>;
}

function watched(): Watched & { readonly onEvent: (event: StampedEvent) => void } {
  const events: StampedEvent[] = [];
  return {
    events,
    onEvent: (event) => events.push(event),
    gates: () =>
      events.flatMap((event) =>
        event.type === "gate:settled" && event.gate.startsWith("phase")
          ? [`${event.gate} ${event.outcome}`]
          : [],
      ),
    copied(gate = Infinity) {
      const rows: Record<string, number> = {};
      let passed = 0;
      for (const event of events) {
        if (event.type === "gate:settled" && event.gate.startsWith("phase")) passed++;
        if (event.type !== "chunk:finished" || passed >= gate) continue;
        rows[event.table] = (rows[event.table] ?? 0) + event.rows;
      }
      return rows;
    },
  };
}

const wanted = new Set(["sqlite → postgres", "postgres → mariadb"]);

for (const pairing of pairings.filter(({ title }) => wanted.has(title))) {
  test(`${pairing.title}: in phases, killed in one, it ends as its source`, { skip: pairing.skip }, () =>
    withBoth(pairing, async ({ from, to, args, project }) => {
      const phased = [...args, "--phases", "auto", "--phase-rows", "100", "--chunk-size", "4096"];
      await crashAt({ name: "chunk:after-commit", nth: 1 }, phased, { cwd: project.folder });
      const seen = watched();
      await copy({ ...alone, ...small, source: from, target: to, phases: "auto", onEvent: seen.onEvent });
      assert.deepEqual(await contents(pairing.target.name, to), await contents(pairing.source.name, from));
      assert.deepEqual(seen.gates(), ["phase 1 of 3 passed", "phase 2 of 3 passed"]);
      const ask = asker(pairing.target.name, to);
      const ledger = pairing.target.name === "postgres" ? "godwit.chunk" : "godwit_chunk";
      const chunks = await ask(
        `SELECT step_key, table_name, ordinal, row_count FROM ${ledger} ORDER BY table_name, ordinal`,
      );
      assert.deepEqual([...new Set(chunks.map((chunk) => String(chunk["step_key"])))], ["rows/1"]);
      const first = chunks.find((chunk) =>
        Object.keys(seen.copied(2)).some((name) => String(chunk["table_name"]).endsWith(name)),
      );
      assert.ok(Number(first?.["row_count"]) <= 100, JSON.stringify(first));
      const total = chunks.reduce((sum, chunk) => sum + Number(chunk["row_count"]), 0);
      assert.equal(total, 360, "each row is in one chunk");
    }),
  );
}

const schemas = [
  "CREATE SCHEMA a",
  "CREATE SCHEMA b",
  "CREATE TABLE a.big (id int PRIMARY KEY, note text)",
  "CREATE TABLE a.names (name text PRIMARY KEY, n int)",
  "CREATE TABLE b.other (id int PRIMARY KEY, big int REFERENCES a.big)",
  "CREATE TABLE b.heap (n int)",
  "INSERT INTO a.big SELECT g, repeat('x', g % 50) FROM generate_series(1, 700) g",
  "INSERT INTO a.names SELECT 'name ' || g, g FROM generate_series(1, 900) g",
  "INSERT INTO b.other SELECT g, g FROM generate_series(1, 30) g",
  "INSERT INTO b.heap SELECT g FROM generate_series(1, 30) g",
  "ANALYZE",
];

test(
  "postgres → postgres: it stops at each gate, goes on from a source that has changed, and sees what others wrote",
  {
    skip: target("postgres").skip,
  },
  () =>
    withBoth(
      pairings.find(({ title }) => title === "postgres → postgres")!,
      async ({ from, to }) => {
        const seen = watched();
        const options: CopyOptions = {
          ...alone,
          ...small,
          source: from,
          target: to,
          onEvent: seen.onEvent,
          phases: "stop",
        };
        const stopped = async (code: string) => {
          const error = await copy(options).then(
            () => assert.fail("it went on"),
            (reason: unknown) => reason,
          );
          assert.ok(error instanceof GodwitError);
          assert.equal(error.code, code, error.message);
          return error;
        };
        const first = await stopped("GW8312");
        assert.equal(first.exitCode, 3);
        assert.match(first.message, /phase 1 of 4 is copied and proved: at most 100 rows of a\.names/);
        assert.match(first.hint, /--resume [0-9a-f-]{36}/);
        const { "a.names": rows = 0, ...others } = seen.copied();
        assert.ok(rows > 0 && rows <= 100, `${rows} rows`);
        assert.deepEqual(others, {});

        // Something in the target changes rows on their way: the next gate sees it, and what differs is copied again.
        await runSql("postgres", to, [
          "CREATE FUNCTION a.more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := NEW.n + 1; RETURN NEW; END'",
          "CREATE TRIGGER more BEFORE INSERT ON a.names FOR EACH ROW EXECUTE FUNCTION a.more()",
        ]);
        const differs = await stopped("GW8311");
        assert.match(
          differs.message,
          /phase 2 of 4 \(the table a\.names\): the target differs from the source: a\.names in \d+ rows/,
        );
        assert.equal(differs.exitCode, 5);
        assert.equal(seen.copied()["a.names"], 900);
        await runSql("postgres", to, ["DROP FUNCTION a.more CASCADE"]);
        assert.match((await stopped("GW8312")).message, /phase 2 of 4/);
        assert.match((await stopped("GW8312")).message, /phase 3 of 4 is copied and proved: the schema a/);
        assert.equal(seen.copied()["a.big"], 700);

        // The source goes on living: what was copied before is brought to its newest state.
        await runSql("postgres", from, [
          "UPDATE a.big SET note = 'changed' WHERE id = 3",
          "INSERT INTO a.names VALUES ('later', 1)",
          "DELETE FROM a.names WHERE n = 5",
        ]);
        await copy(options);
        assert.deepEqual(seen.gates(), [
          "phase 1 of 4 passed",
          "phase 2 of 4 failed",
          "phase 2 of 4 passed",
          "phase 3 of 4 passed",
        ]);
        await withOwnDatabase("postgres", async (plain) => {
          await copy({ ...options, target: plain, phases: undefined, onEvent: undefined });
          const [phased, whole] = [await evidence("postgres", to), await evidence("postgres", plain)];
          assert.deepEqual({ ...phased, history: [] }, { ...whole, history: [] });
        });
        for (const [choice, why] of [
          [{ mode: "upsert" }, /leaves other rows among it/],
          [{ schemaOnly: true }, /--phases is about rows/],
        ] as const) {
          await assert.rejects(copy({ ...options, ...choice }), { code: "GW1001", message: why });
        }
      },
      () => schemas,
    ),
);

for (const source of ["postgres", "sqlite"] as const) {
  const skip = source === "sqlite" ? false : target(source).skip;
  test(`${source}: statistics of a larger table make no row come twice`, { skip }, () =>
    withOwnDatabase(source, async (from) => {
      await runSql(source, from, shrunk(source));
      await withOwnDatabase("sqlite", async (to) => {
        await copy({
          ...alone,
          source: from,
          target: to,
          chunkBytes: 16_384,
          phases: "auto",
          phaseRows: 100,
        });
        const ask = asker("sqlite", to);
        const [counts] = await ask("SELECT count(*), count(DISTINCT id) FROM d");
        assert.deepEqual(Object.values(counts ?? {}).map(Number), [400, 400]);
        const chunks = await ask("SELECT row_count AS n FROM godwit_chunk ORDER BY ordinal");
        const rows = chunks.map(({ n }) => Number(n));
        assert.ok(rows[0]! > 0 && rows[0]! <= 100, `the first phase has ${rows[0]} rows`);
        assert.equal(
          rows.reduce((sum, n) => sum + n, 0),
          400,
        );
      });
    }),
  );
}

/** A table with a text for its key that had six times as many rows when the server last looked. */
function shrunk(source: "postgres" | "sqlite"): string[] {
  const few = "DELETE FROM d WHERE id > 'k000400'";
  if (source === "postgres")
    return [
      "CREATE TABLE d (id text PRIMARY KEY, v text) WITH (autovacuum_enabled = off)",
      "INSERT INTO d SELECT 'k' || lpad(i::text, 6, '0'), repeat('x', 300) FROM generate_series(1, 2400) i",
      "ANALYZE d",
      few,
    ];
  return [
    "CREATE TABLE d (id text NOT NULL PRIMARY KEY, v text) WITHOUT ROWID",
    "INSERT INTO d WITH RECURSIVE g (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 2400) SELECT 'k' || substr('000000' || i, -6), printf('%.300c', 'x') FROM g",
    few,
  ];
}
