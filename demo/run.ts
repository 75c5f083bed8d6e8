/**
 * The demonstration: real data into a real PostgreSQL, through two kills with SIGKILL, a rollback and a second
 * apply; then counts and digests by plain SQL beside what is expected. In a second act the same data come from a
 * SQLite file, are compared, one damaged row is found, new tables take the place of the old ones, and the first database
 * is copied as it is. In the third one a plan passes the gates of a production database, and runs under load: paused, stopped, and gone on with. The fourth one
 * needs no server: a database of symbol mappings is migrated, killed, gone on with and rolled back. Exit code 0 only if all
 * of it held.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { styleText } from "node:util";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { compare } from "./expected.ts";
import { guardedAct } from "./guarded-act.ts";
import { mappingsAct } from "./mappings-act.ts";
import { makeSqliteCities } from "./sqlite-cities.ts";
import {
  check,
  ended,
  failures,
  kill,
  number,
  observe,
  report,
  run,
  say,
  settled,
  title,
  until,
} from "./stage.ts";

const root = join(import.meta.dirname, "..");
const began = performance.now();

say("Starting PostgreSQL from its npm package …");
{
  await using server = await startEmbeddedPostgres();
  say(`PostgreSQL ${server.version} is ready.`);
  await using observer = await observe(server.url);
  const client = observer.client;
  const godwit = (...args: string[]) => start(server.url, args);

  title("The plan: what would run, in which transactions");
  await run(godwit("plan", "--to", "20260101000001"));

  title("Apply, and a kill with SIGKILL in the middle of the cities");
  const load = godwit("apply");
  // Uncommitted rows cannot be counted from outside, but the table's file grows.
  await until(
    async () =>
      (await number(client, "SELECT coalesce(pg_relation_size(to_regclass('cities')), 0)")) > 4_000_000,
  );
  await kill(load);
  say(
    `Killed. The table had ${await number(client, "SELECT pg_relation_size('cities') / 8192")} pages of cities that were never committed.`,
  );

  title("Status: nothing of the cities is there");
  await run(godwit("status"));
  await settled(client);
  check(
    "no city of the killed transaction is visible",
    await number(client, "SELECT count(*) FROM cities"),
    0,
  );

  title("Resume, and a second kill while an index is built concurrently");
  const holder = await observe(server.url);
  await holder.client.query("BEGIN; LOCK TABLE cities IN ROW EXCLUSIVE MODE");
  const build = godwit("apply");
  // The build waits for the transactions that write to the table; that is where it dies.
  await until(async () => (await number(client, "SELECT count(*) FROM pg_index WHERE NOT indisvalid")) === 1);
  await kill(build);
  await settled(client);
  await holder.client.query("ROLLBACK");
  await holder[Symbol.asyncDispose]();
  check(
    "the killed build left an invalid index",
    await number(client, "SELECT count(*) FROM pg_index WHERE NOT indisvalid"),
    1,
  );
  await run(godwit("status"));

  title("Resume: the invalid index is found, dropped and built again");
  await run(godwit("apply"));

  title("Nothing is there twice");
  report(await compare(client));
  check(
    "each migration is in the history once",
    await number(client, "SELECT count(*) FROM godwit.migration"),
    await number(client, "SELECT count(DISTINCT version) FROM godwit.migration"),
  );

  title("Roll everything back, and apply it again");
  await run(godwit("rollback", "--to", "0", "--yes"));
  check(
    "tables after the rollback",
    await number(client, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
    0,
  );
  await run(godwit("apply"));
  await run(godwit("status"));

  title("Plain SQL beside what the npm packages say");
  report(await compare(client));

  title("Second act: the same data in a SQLite file, copied to PostgreSQL");
  await client.query("CREATE DATABASE moved");
  const moved = server.url.replace(/\/[^/]*$/, "/moved");
  using file = makeSqliteCities();
  await run(godwit("copy", file.url, moved));
  {
    await using copied = await observe(moved);
    // Of the schema only the countries and cities are the same in both acts.
    report((await compare(copied.client)).filter(({ what }) => !what.includes("index")));
    await run(godwit("verify", file.url, moved));

    title("One row is damaged on purpose, and found");
    const { rows } = await copied.client.query<{ id: number; name: string }>(
      "UPDATE cities SET name = name || ' ' WHERE id = (SELECT id FROM cities ORDER BY population DESC LIMIT 1) RETURNING id, name",
    );
    say(`A space was put behind ${JSON.stringify(rows[0]?.name)}.`);
    check("exit code of verify", (await ended(godwit("verify", file.url, moved))) ?? -1, 5);

    title("A refresh: new tables are loaded beside these, compared, and take their places at once");
    await run(godwit("copy", file.url, moved, "--mode", "refresh"));
    report((await compare(copied.client)).filter(({ what }) => !what.includes("index")));
    check("exit code of verify", (await ended(godwit("verify", file.url, moved))) ?? -1, 0);
  }

  title("A copy within PostgreSQL: the database of the first act, with its keys and indexes");
  await client.query("CREATE DATABASE twin");
  const twin = server.url.replace(/\/[^/]*$/, "/twin");
  await run(godwit("copy", server.url, twin));
  {
    await using copied = await observe(twin);
    report(await compare(copied.client));
  }
  check("exit code of verify", (await ended(godwit("verify", server.url, twin))) ?? -1, 0);

  title("Third act: a change of a production database, planned, reviewed and guarded");
  await guardedAct(client, moved);
}

title("Fourth act: a database of symbol mappings, from JSON to MessagePack and back");
await mappingsAct();

const seconds = ((performance.now() - began) / 1000).toFixed(1);
if (failures.length > 0) {
  say(styleText("red", `\n${failures.length} of the demonstration's checks failed: ${failures.join("; ")}`));
  process.exit(1);
}
say(styleText("green", `\nAll of it held. ${seconds} s.`));
process.exit(0);

function start(url: string, args: readonly string[]): ChildProcess {
  say(styleText("bold", `$ godwit ${args.join(" ")}`));
  const options = ["--migrations", join(root, "demo/migrations")];
  return spawn(process.execPath, [join(root, "bin/godwit"), ...args, ...options], {
    cwd: join(root, "demo"),
    env: { ...process.env, GODWIT_URL: url },
    stdio: "inherit",
  });
}
