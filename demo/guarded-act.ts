import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { cities } from "./data.ts";
import { startGodwit } from "./start-godwit.ts";
import { check, ended, number, observe, run, say, title, until } from "./stage.ts";

const root = join(import.meta.dirname, "..");
const rowsWritten = "SELECT count(*) FROM cities WHERE size IS NOT NULL";

/**
 * A plan is made, rehearsed, approved and backed up for; it runs while an application works, waits where a queue forms
 * behind it, is stopped by a file and gone on with; and its report is a page. `moved` has the cities.
 */
export async function guardedAct(client: pg.Client, moved: string): Promise<void> {
  const urlOf = (name: string) => moved.replace(/\/[^/]*$/, `/${name}`);
  for (const name of ["rehearsal", "guarded"]) await client.query(`CREATE DATABASE ${name} TEMPLATE moved`);
  const folder = mkdtempSync(join(tmpdir(), "godwit-demo-"));
  cpSync(join(root, "demo/guarded"), folder, { recursive: true });
  const environment = { DEMO_URL: urlOf("guarded"), DEMO_STAGING_URL: urlOf("rehearsal") };
  const godwit = (...args: string[]) => startGodwit(folder, environment, args);
  const production = ["--profile", "production"] as const;
  const apply = () => godwit("apply", "plan.json", ...production, "--confirm", "guarded");
  await using guarded = await observe(environment.DEMO_URL);
  try {
    title("A plan is written down, and production does not take it yet");
    await run(godwit("plan", ...production, "-o", "plan.json", "--as", "ada", "--ticket", "DEMO-1"));
    check("exit code of apply", (await ended(apply())) ?? -1, 1);
    check(
      "columns that were added",
      await number(
        guarded.client,
        "SELECT count(*) FROM pg_attribute WHERE attname = 'size' AND attnum > 0 AND attrelid = 'cities'::regclass",
      ),
      0,
    );

    title("It runs elsewhere, is rehearsed and approved, and a backup is made and proved");
    await run(godwit("apply", "--profile", "staging"));
    await run(godwit("rehearse", "plan.json", ...production));
    await run(godwit("backup", "create", "--verify", ...production));
    await run(godwit("approve", "plan.json", "--as", "grace", ...production));
    await run(godwit("plan", "plan.json", ...production));

    title("It runs under load; a queue forms behind it, and it waits until the queue is gone");
    await using application = await startApplication(environment.DEMO_URL);
    const first = apply();
    await until(
      async () => (await hasColumn(guarded.client)) && (await number(guarded.client, rowsWritten)) > 20_000,
    );
    await queueBehind(environment.DEMO_URL, guarded.client);

    title("Somebody writes the stop file");
    await until(async () => (await number(guarded.client, rowsWritten)) > cities.length * 0.8);
    mkdirSync(join(folder, ".godwit"));
    writeFileSync(join(folder, ".godwit/stop"), "");
    await ended(first);
    const written = await number(guarded.client, rowsWritten);
    say(`It stopped with ${written} of ${cities.length} rows written.`);
    await run(godwit("runs", ...production));

    title("The file goes, and the same command goes on");
    rmSync(join(folder, ".godwit/stop"));
    await run(apply());
    const { count, longestMs } = await application.stop();
    say(`Meanwhile the application changed ${count} rows; the longest took ${longestMs} ms.`);
    for (const [size, from, below] of [
      ["large", 1_000_000, Infinity],
      ["middle", 100_000, 1_000_000],
      ["small", -1, 100_000],
    ] as const) {
      check(
        `cities that are ${size}`,
        await number(guarded.client, `SELECT count(*) FROM cities WHERE size = '${size}'`),
        cities.filter(({ population }) => population >= from && population < below).length,
      );
    }

    title("What is left of it: a log that nobody can change unseen, and a report");
    check(
      "pauses in the log",
      Math.min(
        1,
        await number(guarded.client, "SELECT count(*) FROM godwit.event WHERE type = 'guard:paused'"),
      ),
      1,
    );
    await run(godwit("audit", "verify", ...production));
    await run(godwit("report", "--format", "html", "-o", "report.html", ...production));
    const page = readFileSync(join(folder, "report.html"), "utf8");
    check("the report is a page with charts", Number(page.includes("<svg") && page.endsWith("</html>\n")), 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Somebody keeps a row that the next batches need; the batch waits for it, and an application waits for the batch. */
async function queueBehind(url: string, client: pg.Client): Promise<void> {
  await using holder = await observe(url);
  const id = await number(
    client,
    `SELECT id FROM cities ORDER BY id OFFSET ${Math.floor(cities.length / 2)} LIMIT 1`,
  );
  await holder.client.query(`BEGIN; SELECT 1 FROM cities WHERE id = ${id} FOR UPDATE`);
  const blocked =
    "SELECT count(*) FROM pg_stat_activity a WHERE application_name LIKE 'godwit%' AND cardinality(pg_blocking_pids(pid)) > 0";
  await until(async () => (await number(client, blocked)) > 0);
  const before = await number(client, `SELECT max(id) FROM cities WHERE id < ${id}`);
  const waiting = await Promise.all(Array.from({ length: 6 }, () => observe(url)));
  const changes = waiting.map((each) =>
    each.client.query(`UPDATE cities SET population = population WHERE id = ${before}`),
  );
  await until(
    async () =>
      (await number(
        client,
        `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'demonstration' AND wait_event_type = 'Lock'
            AND clock_timestamp() - query_start > interval '400 milliseconds'`,
      )) >= 4,
  );
  await holder.client.query("ROLLBACK");
  await Promise.all(changes);
  await Promise.all(waiting.map((each) => each[Symbol.asyncDispose]()));
}

async function hasColumn(client: pg.Client): Promise<boolean> {
  return (
    (await number(
      client,
      "SELECT count(*) FROM pg_attribute WHERE attname = 'size' AND attrelid = 'cities'::regclass",
    )) > 0
  );
}

/** Changes a row at a time, as an application would, and measures how long it takes. */
async function startApplication(url: string) {
  const observed = await observe(url);
  const state = { isOver: false, count: 0, longestMs: 0 };
  const work = (async () => {
    while (!state.isOver) {
      const { id } = cities[Math.floor(Math.random() * cities.length)]!;
      const start = performance.now();
      await observed.client.query("UPDATE cities SET population = population WHERE id = $1", [id]);
      state.longestMs = Math.max(state.longestMs, Math.round(performance.now() - start));
      state.count += 1;
      await sleep(5);
    }
  })();
  const stop = async () => {
    state.isOver = true;
    await work;
    return state;
  };
  return {
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await observed[Symbol.asyncDispose]();
    },
  };
}
