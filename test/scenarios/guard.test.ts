import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { chown, link, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { readControl, takeControl } from "../../src/run/guard/control.ts";
import {
  apply,
  applyPlan,
  auditVerify,
  ctl,
  freezePlan,
  type GodwitError,
  type ProjectOptions,
  report as reportOf,
  type StampedEvent,
  status,
} from "../../src/index.ts";
import { startGodwit } from "../support/cli.ts";
import { targets } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { refused, type Scene, scene, tableNames } from "./scene.ts";

/** A migration in batches, each of which commits by itself; `between` runs before the batch of that number. */
function batches(count: number, between: string): string {
  return `import { existsSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
export const transaction = false;
export async function up(db) {
  for (let n = 1; n <= ${count}; n++) {
    ${between}
    await db.sql\`INSERT INTO t VALUES (\${n})\`;
    db.progress(n, ${count});
  }
}`;
}

const table = { "20260101000001_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY);" };
const script = "20260101000002_fill.ts";

async function rowsOf({ sql }: Scene): Promise<number> {
  return Number((await sql("SELECT count(*) AS n FROM t"))[0]?.["n"]);
}

for (const { name, skip } of targets) {
  test(
    `${name}: the stop file ends a run before its next batch, and the same call goes on exactly there`,
    { skip },
    async () => {
      await scene(name, table, async (own) => {
        const file = join(own.folder, ".godwit/stop");
        await mkdir(join(own.folder, ".godwit"));
        await own.write({
          [script]: batches(6, `if (n === 4) writeFileSync(${JSON.stringify(file)}, "");`),
        });
        const options = { ...own.options, commandLine: "godwit apply --profile prod" };
        const error = await refused(apply(options), "GW8001");
        assert.equal(await rowsOf(own), 3, "a batch ran although the stop file was there");
        assert.match(
          error.message,
          /stop file .*\.godwit\/stop is there; before 20260101000002\/up, committed last: 20260101000002\/up#3/,
        );
        assert.match(error.hint, /Remove the stop file; then `godwit apply --profile prod` goes on/);
        assert.deepEqual([error.exitCode, (await status(own.options)).run?.state], [130, "resumable"]);
        // While it is there nothing is begun.
        await refused(apply(own.options), "GW8001");
        assert.equal(await rowsOf(own), 3);
        await rm(file);
        await own.write({ [script]: batches(6, "") });
        const result = await apply(own.options);
        assert.deepEqual([result.state, await rowsOf(own)], ["done", 6]);
      });
    },
  );
}

for (const { name, skip } of targets.filter((each) => each.name !== "mysql")) {
  test(
    `${name}: a run is paused, slowed down, killed, resumed and stopped from another process`,
    { skip },
    async () => {
      await scene(name, table, async (own) => {
        const told = join(own.folder, "told");
        await own.write({
          [script]: batches(
            5,
            `while (n >= 2 && !existsSync(${JSON.stringify(told)} + n)) await setTimeout(10);`,
          ),
        });
        await writeFile(
          join(own.folder, "godwit.config.json"),
          JSON.stringify({ guard: { interval: "100ms" } }),
        );
        // In SQLite it is heard between two statements only.
        const waitMs = name === "sqlite" ? 0 : 2_000;
        const say = (action: "pause" | "resume" | "stop") => ctl({ ...own.options, waitMs, action });
        const cli = { cwd: own.folder, env: { GODWIT_URL: own.url } };
        const tell = async (n: number) => writeFile(`${told}${n}`, "");
        {
          await using run = startGodwit(["apply"], cli);
          await run.saw(/1 of 5 rows|1\/5 rows/);
          const { sent, runs } = await say("pause");
          // In SQLite it is heard between two statements only.
          assert.equal(sent?.takenAt !== null, name !== "sqlite");
          assert.deepEqual([runs[0]?.state, runs[0]?.orders.pausedBy?.command], ["running", "pause"]);
          await tell(2);
          await run.saw(/^paused before 20260101000002\/up: asked for by /m);
          assert.equal(await rowsOf(own), 1);
          run.kill("SIGKILL");
          await run.result;
        }
        // What an operator said holds for whoever goes on with the run.
        await using run = startGodwit(["apply"], cli);
        await run.saw(/^paused before /m);
        assert.equal(await rowsOf(own), 1);
        await ctl({ ...own.options, waitMs, action: "throttle", value: 0.5 });
        await say("resume");
        await run.saw(/^going on after a pause/m);
        await until(async () => (await rowsOf(own)) === 2);
        await say("stop");
        await tell(3);
        const { code, stderr } = await run.result;
        assert.equal(code, 130, stderr);
        assert.match(stderr, /^told by .*: throttle 0.5$/m);
        assert.match(
          stderr,
          /^error GW8001: stopped: asked for by .*next: When that is settled, `godwit apply` goes on with 20260101000002\/up/ms,
        );
        assert.equal(await rowsOf(own), 2);
        // A stop is carried out once; the run is slowed down as before.
        const [left] = (await ctl({ ...own.options, action: "status" })).runs;
        assert.deepEqual([left?.state, left?.orders.throttle, left?.waiting.length], ["resumable", 0.5, 0]);
        await refused(say("stop"), "GW8004");
        for (const n of [3, 4, 5]) await tell(n);
        assert.equal((await apply(own.options)).state, "done");
        assert.equal(await rowsOf(own), 5);
        await refused(say("pause"), "GW8004");
      });
    },
  );
}

test("a link, a hard link and another user's file at the place of the stop file stop nothing, and are told", async () => {
  await scene("sqlite", table, async (own) => {
    const file = join(own.folder, ".godwit/stop");
    const other = join(own.folder, "other");
    await mkdir(join(own.folder, ".godwit"));
    await writeFile(other, "");
    const makings: Record<string, (() => Promise<void>) | undefined> = {
      "is a symbolic link": () => symlink(other, file),
      "has another name elsewhere (a hard link)": () => link(other, file),
      "is no regular file": () => mkdir(file),
      // Only root can give a file away.
      "belongs to user 12345, who is neither root nor the user of this process":
        process.getuid?.() === 0
          ? async () => {
              await writeFile(file, "");
              await chown(file, 12_345, 12_345);
            }
          : undefined,
    };
    let n = 2;
    for (const [why, make] of Object.entries(makings)) {
      if (make === undefined) continue;
      await make();
      own.events.length = 0;
      // Several statements, each of which looks.
      await own.write({
        [`2026010100000${n}_x.up.sql`]: `CREATE TABLE x${n} (id int); CREATE TABLE y${n} (id int);`,
      });
      n += 1;
      await assert.doesNotReject(apply(own.options), `it ${why}, and yet it was heeded`);
      const warnings = own.events.filter(({ type }) => type === "warning:raised");
      assert.deepEqual(
        warnings.map((event) => event.type === "warning:raised" && [event.code, event.message]),
        [["GW8001", `the stop file is not heeded: ${file} ${why}`]],
      );
      await rm(file, { recursive: true });
    }
  });
});

test("the stop file ends a run before the next step, and before the next statement of a transaction", async () => {
  const vacuum = "20260101000003_vacuum.up.sql";
  await scene("sqlite", { ...table, [vacuum]: "VACUUM;" }, async (own) => {
    const stop = join(own.folder, ".godwit/stop");
    await mkdir(join(own.folder, ".godwit"));
    // A step without a transaction looks nowhere else.
    await own.write({
      [script]: `import { writeFileSync } from "node:fs";
export async function up() {
  writeFileSync(${JSON.stringify(stop)}, "");
}`,
    });
    assert.match((await refused(apply(own.options), "GW8001")).message, /; before 20260101000003\/up/);
    assert.equal((await status(own.options)).counts.applied, 2, "the next step ran");
    await rm(stop);
    await apply(own.options);

    await own.write({
      "20260101000004_two.up.sql": "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);",
    });
    const onEvent = (event: StampedEvent) => {
      if (event.type !== "statement:finished" || event.index !== 0) return;
      writeFileSync(stop, "");
      // Between statements that follow each other at once it is not looked for each time.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
    };
    await refused(apply({ ...own.options, onEvent }), "GW8001");
    assert.equal(await rowsOf(own), 0, "the transaction was not rolled back");
  });
});

test("a stop file that cannot be looked at holds the run up, and not for ever", async () => {
  await scene("sqlite", table, async (own) => {
    await writeFile(join(own.folder, "godwit.config.json"), '{ "guard": { "longestPause": "50ms" } }');
    // A folder that is a link to itself.
    await symlink(".godwit", join(own.folder, ".godwit"));
    const signal = AbortSignal.timeout(10_000);
    const error = await refused(apply({ ...own.options, signal }), "GW8003");
    assert.match(error.message, /\.godwit\/stop cannot be looked at: ELOOP/);
    assert.deepEqual(await tableNames(own), []);
  });
});

test("an operator's word is taken once, and only by the process that has the run", async () => {
  await scene("sqlite", table, async (own) => {
    await mkdir(join(own.folder, ".godwit"));
    await writeFile(join(own.folder, ".godwit/stop"), "");
    await refused(apply(own.options), "GW8001");
    const { sent } = await ctl({ ...own.options, action: "pause" });
    const engine = await loadEngine("sqlite");
    const session = await engine.connect.open(parseConnectionUrl(own.url), {
      tag: "test",
      connectTimeoutMs: 10_000,
      lockTimeoutMs: 10_000,
      statementTimeoutMs: 0,
    });
    try {
      const runId = sent?.run ?? "";
      const [row] = await readControl(engine, session, runId);
      assert.ok(row !== undefined);
      const take = (epoch: number) => takeControl(engine, session, { runId, epoch }, row, "now");
      assert.deepEqual([await take(2), await take(1), await take(1)], [false, true, false]);
    } finally {
      await session.close();
    }
  });
});

test("a run that an operator stops ends before one of its next batches", async () => {
  await scene("sqlite", table, async (own) => {
    const hook = { reached: Promise.withResolvers<void>(), free: Promise.withResolvers<void>() };
    hooks.godwitGuardHook = hook;
    const wait = `if (n === 2) {
      globalThis.godwitGuardHook.reached.resolve();
      await globalThis.godwitGuardHook.free.promise;
    }
    if (n > 2) await setTimeout(5);`;
    await own.write({ [script]: batches(40, wait) });
    await writeFile(join(own.folder, "godwit.config.json"), '{ "guard": { "interval": "20ms" } }');
    const running = refused(apply(own.options), "GW8001");
    running.catch(() => {});
    await hook.reached.promise;
    await ctl({ ...own.options, waitMs: 0, action: "stop" });
    hook.free.resolve();
    assert.match((await running).message, /^stopped: asked for by .*; before 20260101000002\/up/);
    assert.ok((await rowsOf(own)) < 40);
  });
});

test("a paused run is interrupted at once, and can be resumed", async () => {
  await scene("sqlite", table, async (own) => {
    const stop = join(own.folder, ".godwit/stop");
    await mkdir(join(own.folder, ".godwit"));
    await writeFile(stop, "");
    await refused(apply(own.options), "GW8001");
    await rm(stop);
    await ctl({ ...own.options, action: "pause" });
    const controller = new AbortController();
    const onEvent = (event: StampedEvent) => {
      if (event.type === "guard:paused") controller.abort();
    };
    await refused(apply({ ...own.options, onEvent, signal: controller.signal }), "GW4006");
    assert.equal((await status(own.options)).run?.state, "resumable");
    await ctl({ ...own.options, action: "resume" });
    assert.equal((await apply(own.options)).state, "done");
  });
});

test(
  "a run whose replica cannot be asked waits before its first statement, and not for ever",
  { skip: targets.find(({ name }) => name === "postgres")?.skip },
  async () => {
    await scene("postgres", table, async (own) => {
      const replica = new URL(own.url);
      replica.port = "1";
      const guard = { interval: "20ms", longestPause: "300ms", replicas: [replica.href] };
      await writeFile(join(own.folder, "godwit.config.json"), JSON.stringify({ guard }));
      const error = await refused(apply(own.options), "GW8003");
      assert.match(error.message, /^paused for longer than guard.longestPause: the load is not known: /);
      assert.match(error.hint, /`godwit apply` goes on with 20260101000001\/up\/1/);
      const { counts, run } = await status(own.options);
      assert.deepEqual([counts.applied, run?.state], [0, "resumable"]);
    });
  },
);

/** What a run waits for in its middle, and how the test tells it to go on. */
interface Hook {
  readonly reached: PromiseWithResolvers<void>;
  readonly free: PromiseWithResolvers<void>;
}

const hooks = globalThis as unknown as { godwitGuardHook?: Hook };

/**
 * Migrations of which the third waits until a query that is watched has become slow. The guard then finds that before
 * the fourth one.
 */
function aborting({ hasDown }: { readonly hasDown: boolean }): Record<string, string> {
  const down = (files: Record<string, string>) => (hasDown ? files : {});
  return {
    "20260101000001_a.up.sql": "CREATE TABLE a (id int PRIMARY KEY, note varchar(20) NOT NULL);",
    "20260101000001_a.down.sql": "DROP TABLE a;",
    "20260101000002_b.up.sql": "CREATE TABLE b (id int PRIMARY KEY); CREATE INDEX a_note ON a (note);",
    ...down({ "20260101000002_b.down.sql": "DROP TABLE b; ALTER TABLE a DROP COLUMN note;" }),
    "20260101000003_c.ts": `export async function up() {
  globalThis.godwitGuardHook.reached.resolve();
  await globalThis.godwitGuardHook.free.promise;
}
export async function down() {}`,
    "20260101000004_d.up.sql": "CREATE TABLE d (id int PRIMARY KEY);",
    "20260101000004_d.down.sql": "DROP TABLE d;",
  };
}

for (const { name, engine: id, skip } of targets.filter(
  (each) => each.name !== "sqlite" && each.name !== "mysql",
)) {
  /** Applies while the watched query becomes slow; gives the failure and the events. */
  const abortedApply = async (
    own: Scene,
    run: (options: ProjectOptions) => Promise<unknown> = apply,
  ): Promise<GodwitError> => {
    const sleep = name === "postgres" ? "pg_sleep(seconds)" : "SLEEP(seconds)";
    await own.sql("CREATE TABLE watched (seconds double precision)");
    await own.sql("INSERT INTO watched VALUES (0.05)");
    const config = {
      guard: {
        interval: "20ms",
        abortSamples: 2,
        latencyPause: null,
        // Far from what a busy machine makes of 50 ms.
        latencyAbort: "100%",
        errorsAbort: null,
        queries: [{ name: "pay", probe: `SELECT ${sleep} FROM watched` }],
      },
    };
    await writeFile(join(own.folder, "godwit.config.json"), JSON.stringify(config));
    const hook = { reached: Promise.withResolvers<void>(), free: Promise.withResolvers<void>() };
    hooks.godwitGuardHook = hook;
    const isSlow = (event: StampedEvent) =>
      event.type === "guard:sampled" && event.queries?.some(({ p95Ms }) => (p95Ms ?? 0) > 300);
    const onEvent = (event: StampedEvent) => {
      own.events.push(event);
      if (isSlow(event)) hook.free.resolve();
    };
    const running = refused(run({ ...own.options, onEvent }), "GW8002");
    await Promise.race([hook.reached.promise, running]);
    await own.sql("UPDATE watched SET seconds = 0.4");
    const error = await running;
    await own.sql("UPDATE watched SET seconds = 0.05");
    return error;
  };
  const schemaOf = async (own: Scene) => {
    const engine = await loadEngine(id);
    const session = await engine.connect.open(parseConnectionUrl(own.url), {
      tag: "test",
      connectTimeoutMs: 10_000,
      lockTimeoutMs: 10_000,
      statementTimeoutMs: 0,
    });
    try {
      return await engine.inspect.schema(session);
    } finally {
      await session.close();
    }
  };
  const ofType = <T extends StampedEvent["type"]>({ events }: Scene, type: T) =>
    events.filter((event): event is Extract<StampedEvent, { type: T }> => event.type === type);

  test(`${name}: a run that the guard aborts is undone, and the schema is as it was`, { skip }, async () => {
    await scene(name, aborting({ hasDown: true }), async (own) => {
      await own.sql("CREATE TABLE watched (seconds double precision)");
      const before = await schemaOf(own);
      await own.sql("DROP TABLE watched");
      const error = await abortedApply(own);
      assert.deepEqual(await schemaOf(own), before);
      assert.match(
        error.message,
        /^aborted: the rise of the latency of query pay is .*%, over its limit of 100.0%;/,
      );
      assert.match(
        error.message,
        /undone: 20260101000003_c, 20260101000002_b, 20260101000001_a; the schema is as it was/,
      );
      assert.equal(error.outcome, "unchanged");
      const [aborted] = ofType(own, "guard:aborted");
      assert.deepEqual(
        [aborted?.signal, aborted?.key, aborted?.limit],
        ["latency", "20260101000004/up/1", 1],
      );
      assert.equal(ofType(own, "rollback:started")[0]?.steps, 3);
      const [finished] = ofType(own, "rollback:finished");
      assert.deepEqual([finished?.undone.length, finished?.kept, finished?.verified], [3, [], true]);
      const report = await status(own.options);
      assert.deepEqual([report.counts, report.run], [{ applied: 0, pending: 4, problems: 0 }, null]);
      const runs = await own.sql(
        `SELECT kind, state FROM ${name === "postgres" ? "godwit.run" : "godwit_run"} ORDER BY started_at`,
      );
      assert.deepEqual(
        runs.map(({ kind, state }) => [kind, state]),
        [
          ["apply", "rolled-back"],
          ["rollback", "done"],
        ],
      );
      // The event log has both, and what came of the comparison.
      assert.deepEqual((await auditVerify(own.options)).findings, []);
      const undo = await reportOf(own.options);
      assert.equal(undo.status.undoes?.verified, true);
      const undone = await reportOf({ ...own.options, run: undo.status.undoes?.of });
      assert.deepEqual([undone.status.state, undone.status.undoneBy], ["rolled-back", undo.status.id]);
      assert.equal((await apply({ ...own.options })).state, "done");
    });
  });

  test(
    `${name}: the run of a reviewed plan is undone as it was reviewed, whatever its down files have become`,
    { skip: skip || name !== "postgres" },
    async () => {
      await scene(name, aborting({ hasDown: true }), async (own) => {
        const error = await abortedApply(own, async (options) => {
          await freezePlan({ ...options, as: "Ann", output: "plan.json" });
          await own.write({
            "20260101000002_b.down.sql": "DROP TABLE b; CREATE TABLE evil (id int);",
            "20260101000001_a.down.sql": "DROP TABLE a; DROP TABLE watched;",
          });
          await applyPlan({ ...options, file: "plan.json" });
        });
        assert.match(error.message, /undone: \S+_c, \S+_b, \S+_a; the schema is as it was/);
        assert.deepEqual(await tableNames(own), ["watched"]);
      });
    },
  );

  test(
    `${name}: what cannot be undone stays with all that it was built on, and is named`,
    { skip },
    async () => {
      await scene(name, aborting({ hasDown: false }), async (own) => {
        const error = await abortedApply(own);
        assert.match(
          error.message,
          /undone: 20260101000003_c; not undone: 20260101000002_b \(.*there is no 20260101000002_b.down.sql\)/,
        );
        assert.match(error.message, /20260101000001_a \(what was applied after it stays\)/);
        const [finished] = ofType(own, "rollback:finished");
        assert.deepEqual(
          [finished?.kept, finished?.verified],
          [["20260101000002_b", "20260101000001_a"], false],
        );
        const report = await status(own.options);
        assert.deepEqual(
          [report.counts.applied, report.counts.pending, report.run?.state],
          [2, 2, "resumable"],
        );
        assert.equal((await apply(own.options)).state, "done");
        assert.equal((await status(own.options)).counts.pending, 0);
      });
    },
  );
}
