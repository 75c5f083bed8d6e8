import assert from "node:assert/strict";
import { rename, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import test from "node:test";
import {
  apply,
  applyPlan,
  approve,
  backupCreate,
  backupVerify,
  copy,
  dropSnapshots,
  freezePlan,
  type FrozenPlan,
  type ProjectOptions,
  repair,
  rollback,
  type GodwitError,
} from "../../src/index.ts";
import type { GateState } from "../../src/run/gates/gate.ts";
import { godwit } from "../support/cli.ts";
import { run } from "../support/laboratory/pair.ts";
import { targets, withDatabase } from "../support/servers.ts";
import { refused, refusedUnchanged, type Scene, scene, tableNames, tables, version } from "./scene.ts";

const file = "plan.json";
/** Every gate off: each test switches on its own. */
const off = {
  environment: false,
  confirm: false,
  ticket: false,
  approvals: 0,
  impact: false,
  backup: false,
  staging: false,
  rollback: false,
  snapshot: false,
  phases: false,
};
/** Runs of other tests are at work on the same servers. */
const limits = { schemasPerHost: null, workersPerHost: null };

const configure = (own: Scene, config: Readonly<Record<string, unknown>>) =>
  writeFile(
    join(own.folder, "godwit.config.json"),
    JSON.stringify({ environment: "production", limits, ...config }),
  );

const frozen = async (own: Scene): Promise<FrozenPlan> => {
  const plan = await freezePlan({ ...own.options, as: "Ann", output: file });
  assert.ok(plan !== null);
  return plan;
};

const applyFile = (own: Scene, more: Partial<ProjectOptions> = {}) =>
  applyPlan({ ...own.options, ...more, file });

function statesOf(error: GodwitError): Record<string, string> {
  return Object.fromEntries((error.details.gates as GateState[]).map(({ gate, outcome }) => [gate, outcome]));
}

/** Runs something with a gate on; both ways it must end as it should, and refused nothing may change. */
async function closedThenOpen(
  own: Scene,
  code: "GW8105" | "GW8106" | "GW8107",
  why: RegExp,
  open: () => Promise<unknown>,
  more: Partial<ProjectOptions> = {},
): Promise<void> {
  const error = await refusedUnchanged(own, () => applyFile(own, more), code);
  assert.match(error.message, why);
  await open();
  assert.equal((await applyFile(own, more)).state, "done");
}

for (const { name, skip } of targets) {
  test(`${name}: the server is asked which database it is`, { skip }, async () => {
    await scene(name, tables(1), async (own) => {
      const server = new URL(own.url);
      const database = name === "sqlite" ? own.url.slice("sqlite:".length) : server.pathname.slice(1);
      const confirm = basename(database);
      await configure(own, { gates: { ...off, environment: true, confirm: true } });
      for (const typed of [undefined, "other"]) {
        const error = await refusedUnchanged(own, () => apply({ ...own.options, confirm: typed }), "GW8107");
        assert.match(error.message, new RegExp(confirm));
      }
      await configure(own, { gates: off, expect: { database: "shop" } });
      await refusedUnchanged(own, () => apply(own.options), "GW8106");
      await configure(own, { gates: off, expect: { server: "another" } });
      const { message } = await refusedUnchanged(own, () => apply(own.options), "GW8106");
      const [, identity] = /the server should be another, and the server says (\S+):/.exec(message) ?? [];
      const port = name === "sqlite" ? {} : { port: Number(server.port) };
      await configure(own, {
        gates: { ...off, environment: true, confirm: true },
        expect: { database, server: identity, ...port },
      });
      if (name !== "sqlite") {
        await configure(own, { gates: off, expect: { port: 1 } });
        await refusedUnchanged(own, () => apply(own.options), "GW8106");
        await configure(own, {
          gates: { ...off, confirm: true },
          expect: { database, server: identity, ...port },
        });
      }
      assert.equal((await apply({ ...own.options, confirm })).state, "done");
      const settled = own.events.filter(
        (event) => event.type === "gate:settled" && event.gate === "environment",
      );
      assert.match(JSON.stringify(settled.at(-1)), new RegExp(`passed.*${confirm}`));
    });
  });
}

test("ticket and approvals are demanded of people: exit code 3", async () => {
  await scene("sqlite", tables(1, 2), async (own) => {
    await configure(own, { gates: { ...off, ticket: true, approvals: 2 } });
    const bare = await refusedUnchanged(own, () => apply(own.options), "GW8105");
    assert.match(bare.message, /approval: only a plan from a file can be approved/);
    await frozen(own);
    const as = (who: string, ticket?: string) => approve({ cwd: own.folder, env: {}, file, as: who, ticket });
    await as("Bob");
    const cli = await godwit(["apply", file], { cwd: own.folder, env: { GODWIT_URL: own.url } });
    assert.equal(cli.code, 3, cli.stderr);
    assert.match(cli.stderr, /ticket: no ticket is named.*approval: approved by Bob, and 2 have to/);
    await closedThenOpen(own, "GW8105", /2 have to/, () => as("Carol", "OPS-17"));
    // Also the way back, and what is done by hand to the ledger alone.
    await refusedUnchanged(own, () => rollback(own.options), "GW8105");
    await own.write({ "20260101000001_t1.up.sql": "CREATE TABLE t1 (id int PRIMARY KEY);\n" });
    await own.write({ [`${version(1)}_t1.up.sql`]: "CREATE TABLE t1 (id bigint PRIMARY KEY);\n" });
    assert.equal((await repair({ ...own.options, accept: [version(1)] })).state, "done");
  });
});

test("a danger is agreed to by its name, by who approves or by who runs it", async () => {
  await scene("sqlite", tables(1), async (own) => {
    await apply(own.options);
    await own.write({ [`${version(2)}_gone.up.sql`]: "DROP TABLE t1;\n" });
    await configure(own, { gates: { ...off, impact: true } });
    const plan = await frozen(own);
    assert.deepEqual(
      plan.hazards.map(({ type, level }) => `${type} ${level}`),
      ["drops-data danger", "no-undo warning"],
    );
    const as = (who: string, allow: readonly string[]) =>
      approve({ cwd: own.folder, env: {}, file, as: who, allow });
    assert.match((await refused(as("Bob", []), "GW8104")).message, /drops the table t1 with its rows/);
    await refused(as("Bob", ["drops-data", "renames"]), "GW1001");
    await refusedUnchanged(own, () => apply(own.options), "GW8106");
    await refusedUnchanged(own, () => apply({ ...own.options, allowDangers: ["renames"] }), "GW8106");
    await closedThenOpen(own, "GW8106", /nobody has agreed to drops-data/, () => as("Bob", ["drops-data"]));
    await refusedUnchanged(own, () => rollback(own.options), "GW2008");
  });
});

test("a backup counts when it is young and its restore was tested", async () => {
  await scene("sqlite", tables(1, 2), async (own) => {
    await apply({ ...own.options, to: version(1) });
    await configure(own, { gates: { ...off, backup: "24h" } });
    await frozen(own);
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const ownFile = own.url.slice("sqlite:".length);
    const backup = (id: string, state: string, hours: number, verified: string | null, database = ownFile) =>
      own.sql(
        `INSERT INTO godwit_artifact VALUES ('${id}', 'backup', NULL, '/elsewhere/${id}', '${state}',
           json_object('database', '${database}'), '${hoursAgo(hours)}',
           ${verified === null ? "NULL" : `'${verified}'`})`,
      );
    await refusedUnchanged(own, () => applyFile(own), "GW8106");
    await backup("untested", "made", 1, null);
    await backup("failed", "failed", 1, hoursAgo(0));
    // A clone of another database has that one's ledger.
    await backup("anothers", "verified", 1, hoursAgo(0), "/another.db");
    await refusedUnchanged(own, () => applyFile(own), "GW8106");
    await backup("old", "verified", 25, hoursAgo(0));
    await closedThenOpen(own, "GW8106", /too old: \/elsewhere\/old of/, () =>
      backup("young", "verified", 23, hoursAgo(1)),
    );
  });
  // What there is nothing of cannot be lost: said, not passed over.
  await scene("sqlite", tables(1), async (own) => {
    await configure(own, { gates: { ...off, backup: "24h" } });
    await frozen(own);
    await applyFile(own);
    const settled = own.events.find((event) => event.type === "gate:settled" && event.gate === "backup");
    assert.match(JSON.stringify(settled), /skipped.*there are no tables/);
  });
});

test("a plan keeps the gates and approvers of its profile, however its database is named", async () => {
  await scene("sqlite", tables(1), async (own) => {
    const prod = { url: own.url, environment: "production", limits, gates: { ...off, approvals: 1 } };
    await writeFile(
      join(own.folder, "godwit.config.json"),
      JSON.stringify({
        profile: "dev",
        profiles: { dev: { url: own.url }, prod: { ...prod, approvers: { Bob: null } } },
      }),
    );
    const named = { cwd: own.folder, env: {} };
    await freezePlan({ ...named, profile: "prod", as: "Ann", output: file });
    const through = { ...named, file };
    for (const variable of ["DATABASE_URL", "GODWIT_URL"]) {
      const options = { ...through, env: { [variable]: own.url } };
      await refusedUnchanged(own, () => applyPlan(options), "GW8105");
    }
    await refusedUnchanged(own, () => applyPlan({ ...through, url: own.url }), "GW8105");
    await refusedUnchanged(own, () => applyPlan({ ...through, profile: "dev" }), "GW1001");
    await refusedUnchanged(own, () => applyPlan({ ...through, env: { GODWIT_PROFILE: "dev" } }), "GW1001");
    // Somebody with a configuration of their own, which lists nobody.
    await own.write({ "../other/godwit.config.json": '{ "profiles": { "prod": {} } }' });
    const elsewhere = { cwd: join(own.folder, "other"), env: {} };
    await approve({ ...elsewhere, file: join(own.folder, file), as: "Mallory" });
    const error = await refusedUnchanged(own, () => applyPlan({ ...through, url: own.url }), "GW8104");
    assert.match(error.message, /none of the approvers/);
  });
});

test("a backup whose file is gone or damaged is none any more", async () => {
  await scene("sqlite", tables(1, 2), async (own) => {
    await apply({ ...own.options, to: version(1) });
    await configure(own, { gates: { ...off, backup: "24h" } });
    await frozen(own);
    const older = (await backupCreate(own.options)).file;
    await backupVerify(own.options);
    const newer = (await backupCreate(own.options)).file;
    await backupVerify(own.options);
    await rename(older, `${older}.away`);
    await truncate(newer, 100);
    const { message } = await refusedUnchanged(own, () => applyFile(own), "GW8106");
    assert.match(message, /file was altered: [^;]*; a tested backup's file is gone: /);
    // Nor is one that lacks something.
    await own.sql("CREATE VIRTUAL TABLE words USING fts5(body)");
    await backupCreate(own.options);
    await backupVerify(own.options);
    await own.sql("DROP TABLE words");
    assert.match(
      (await refusedUnchanged(own, () => applyFile(own), "GW8106")).message,
      /is not whole, it lacks rows of the virtual table words/,
    );
    await rename(`${older}.away`, older);
    assert.equal((await applyFile(own)).state, "done");
  });
});

test("rows that were kept are dropped only where the database's name was typed", async () => {
  const files = {
    [`${version(1)}_t1.up.sql`]:
      "CREATE TABLE t1 (id int PRIMARY KEY, n int);\nINSERT INTO t1 VALUES (1, 1);\n",
    [`${version(2)}_t2.up.sql`]: "-- godwit: snapshot\nUPDATE t1 SET n = 2;\n",
  };
  await scene("sqlite", files, async (own) => {
    await apply(own.options);
    await configure(own, { gates: { ...off, environment: true, confirm: true, approvals: 1 } });
    const drop = (confirm?: string) => dropSnapshots({ ...own.options, drop: ["all"], confirm });
    await refusedUnchanged(own, () => drop(), "GW8107");
    await refusedUnchanged(own, () => drop("other"), "GW8107");
    await drop(basename(own.url));
    assert.deepEqual(await tableNames(own), ["t1"]);
  });
});

test("the same plan, apart from where, has run elsewhere", async () => {
  await scene("sqlite", tables(1, 2), async (own) => {
    await withDatabase("sqlite", async (staging) => {
      const elsewhere = { ...own.options, url: staging };
      await configure(own, { gates: { ...off, staging: true } });
      await frozen(own);
      assert.match(
        (await refusedUnchanged(own, () => applyFile(own), "GW8106")).message,
        /no staging database/,
      );
      await configure(own, { gates: { ...off, staging: true }, staging: own.url });
      assert.match((await refusedUnchanged(own, () => applyFile(own), "GW8106")).message, /same database/);
      await configure(own, { gates: { ...off, staging: true }, staging });
      const bare = { ...elsewhere, cwd: own.folder, config: join(own.folder, "staging.json") };
      await writeFile(bare.config, "{}");
      await apply({ ...bare, to: version(1) });
      // One by one is as good as both at once; other SQL under the same names is not.
      await own.write({ [`${version(2)}_t2.up.sql`]: "CREATE TABLE t2 (id bigint);\n" });
      await closedThenOpen(own, "GW8106", /has not run to its end/, async () => {
        await apply(bare);
        await refusedUnchanged(own, () => applyFile(own), "GW8106");
        await rollback(bare);
        await own.write(tables(2));
        await apply(bare);
      });
    });
  });
});

test("what staging has rolled back again has not run there", async () => {
  await scene("sqlite", tables(1, 2), async (own) => {
    await withDatabase("sqlite", async (staging) => {
      await writeFile(join(own.folder, "staging.json"), "{}");
      const bare = { ...own.options, url: staging, config: join(own.folder, "staging.json") };
      await configure(own, { gates: { ...off, staging: true }, staging });
      await frozen(own);
      await apply(bare);
      await rollback(bare);
      await closedThenOpen(own, "GW8106", /what run \S+ did was rolled back there/, () => apply(bare));
    });
  });
});

test("a gate that cannot ask its question is closed", async () => {
  await scene("sqlite", tables(1), async (own) => {
    const path = join(own.folder, "staging.db");
    // It says that it has the record of plans, and has lost it.
    await writeFile(join(own.folder, "bare.json"), "{}");
    const bare = { ...own.options, url: `sqlite:${path}`, config: join(own.folder, "bare.json") };
    await apply(bare);
    await run("sqlite", bare.url, ["DROP TABLE godwit_plan"]);
    for (const [staging, why] of [
      [
        "postgres://nobody@127.0.0.1:1/none",
        /staging: it could not be asked: cannot connect to .*127\.0\.0\.1:1/,
      ],
      [`sqlite:${path}`, /staging: .*staging\.db could not be asked: no such table: main.godwit_plan/],
    ] as const) {
      await configure(own, { gates: { ...off, staging: true }, staging });
      const { message } = await refusedUnchanged(own, () => apply(own.options), "GW8106");
      assert.match(message, why);
    }
  });
});

test("a closed gate is skipped for a reason, where the configuration lets it, and that is kept", async () => {
  await scene("sqlite", tables(1), async (own) => {
    await configure(own, { gates: { ...off, ticket: true, staging: true } });
    await frozen(own);
    const skipGates = { ticket: "the ticket system is down", staging: "there is none" };
    const locked = await refusedUnchanged(own, () => applyFile(own, { skipGates }), "GW8106");
    assert.match(locked.message, /may not be skipped in production/);
    await refused(applyFile(own, { skipGates: { tickets: "x" } }), "GW1001");
    await refused(applyFile(own, { skipGates: { ticket: " " } }), "GW1001");
    await configure(own, { gates: { ...off, ticket: true, staging: true, skip: ["staging", "ticket"] } });
    const open = await refusedUnchanged(own, () => applyFile(own, { skipGates: { ticket: "x" } }), "GW8106");
    assert.deepEqual(statesOf(open), {
      environment: "skipped",
      ticket: "skipped",
      approval: "skipped",
      impact: "skipped",
      backup: "skipped",
      staging: "failed",
      rollback: "skipped",
      snapshot: "skipped",
      phases: "skipped",
    });
    assert.equal((await applyFile(own, { skipGates })).state, "done");
    const [run] = await own.sql("SELECT intent FROM godwit_run");
    const { gates } = JSON.parse(String(run?.intent)) as { gates: GateState[] };
    const ticket = gates.find(({ gate }) => gate === "ticket");
    assert.match(ticket?.reason ?? "", /^the ticket system is down \(it is closed: /);
  });
});

test("without an environment nothing is demanded, and production demands all", async () => {
  await scene("sqlite", tables(1, 2), async (own) => {
    await apply({ ...own.options, to: version(1) });
    assert.ok(!own.events.some(({ type }) => type === "gate:settled"));
    await configure(own, {});
    const error = await refusedUnchanged(own, () => apply(own.options), "GW8106");
    assert.deepEqual(statesOf(error), {
      environment: "failed",
      ticket: "failed",
      approval: "failed",
      impact: "passed",
      backup: "failed",
      staging: "failed",
      rollback: "failed",
      snapshot: "passed",
      phases: "skipped",
    });
    await configure(own, { environment: "sandbox" });
    await apply(own.options);
    assert.deepEqual(await tableNames(own), ["t1", "t2"]);
  });
});

for (const { name, skip } of targets) {
  test(`${name}: rows that are changed have to be kept first`, { skip }, async () => {
    await scene(name, tables(1), async (own) => {
      await apply(own.options);
      await own.sql("INSERT INTO t1 VALUES (1), (2)");
      // What the plan made itself held nothing.
      const fresh =
        "CREATE TABLE t2 (id int PRIMARY KEY);\nINSERT INTO t2 VALUES (1);\nUPDATE t2 SET id = 2;\n";
      const change = "DELETE FROM t1 WHERE id = 2;\n";
      await configure(own, { gates: { ...off, snapshot: true } });
      await own.write({ [`${version(2)}_b.up.sql`]: `${fresh}${change}` });
      const error = await refusedUnchanged(own, () => apply(own.options), "GW8106");
      assert.match(error.message, /snapshot: DELETE at [^ ]*_b\.up\.sql:4: nothing keeps the rows/);
      await own.write({ [`${version(2)}_b.up.sql`]: `${fresh}-- godwit: snapshot\n${change}` });
      await apply(own.options);
      assert.deepEqual(
        (await own.sql("SELECT id FROM t1")).map(({ id }) => String(id)),
        ["1"],
      );
    });
  });
}

test("a copy has to go in phases", async () => {
  await scene("sqlite", tables(1), async (own) => {
    await apply(own.options);
    await own.sql("INSERT INTO t1 VALUES (1), (2)");
    await configure(own, { gates: { ...off, phases: true } });
    await withDatabase("sqlite", async (target) => {
      const { cwd, env, onEvent } = own.options;
      const request = { cwd, env, onEvent, source: own.url, target };
      const error = await refused(copy(request), "GW8106");
      assert.match(error.message, /phases: it copies everything at once: --phases/);
      await copy({ ...request, phases: "auto" });
      // Rows that come among others have no phases.
      await copy({ ...request, mode: "upsert" });
    });
  });
});

test("a run that passed its gates goes on, also where one would be closed by now", async () => {
  const failing = {
    [`${version(1)}_a.up.sql`]: "CREATE TABLE a (id int);\nVACUUM;\nINSERT INTO b VALUES (1);\n",
  };
  await scene("sqlite", failing, async (own) => {
    await configure(own, { gates: { ...off, approvals: 1 } });
    await frozen(own);
    await approve({ cwd: own.folder, env: {}, file, as: "Bob" });
    await refused(applyFile(own), "GW6001");
    await own.sql("CREATE TABLE b (id int)");
    await configure(own, { gates: { ...off, approvals: 2 } });
    assert.equal((await applyFile(own)).state, "done");
  });
});
