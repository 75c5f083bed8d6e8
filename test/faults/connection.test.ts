import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Cli } from "../support/cli.ts";
import { makeProject } from "../support/project.ts";
import { startProxy, type Direction, type FaultProxy, type Passing } from "../support/proxy.ts";
import { isSweep } from "../support/laboratory/pairs.ts";
import { administer, target, type ServerName } from "../support/servers.ts";
import { assertClean, evidence, type Evidence } from "./evidence.ts";
import { fixtures } from "./fixtures.ts";
import { inParallel } from "./in-parallel.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, endOf, eventsOf, run, runWell, start, type Ended } from "./program.ts";
import { seeded, someOf } from "./seeded.ts";

const either: readonly ServerName[] = ["mariadb", "mysql"];
const here = either.filter((name) => target(name).skip === false);
/** MariaDB and MySQL speak one protocol with one engine of ours: a run of the tests has one of the two. */
const servers: readonly ServerName[] = ["postgres", ...someOf(here.length > 0 ? here : either, 1)];
/** Enough for a busy machine to connect, and little to wait where nobody answers. */
const impatient = { "godwit.config.yaml": "connectTimeout: 4s\n" };
/** Where all that is waited for is that nobody answers. */
const mostImpatient = { "godwit.config.yaml": "connectTimeout: 1s\n" };

/** So many are tried in a sweep; in an ordinary run about an eighth, others each time. */
const much = (count: number): number => (isSweep ? count : Math.ceil(count / 8));

interface Undisturbed {
  readonly evidence: Evidence;
  readonly chunks: Readonly<Record<Direction, number>>;
  readonly commits: number;
}

suite("connection faults", { concurrency: 2, timeout: 600_000 }, () => {
  for (const name of servers) {
    test(`${name}: COMMIT is lost, or its reply`, { skip: target(name).skip }, async (t) => {
      await using project = await makeProject({ ...fixtures[name], ...impatient });
      const undisturbed = await observe(name, project);
      const random = seeded();
      const all = Array.from({ length: undisturbed.commits }, (_, index) => index + 1);
      const chosen = [...new Set([1, ...random.sample(all, much(5)), undisturbed.commits])];
      t.diagnostic(`seed ${random.seed}: of ${undisturbed.commits} commits ${chosen.join(", ")}`);
      const cases = chosen.flatMap((nth) =>
        (["lose-reply", "reset"] as const).map((fault) => ({ nth, fault })),
      );
      // A quick run writes its events in fewer commits than a slow one, so the last one may not come.
      const missed: number[] = [];
      await inParallel(cases, 3, ({ nth, fault }) =>
        disturbed(name, `${fault} at commit ${nth}`, async (url, proxy) => {
          proxy.when(nthCommit(nth), fault);
          const ended = await runWell(applyArgs, { url: proxy.url, project });
          if (proxy.faults === 0) missed.push(nth);
          assert.equal(eventsOf(ended.lines, "connection:lost").length, proxy.faults);
          assert.equal(eventsOf(ended.lines, "result")[0]?.["state"], "done");
          assert.deepEqual(await evidence(name, url), undisturbed.evidence);
          await assertClean(name, url);
        }),
      );
      assert.ok(
        missed.length <= 4 && missed.every((nth) => nth > undisturbed.commits - 4),
        `no commit ${missed.join(", ")}`,
      );
    });

    test(`${name}: a rollback whose end is lost undoes no more`, { skip: target(name).skip }, async () => {
      await using project = await makeProject({
        "migrations/20260101000001_one.up.sql": "CREATE TABLE one (id int);",
        "migrations/20260101000001_one.down.sql": "DROP TABLE one;",
        "migrations/20260101000002_two.up.sql": "CREATE TABLE two (id int);",
        "migrations/20260101000002_two.down.sql": "DROP TABLE two;",
        ...impatient,
      });
      const rollback = ["rollback", "--yes", "--json", "--no-schema-file"];
      let chunks = 0;
      await disturbed(name, "undisturbed", async (url, proxy) => {
        await runWell(applyArgs, { url, project });
        await runWell(rollback, { url: proxy.url, project });
        chunks = proxy.forwarded["to-server"].chunks;
      });
      const last = Array.from({ length: 8 }, (_, index) => chunks - index);
      await inParallel(someOf(last, 2), 3, (nth) =>
        disturbed(name, `lost reply to chunk ${nth} of ${chunks}`, async (url, proxy) => {
          await runWell(applyArgs, { url, project });
          proxy.when(nthChunk(nth, "to-server"), "lose-reply");
          await runWell(rollback, { url: proxy.url, project });
          const { rows, history } = await evidence(name, url);
          assert.deepEqual(Object.keys(rows).length, 1, "one table is left");
          assert.deepEqual(history.length, 3);
          await assertClean(name, url);
        }),
      );
    });

    test(`${name}: the connection is reset at any message`, { skip: target(name).skip }, async (t) => {
      await using project = await makeProject({ ...fixtures[name], ...impatient });
      const undisturbed = await observe(name, project);
      const random = seeded();
      const cases = (["to-server", "to-client"] as const).flatMap((direction) =>
        random
          .sample(
            Array.from({ length: undisturbed.chunks[direction] }, (_, index) => index + 1),
            much(8),
          )
          .map((nth) => ({ direction, nth })),
      );
      const ends: Record<string, number> = {};
      const late: string[] = [];
      await inParallel(cases, 3, ({ direction, nth }) =>
        disturbed(name, `reset at chunk ${nth} ${direction}`, async (url, proxy) => {
          proxy.when(nthChunk(nth, direction), "reset");
          const ended = await run(applyArgs, { url: proxy.url, project });
          const end = ended.error ?? "recovered";
          ends[end] = (ends[end] ?? 0) + 1;
          if (nth > connecting) late.push(end);
          assertOrderly(ended);
          await runWell(applyArgs, { url, project });
          assert.deepEqual(await evidence(name, url), undisturbed.evidence);
          await assertClean(name, url);
        }),
      );
      t.diagnostic(`seed ${random.seed}: ${JSON.stringify(ends)}`);
      assertMostRecover(late);
    });

    test(`${name}: the connection stalls at any message`, { skip: target(name).skip }, async (t) => {
      await using project = await makeProject({ ...fixtures[name], ...impatient });
      const undisturbed = await observe(name, project);
      const random = seeded();
      const all = Array.from({ length: undisturbed.chunks["to-server"] }, (_, index) => index + 1);
      const chosen = [
        ...new Set([
          ...random.sample(all.slice(0, connecting), much(8)),
          ...random.sample(all, much(3)),
          all.length,
        ]),
      ];
      const ends: Record<string, number> = {};
      const late: string[] = [];
      await inParallel(chosen, 6, (nth) =>
        disturbed(name, `stall at chunk ${nth}`, async (url, proxy) => {
          proxy.when(nthChunk(nth, "to-server"), "stall");
          await using cli = start(applyArgs, { url: proxy.url, project, timeoutMs: 55_000 });
          const administrator = endWaitedFor(name, cli);
          const ended = await endOf(cli);
          await administrator;
          const end = ended.error ?? "recovered";
          ends[end] = (ends[end] ?? 0) + 1;
          if (nth > connecting) late.push(end);
          assertOrderly(ended);
          // What still hangs on the stalled connection ends with it.
          await proxy[Symbol.asyncDispose]();
          await runWell([...applyArgs, "--wait", "20s"], { url, project });
          assert.deepEqual(await evidence(name, url), undisturbed.evidence);
          await assertClean(name, url);
        }),
      );
      t.diagnostic(`seed ${random.seed}: chunks ${chosen.join(", ")}: ${JSON.stringify(ends)}`);
      assertMostRecover(late);
    });

    test(`${name}: the network is gone for good`, { skip: target(name).skip }, async () => {
      await using project = await makeProject({
        ...mostImpatient,
        "migrations/20260101000001_one.up.sql": "CREATE TABLE t (id int);",
      });
      await disturbed(name, "no network", async (url, proxy) => {
        // This connection, and from then on each new one with its first message.
        const stalled = new Set<number>();
        for (let armed = 0; armed < 60; armed++) {
          proxy.when(({ connection, text }) => {
            if (stalled.has(connection) || (stalled.size === 0 && !/CREATE TABLE t /.test(text)))
              return false;
            return stalled.add(connection).size > 0;
          }, "stall");
        }
        let start = 0;
        const attempt = () => {
          start = performance.now();
          return run(applyArgs, { url: proxy.url, project, timeoutMs: 100_000 });
        };
        let ended = await attempt();
        // A busy server may leave the very first connection without an answer for so long: then nothing was begun.
        if (ended.error === "GW3010" && stalled.size === 0) ended = await attempt();
        assert.equal(ended.error, "GW3005", ended.stdout);
        assert.match(ended.message, /could not be restored/);
        assert.ok(performance.now() - start < 90_000);
        await proxy[Symbol.asyncDispose]();
        await runWell([...applyArgs, "--wait", "20s"], { url, project });
        await assertClean(name, url);
      });
    });
  }
});

/**
 * Does what an administrator would, when the run waits for its own former session: a connection that stalls leaves
 * the server's end of it open, and the lock with it, until the server's keep-alive gives up.
 */
async function endWaitedFor(name: ServerName, cli: Cli): Promise<void> {
  const seen = await cli
    .saw(/"type":"orphan:found","holder":\{"sessionId":"(\d+)"/, 25_000)
    .catch(() => null);
  if (seen === null) return;
  const end = name === "postgres" ? `SELECT pg_terminate_backend(${seen[1]})` : `KILL ${seen[1]}`;
  // It may have ended by itself.
  await administer(name, (sql) => sql(end)).catch(() => undefined);
}

/** By so many messages the first session is open: what fails before ends the run, and nothing was begun. */
const connecting = 8;

function assertMostRecover(ends: readonly string[]): void {
  const recovered = ends.filter((end) => end === "recovered").length;
  assert.ok(
    recovered >= ends.length / 2,
    `of those that were connected few recover by themselves: ${ends.join(", ")}`,
  );
}

/** A fault of the network ends in recovery, or in an error that says it, and never as something unexpected. */
function assertOrderly(ended: Ended): void {
  if (ended.code === 0) return;
  assert.ok(
    ["GW3001", "GW3005", "GW3010"].includes(ended.error ?? ""),
    `ended with ${ended.error}:\n${ended.stdout}\n${ended.stderr}`,
  );
}

async function observe(
  name: ServerName,
  project: Awaited<ReturnType<typeof makeProject>>,
): Promise<Undisturbed> {
  return withOwnDatabase(name, async (url) => {
    await using proxy = await startProxy(url);
    let commits = 0;
    const seen = chunkReader();
    proxy.when((passing) => {
      if (isCommit(seen(passing))) commits += 1;
      return false;
    }, "reset");
    await runWell(applyArgs, { url: proxy.url, project });
    const { forwarded } = proxy;
    return {
      evidence: await evidence(name, url),
      chunks: { "to-server": forwarded["to-server"].chunks, "to-client": forwarded["to-client"].chunks },
      commits,
    };
  });
}

async function disturbed(
  name: ServerName,
  what: string,
  use: (url: string, proxy: FaultProxy) => Promise<void>,
): Promise<void> {
  await withOwnDatabase(name, async (url) => {
    await using proxy = await startProxy(url);
    await use(url, proxy).catch((error: unknown) => {
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    });
  });
}

function nthCommit(nth: number): (passing: Passing) => boolean {
  const chunk = chunkReader();
  let count = 0;
  return (passing) => isCommit(chunk(passing)) && ++count === nth;
}

function isCommit(chunk: string): boolean {
  return /COMMIT( AND NO CHAIN|\0)/.test(chunk);
}

function nthChunk(nth: number, direction: Direction): (passing: Passing) => boolean {
  let count = 0;
  return (passing) => passing.direction === direction && ++count === nth;
}

/** The chunk itself, of what goes to the server: a trigger is shown the bytes before it as well. */
function chunkReader(): (passing: Passing) => string {
  const before = new Map<number, number>();
  return ({ direction, connection, bytes, text }) => {
    if (direction === "to-client") return "";
    const length = bytes - (before.get(connection) ?? 0);
    before.set(connection, bytes);
    return text.slice(-length);
  };
}
