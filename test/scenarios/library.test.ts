import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import * as functions from "../../src/index.ts";
import { apply, GodwitError, status, type StampedEvent, validate, wait } from "../../src/index.ts";
import { root } from "../support/cli.ts";
import { target, targets } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { applied, refused, refusedUnchanged, scene, stem, tableNames, tables, version } from "./scene.ts";

// MySQL's sleep() is an error when it is killed only as a part of a statement.
const sleeping: Readonly<Record<string, string>> = {
  postgres: "SELECT pg_sleep(30);",
  mariadb: "INSERT INTO t1 VALUES (1); SELECT 1 FROM t1 WHERE sleep(30) = 0;",
  mysql: "INSERT INTO t1 VALUES (1); SELECT 1 FROM t1 WHERE sleep(30) = 0;",
};

const brief: Readonly<Record<string, string>> = {
  postgres: "SELECT pg_sleep(2);",
  mariadb: "SELECT sleep(2);",
  mysql: "SELECT sleep(2);",
};

for (const { name, skip } of targets.filter(({ name: each }) => each !== "sqlite")) {
  test(`${name}: an abort cancels the statement that runs, and the run can be continued`, { skip }, () =>
    scene(name, { ...tables(1, 3), [`${stem(2)}.up.sql`]: sleeping[name] ?? "" }, async (own) => {
      await refusedUnchanged(own, () => apply({ ...own.options, signal: AbortSignal.abort() }), "GW4006");
      const controller = new AbortController();
      const work = refused(apply({ ...own.options, signal: controller.signal }), "GW4006");
      const view =
        name === "postgres"
          ? "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()"
          : "SELECT 1 FROM information_schema.processlist WHERE db = database() AND info LIKE 'SELECT 1 FROM t1 WHERE sleep(30)%'";
      await until(async () => (await own.sql(view)).length > 0, { what: "the statement runs" });
      const start = performance.now();
      controller.abort();
      const error = await work;
      assert.ok(performance.now() - start < 10_000);
      assert.equal(error.exitCode, 130);
      assert.deepEqual(await tableNames(own), ["t1"]);
      assert.equal((await status(own.options)).run?.state, "resumable");
      await own.write({ [`${stem(2)}.up.sql`]: "SELECT 1;" });
      await applied(own);
      assert.deepEqual(await tableNames(own), ["t1", "t3"]);
    }),
  );
}

for (const { name, skip } of targets) {
  test(`${name}: an abort just before a statement keeps it from being sent`, { skip }, () =>
    scene(
      name,
      {
        [`${stem(1)}.up.sql`]: brief[name] ?? "SELECT 1;",
        ...tables(2),
      },
      async (own) => {
        const controller = new AbortController();
        const onEvent = ({ type }: StampedEvent) => {
          if (type === "statement:started") controller.abort();
        };
        const start = performance.now();
        await refused(apply({ ...own.options, onEvent, signal: controller.signal }), "GW4006");
        assert.ok(performance.now() - start < 1_500);
        assert.deepEqual(await tableNames(own), []);
      },
    ),
  );

  test(
    `${name}: events come in order, each with its number and its time, and none is printed`,
    { skip },
    () =>
      scene(name, tables(1, 2), async (own) => {
        const printed: string[] = [];
        const writes = [process.stdout.write, process.stderr.write] as const;
        const spy = (text: unknown) => printed.push(String(text)) > 0;
        process.stdout.write = process.stderr.write = spy as typeof process.stdout.write;
        try {
          await apply(own.options);
        } finally {
          [process.stdout.write, process.stderr.write] = writes;
        }
        // The test runner's own reports go the same way, as bytes.
        assert.deepEqual(
          printed.filter((text) => /godwit|t1|migration/i.test(text)),
          [],
        );
        assert.deepEqual(
          own.events.map(({ seq }) => seq),
          own.events.map((_, index) => index + 1),
        );
        assert.ok(own.events.every(({ at }) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(at)));
        const types = own.events
          .map(({ type }) => type)
          .filter(
            // How often a guard looks hangs on the server and on the clock.
            (type) => type !== "server:noticed" && type !== "guard:sampled",
          );
        const unit = [
          "unit:started",
          "step:started",
          "statement:started",
          "statement:finished",
          "history:written",
          "step:finished",
          "unit:finished",
        ];
        assert.deepEqual(types, [
          "lock:acquired",
          "ledger:upgraded",
          "run:started",
          ...unit,
          ...unit,
          "run:finished",
        ]);
      }),
  );

  test(
    `${name}: a program that imports the library, applies and returns comes to its end by itself`,
    { skip },
    () =>
      scene(name, tables(1), async (own) => {
        const script = `
        import { apply, status } from ${JSON.stringify(join(root, "src/index.ts"))};
        const options = ${JSON.stringify({ cwd: own.folder, env: {}, url: own.url })};
        await apply(options);
        await status(options);
        await apply({ ...options, url: options.url + "_nowhere/x" }).catch(() => {});
        globalThis.done = performance.now();
        process.on("exit", () => {
          if (performance.now() - globalThis.done > 900) console.log("something kept the process alive");
        });`;
        const child = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
          encoding: "utf8",
          timeout: 20_000,
        });
        assert.deepEqual([child.status, child.stdout, child.stderr], [0, "", ""]);
        assert.deepEqual(await tableNames(own), ["t1"]);
      }),
  );
}

test("two databases are migrated at once in one process", { skip: target("postgres").skip }, () =>
  scene("postgres", tables(1, 2, 3), async (one) =>
    scene("sqlite", tables(1, 2, 3), async (two) => {
      await scene("postgres", tables(4, 5), async (three) => {
        const results = await Promise.all([one, two, three].map((each) => apply(each.options)));
        assert.deepEqual(
          results.map(({ state, performed }) => [state, performed.length]),
          [
            ["done", 3],
            ["done", 3],
            ["done", 2],
          ],
        );
        assert.deepEqual(await tableNames(three), ["t4", "t5"]);
        for (const each of [one, two, three]) {
          assert.equal((await validate(each.options)).valid, true);
          assert.deepEqual(
            each.events.map(({ seq }) => seq),
            each.events.map((_, index) => index + 1),
          );
        }
      });
    }),
  ),
);

for (const [name, pause] of [
  ["postgres", "SELECT pg_sleep(1.5);"],
  ["mariadb", "SELECT SLEEP(1.5);"],
  ["mysql", "SELECT SLEEP(1.5);"],
] as const) {
  test(
    `${name}: two applies on one database: one works, the other is told which run does`,
    { skip: target(name).skip },
    () =>
      scene(name, { ...tables(1), [`${stem(2)}.up.sql`]: pause }, async (own) => {
        const started = Promise.withResolvers<void>();
        let runId = "";
        const onEvent = (event: StampedEvent) => {
          if (event.type === "run:started") runId = event.runId;
          if (event.type === "statement:started" && event.key.startsWith(version(2))) started.resolve();
        };
        const first = apply({ ...own.options, onEvent });
        await started.promise;
        const error = await refused(apply(own.options), "GW4001");
        assert.equal(error.exitCode, 4);
        assert.match(error.message, new RegExp(`session \\d+ \\(godwit ${runId.slice(0, 8)}`));
        const second = await apply({ ...own.options, waitMs: 20_000 });
        assert.deepEqual([(await first).state, second.state], ["done", "nothing"]);
      }),
  );
}

test("what is thrown is a GodwitError that programs can read", () =>
  scene("sqlite", { [`${stem(1)}.up.sql`]: "SELECT * FROM nowhere;" }, async (own) => {
    const error = await refused(apply(own.options), "GW6001");
    assert.ok(error instanceof GodwitError && error instanceof Error);
    const json = JSON.parse(JSON.stringify(error)) as Record<string, unknown>;
    assert.deepEqual(Object.keys(json).sort(), ["code", "details", "hint", "message", "outcome"]);
    assert.equal(json["outcome"], "unchanged");
    const stopped = own.events.find((event) => event.type === "run:stopped");
    assert.equal(stopped?.error, error);
    await refused(wait({ ...own.options, url: "postgresql://u@127.0.0.1:1/d", timeoutMs: 50 }), "GW4008");
  }));

test("a wrong option of the library is named, whatever its function, and nothing is done", () =>
  scene("sqlite", tables(1), async (own) => {
    // As from JavaScript, where no type is checked.
    const library = functions as unknown as Record<string, (options: unknown) => Promise<unknown>>;
    const cases: readonly [string, object, RegExp][] = [
      ["apply", { to: 5 }, /^apply: to is 5: expected text$/],
      ["apply", { too: "5" }, /^apply: there is no option "too"; did you mean "to"\?$/],
      ["apply", { dryRun: "no" }, /^apply: dryRun is a text: expected true or false$/],
      ["apply", { signal: {} }, /signal is an object: expected an AbortSignal/],
      ["apply", { onEvent: "log" }, /onEvent is a text: expected a function/],
      ["apply", { env: { A: 1 } }, /env is an object: expected an object of texts/],
      ["plan", { to: null }, /to is null: expected text/],
      ["status", { url: ["s3cret"] }, /^status: url is a list: expected text$/],
      ["status", { to: "1" }, /there is no option "to"/],
      ["validate", { waitMs: "5s" }, /waitMs is a text: expected milliseconds/],
      ["doctor", { lockRetries: 1.5 }, /lockRetries is 1.5: expected a whole number from 0/],
      ["rollback", { steps: "2" }, /steps is a text: expected a whole number from 1/],
      ["redo", { outOfOrder: "yes" }, /outOfOrder is a text: expected "error", "warn" or "allow"/],
      ["repair", { forget: "1" }, /forget is a text: expected a list of texts/],
      ["repair", { accept: "some" }, /accept is a text: expected a list of texts, or "all"/],
      ["baseline", {}, /the option version is missing/],
      ["baseline", { version: 1 }, /version is 1: expected text/],
      ["create", { name: 1 }, /name is 1: expected text/],
      ["wait", { timeoutMs: Number.NaN }, /timeoutMs is NaN: expected milliseconds/],
    ];
    for (const [name, wrong, message] of cases) {
      const work = () => library[name]?.({ ...own.options, ...wrong }) ?? assert.fail(name);
      const error = await refusedUnchanged(own, work, "GW1001");
      assert.match(error.message, message);
      assert.doesNotMatch(JSON.stringify(error), /s3cret/);
    }
    await refused(functions.init({ cwd: own.folder, force: true } as object), "GW1001");
    for (const name of ["apply", "status", "init", "wait"]) {
      await refused(library[name]?.("sqlite:app.db") ?? assert.fail(name), "GW1001");
      await refused(library[name]?.(null) ?? assert.fail(name), "GW1001");
    }
    assert.throws(() => functions.explain(5001 as unknown as string), { code: "GW1001" });
    // What is left undefined is left out.
    await apply({ ...own.options, to: undefined, dryRun: undefined });
    assert.deepEqual(await tableNames(own), ["t1"]);
  }));
