import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { apply, auditExport, auditHead, auditVerify, copy, report, rollback } from "../../src/index.ts";
import { type Passing, sent, startProxy } from "../support/proxy.ts";
import { type TargetName, targets, withDatabase } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { killedAt, ledgerTable, refused, type Scene, scene, stem, tables } from "./scene.ts";

interface Exported {
  readonly seq: number;
  readonly runId: string;
  readonly epoch: number;
  readonly type: string;
  readonly happenedAt: string;
  readonly actor: string;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly events?: readonly { readonly type: string }[];
  };
  readonly prevHash: string;
  readonly rowHash: string;
}

/** What is wrong, as the verifier says it. */
async function complaints(own: Scene, expectHead?: string): Promise<readonly string[]> {
  const { findings } = await auditVerify({ ...own.options, expectHead });
  return findings.map(({ message }) => message);
}

async function exported(own: Scene, format: "ndjson" | "json" | "csv" = "ndjson"): Promise<string> {
  let text = "";
  await auditExport({ ...own.options, format, write: (part) => void (text += part) });
  return text;
}

async function rowsOf(own: Scene): Promise<readonly Exported[]> {
  return (await exported(own))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Exported);
}

/** Types in their order, those that share a row included. */
function typesOf(rows: readonly Exported[]): string[] {
  return rows.flatMap(({ type, body }) => [...(body.events ?? []).map((event) => event.type), type]);
}

/** The chain by what the guide says of it, with nothing of the project. */
function chainHash(rows: readonly Exported[]): string {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : value !== null && typeof value === "object"
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, member]) => [key, sorted(member)]),
          )
        : value;
  let hash = "";
  for (const row of rows) {
    assert.equal(row.prevHash, hash);
    const parts = [hash, row.seq, row.runId, row.epoch, row.type, row.happenedAt, row.actor];
    const text = JSON.stringify([...parts, JSON.stringify(sorted(row.body))]);
    hash = createHash("sha256").update(text).digest("hex");
    assert.equal(row.rowHash, hash, `row ${row.seq}`);
  }
  return hash;
}

for (const { name, skip } of targets) {
  test(`${name}: what a run did is in the log, and every way of tampering with it is named`, { skip }, () =>
    scene(name, tables(1, 2), async (own) => {
      const events = ledgerTable(name, "event");
      await apply(own.options);
      await rollback({ ...own.options, steps: 1 });
      await own.write({
        [`${stem(3)}.up.sql`]: "CREATE TABLE t3 (id int);\nSELECT * FROM nowhere_at_all;\n",
      });
      await refused(apply(own.options), "GW6001");
      const rows = await rowsOf(own);
      assert.deepEqual(await complaints(own), []);
      const types = typesOf(rows);
      for (const type of ["lock:acquired", "ledger:upgraded", "statement:finished", "history:written"])
        assert.ok(types.includes(type), `${type} is missing in ${types.join(" ")}`);
      assert.deepEqual(
        types.filter((type) => type.startsWith("run:")),
        ["run:started", "run:finished", "run:started", "run:finished", "run:started", "run:stopped"],
      );
      assert.match(JSON.stringify(rows.at(-1)?.body), /nowhere_at_all/);
      const head = await auditHead(own.options);
      assert.equal(head?.hash, chainHash(rows));

      const [csvHead, ...csv] = (await exported(own, "csv")).trimEnd().split("\r\n");
      assert.match(csvHead ?? "", /^seq,at,run,/);
      assert.equal(csv.length, types.length);
      assert.deepEqual(JSON.parse(await exported(own, "json")), rows);

      /** Tampers, looks, and takes it back. */
      const tampered = async (sqls: readonly string[], expected: readonly RegExp[], expectHead?: string) => {
        for (const sql of sqls) await own.sql(sql);
        const found = await complaints(own, expectHead);
        for (const pattern of expected) {
          assert.ok(
            found.some((each) => pattern.test(each)),
            `${sqls.join("; ")}: no ${pattern} in ${found.join("\n")}`,
          );
        }
        await own.sql(`DELETE FROM ${events}`);
        await own.sql(`INSERT INTO ${events} SELECT * FROM kept`);
        assert.deepEqual(await complaints(own), [], "taken back");
      };
      await own.sql(`CREATE TABLE kept AS SELECT * FROM ${events}`);
      const n = rows.length;
      const someone = rows[0]?.actor ?? "";
      await tampered([`UPDATE ${events} SET body = '{}' WHERE seq = 3`], [/^row 3 was edited/]);
      await tampered(
        [`UPDATE ${events} SET actor = 'nobody' WHERE seq = 2`],
        [new RegExp(`^row 2 was edited: its actor was ${someone}`)],
      );
      await tampered([`DELETE FROM ${events} WHERE seq IN (2, 3)`], [/^rows 2 to 3 are missing/]);
      await tampered(
        [
          `UPDATE ${events} SET seq = 9999 WHERE seq = 3`,
          `UPDATE ${events} SET seq = 3 WHERE seq = 4`,
          `UPDATE ${events} SET seq = 4 WHERE seq = 9999`,
        ],
        [/^row 3 was moved: it was row 4/, /^row 4 was moved: it was row 3/],
      );
      // A tail that is gone leaves a chain that is whole: the kept head tells, and here the runs' own rows as well.
      await tampered(
        [`DELETE FROM ${events} WHERE seq > ${n - 1}`],
        [new RegExp(`no row has the expected head ${n}:`)],
        `${n}:${head?.hash}`,
      );
      const finished = rows.find(({ type }) => type === "run:finished");
      await tampered(
        [`DELETE FROM ${events} WHERE seq >= ${finished?.seq}`],
        [/is done, and the log does not tell of its end/],
      );
      // A row written anew with a right hash of its own breaks the next one's link.
      const forged = { ...rows[1], actor: "nobody" } as Exported;
      const parts = [forged.prevHash, forged.seq, forged.runId, forged.epoch, forged.type, forged.happenedAt];
      const [kept] = await own.sql(`SELECT body FROM ${events} WHERE seq = 2`);
      const hash = createHash("sha256")
        .update(JSON.stringify([...parts, "nobody", String(kept?.["body"])]))
        .digest("hex");
      await tampered(
        [`UPDATE ${events} SET actor = 'nobody', row_hash = '${hash}' WHERE seq = 2`],
        [/^row 3 does not follow row 2/],
      );

      // The other tables, held against the log.
      const [run, step, history] = ["run", "step", "migration"].map((table) => ledgerTable(name, table));
      const undone = async (sql: string, back: string, pattern: RegExp) => {
        await own.sql(sql);
        assert.match((await complaints(own)).join("\n"), pattern);
        await own.sql(back);
        assert.deepEqual(await complaints(own), []);
      };
      await undone(
        `UPDATE ${history} SET row_hash = 'x' WHERE seq = 3`,
        `UPDATE ${history} SET row_hash = '${rowHashOf(rows, 3)}' WHERE seq = 3`,
        /history row 3 \(rollback .*\) was written anew/,
      );
      const stopped = rows.at(-1)?.runId;
      await undone(
        `UPDATE ${run} SET state = 'blocked' WHERE id = '${stopped}'`,
        `UPDATE ${run} SET state = 'resumable' WHERE id = '${stopped}'`,
        new RegExp(`run ${stopped} is blocked, and the log says that it ended as resumable`),
      );
      await undone(
        `UPDATE ${step} SET step_key = 'invented' WHERE run_id = '${finished?.runId}' AND ordinal = 0`,
        `UPDATE ${step} SET step_key = '20260101000001/up/1' WHERE step_key = 'invented'`,
        /step invented of run .* is done, and the run's log does not tell of it/,
      );
    }),
  );

  test(`${name}: the log of a run that was killed goes on with its next process`, { skip }, () =>
    scene(name, tables(1, 2, 3), async (own) => {
      const isBare = name === "mariadb" || name === "mysql";
      await killedAt(own, isBare ? "bare:after-commit" : "transaction:after-commit", 2);
      assert.deepEqual(await complaints(own), [], "after the kill");
      await apply(own.options);
      const { findings, notes } = await auditVerify(own.options);
      assert.deepEqual(findings, []);
      assert.match(notes.join("\n"), /attempt 1: its process did not come to its end|^$/);
      const rows = await rowsOf(own);
      chainHash(rows);
      assert.deepEqual(
        typesOf(rows).filter((type) => type === "run:resumed" || type === "run:finished"),
        ["run:resumed", "run:finished"],
      );
      assert.equal(new Set(rows.map(({ runId }) => runId)).size, 1);
      assert.equal(rows.at(-1)?.epoch, 2);
      const { status, migration } = await report(own.options);
      assert.deepEqual(
        status.attempts.map(({ end }) => end),
        ["cut off", "done"],
      );
      assert.equal(migration.changes.length, 3);
    }),
  );
}

for (const { name, skip } of targets.filter(({ name: each }) => each !== "sqlite")) {
  test(`${name}: events whose write lost its reply are there once`, { skip }, () =>
    scene(name, { [`${stem(1)}.up.sql`]: sleepOf(name, 1.1), ...tables(2) }, async (own) => {
      await using proxy = await startProxy(own.url);
      // What was written in the middle of the run is committed, and the runner does not know; of the run's end at
      // first the write is lost, and then the reply to its commit.
      const committed = (words: string) => {
        let isSent = false;
        return ({ direction, text }: Passing) => {
          if (direction === "to-client") return false;
          isSent ||= text.includes(words);
          return isSent && text.lastIndexOf("COMMIT") > text.lastIndexOf(words);
        };
      };
      proxy.when(committed("statement:finished"), "lose-reply");
      proxy.when(sent("run:finished"), "lose-reply");
      proxy.when(committed("run:finished"), "lose-reply");
      const result = await apply({ ...own.options, url: proxy.url });
      // Where the machine is slow, nothing is written in the middle.
      assert.ok(proxy.faults >= 2);
      assert.equal(result.state, "done");
      const rows = await rowsOf(own);
      chainHash(rows);
      assert.deepEqual(await complaints(own), []);
      const types = typesOf(rows);
      for (const [type, count] of [
        ["run:started", 1],
        ["run:finished", 1],
        ["connection:lost", proxy.faults],
        ["history:written", 2],
      ] as const) {
        assert.equal(types.filter((each) => each === type).length, count, `${type} in ${types.join(" ")}`);
      }
      assert.equal(own.events.filter(({ type }) => type === "run:finished").length, 1);
    }),
  );

  test(
    `${name}: a long statement's events are written while it runs; a log that takes none fails no run`,
    { skip },
    () => {
      return scene(name, { ...tables(1), [`${stem(2)}.up.sql`]: sleepOf(name, 5) }, async (own) => {
        const events = ledgerTable(name, "event");
        const run = apply(own.options);
        await until(async () => {
          const found = await own
            .sql(`SELECT 1 FROM ${events} WHERE type = 'statement:started'`)
            .catch(() => []);
          return found.length > 0;
        });
        assert.equal((await own.sql(`SELECT 1 FROM ${events} WHERE type = 'run:finished'`)).length, 0);
        await run;
        assert.deepEqual(await complaints(own), []);

        await own.sql(`ALTER TABLE ${events} RENAME TO ${name === "postgres" ? "away" : "godwit_away"}`);
        own.events.length = 0;
        await own.write(tables(3));
        assert.equal((await apply(own.options)).state, "done");
        const warning = own.events.find(({ type }) => type === "warning:raised");
        assert.match(JSON.stringify(warning), /GW5021.*events of the run could not be written/);
      });
    },
  );
}

const postgres = targets.find(({ name }) => name === "postgres");

test("a copy's chunks are in the log of its target", { skip: postgres?.skip ?? true }, () =>
  scene("sqlite", tables(1), async (source) => {
    await apply(source.options);
    await source.sql("INSERT INTO t1 VALUES (1), (2), (3)");
    await withDatabase("postgres", async (target) => {
      await copy({
        source: source.url,
        target,
        cwd: source.folder,
        env: {},
        drafts: false,
      });
      const own = { ...source, options: { cwd: source.folder, env: {}, url: target } };
      const rows = await rowsOf(own);
      chainHash(rows);
      assert.deepEqual(await complaints(own), []);
      const types = typesOf(rows);
      for (const type of ["snapshot:taken", "chunk:finished", "table:compared", "run:finished"])
        assert.ok(types.includes(type), `${type} is missing in ${types.join(" ")}`);
      const { migration, validation, performance } = await report(own.options);
      assert.deepEqual(
        migration.tables.map(({ table, rows: count, chunks, chunksDone }) => [
          table,
          count,
          chunks === chunksDone,
        ]),
        [["public.t1", 3, true]],
      );
      assert.deepEqual(
        validation.tables.map(({ rows: count, differences }) => [count, differences]),
        [[3, 0]],
      );
      assert.equal(performance.rows, 3);
    });
  }),
);

/** Of the history's row with that number, the hash that the log has. */
function rowHashOf(rows: readonly Exported[], row: number): string {
  const all = rows.flatMap(({ type, body }) => [
    { ...body, type },
    ...(body.events ?? []),
  ]) as readonly Readonly<Record<string, unknown>>[];
  return String(
    all.find((event) => event["type"] === "history:written" && event["row"] === row)?.["rowHash"],
  );
}

function sleepOf(name: TargetName, seconds: number): string {
  return `SELECT ${name === "postgres" ? "pg_sleep" : "sleep"}(${seconds});`;
}
