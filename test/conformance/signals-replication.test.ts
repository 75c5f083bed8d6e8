import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import type { Reading, Session, SignalQuestions } from "../../src/engines/engine.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { withReplication } from "../support/replication.ts";
import { until } from "../support/until.ts";

/* How late a real replica is, as its primary and its own session say: when it lags, stops, falls silent or dies. */

interface Scene {
  readonly open: (side: "primary" | "replica") => Promise<Session>;
  /** Of one sample, by the replicas' names. */
  readonly lags: (questions?: Partial<SignalQuestions>) => Promise<ReadonlyMap<string, Reading<number>>>;
}

async function withScene(
  id: "postgres" | "mysql",
  urls: { readonly primary: string; readonly replica: string },
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const engine = await loadEngine(id);
  const opened: Session[] = [];
  const open: Scene["open"] = async (side) => {
    const session = await engine.connect.open(parseConnectionUrl(urls[side]), {
      tag: "godwit test",
      connectTimeoutMs: 5_000,
      lockTimeoutMs: 20_000,
      statementTimeoutMs: 20_000,
    });
    opened.push(session);
    return session;
  };
  try {
    const [guard, watch] = [await open("primary"), await open("replica")];
    await use({
      open,
      async lags(questions = {}) {
        const asked = { ownSessions: [], queries: [], heartbeat: null, replicas: [watch], ...questions };
        const { replicas } = await engine.signals!.sample(guard, asked);
        assert.ok(replicas !== undefined && "value" in replicas, JSON.stringify(replicas));
        return new Map(replicas.value.map(({ name, lagMs }) => [name, lagMs]));
      },
    });
  } finally {
    await Promise.all(opened.map((session) => session.close()));
  }
}

/** Looks until all replicas of a sample are so. */
async function lagsUntil(
  { lags }: Scene,
  holds: (lag: Reading<number>) => boolean,
  questions: Partial<SignalQuestions> = {},
): Promise<ReadonlyMap<string, Reading<number>>> {
  let last: ReadonlyMap<string, Reading<number>> = new Map();
  return until(
    async () => {
      last = await lags(questions);
      return last.size > 0 && [...last.values()].every(holds) ? last : null;
    },
    { what: `${String(holds)} of each replica` },
  ).catch((error: unknown) => {
    throw new Error(`${JSON.stringify([...last])}`, { cause: error });
  });
}

const isLate = (lag: Reading<number>) => "value" in lag && lag.value > 300;
const isThere = (lag: Reading<number>) => "value" in lag && lag.value === 0;
const why = (lag: Reading<number> | undefined) => (lag !== undefined && "unknown" in lag ? lag.unknown : lag);

test("PostgreSQL: a standby that is late, silent or dead", (t) =>
  withReplication(
    "postgres",
    (reason) => t.skip(reason),
    async ({ restart, ...urls }) => {
      await withScene("postgres", urls, async (scene) => {
        const [primary, replica] = [await scene.open("primary"), await scene.open("replica")];
        const write = () => primary.execute("INSERT INTO late DEFAULT VALUES");
        // A run of this test that failed may have left it so.
        await replica.query("SELECT pg_wal_replay_resume()");
        await primary.execute("DROP TABLE IF EXISTS late");
        await primary.execute("CREATE TABLE late (at timestamptz DEFAULT clock_timestamp())");
        await write();
        const port = new URL(urls.replica).port;
        const [seen, asked] = ["replica (local)", `replica 127.0.0.1:${port}`];

        const inTime = await lagsUntil(scene, isThere);
        assert.deepEqual([...inTime.keys()], [seen, asked]);

        await replica.query("SELECT pg_wal_replay_pause()");
        await write();
        await lagsUntil(scene, isLate);
        // A table with the time tells it by itself, whatever the servers say.
        const heartbeat = { table: "public.late", column: "at" };
        await write();
        const beaten = await scene.lags({ heartbeat });
        assert.ok(isLate(beaten.get(asked)!), JSON.stringify([...beaten]));
        await replica.query("SELECT pg_wal_replay_resume()");
        await lagsUntil(scene, isThere);
        await lagsUntil(scene, isThere, { heartbeat });
        await primary.execute("UPDATE late SET at = at - interval '1 hour'");
        const stale = why((await scene.lags({ heartbeat })).get(asked));
        assert.match(String(stale), /nobody writes the heartbeat table public\.late/);

        // Frozen, it says nothing more: the server goes on to show the small lag that it said last, or none.
        for (const told of [true, false]) {
          await until(async () => {
            if (told) await write();
            const [row] = await primary.query(
              "SELECT replay_lag IS NOT NULL AS told FROM pg_stat_replication",
            );
            return row?.told === told;
          });
          const [receiver] = await replica.query("SELECT pid FROM pg_stat_wal_receiver");
          process.kill(Number(receiver?.pid), "SIGSTOP");
          try {
            await write();
            await lagsUntil(scene, isLate);
          } finally {
            process.kill(Number(receiver?.pid), "SIGCONT");
          }
          await lagsUntil(scene, isThere);
        }

        // Dead, it is missed by its slot, by the session on it and by who saw it before.
        const [place] = await replica.query("SELECT current_setting('data_directory') AS folder");
        const pid = readFileSync(join(String(place?.folder), "postmaster.pid"), "utf8").split("\n")[0];
        process.kill(Number(pid), "SIGQUIT");
        const dead = await lagsUntil(scene, (lag) => "unknown" in lag, { expectedReplicas: [seen] });
        assert.deepEqual([...dead.keys()], [asked, seen, "slot replica"]);
        assert.match(String(why(dead.get(seen))), /not connected to the primary any more/);
        assert.match(String(why(dead.get("slot replica"))), /nobody reads this replication slot/);
        await restart();
      });
      await withScene("postgres", urls, async (scene) => {
        await lagsUntil(scene, isThere);
        // The primary is nobody's standby.
        const self = await scene.open("primary");
        const wrong = await scene.lags({ replicas: [self] });
        assert.ok([...wrong.values()].some((lag) => /it is no standby/.test(String(why(lag)))));
      });
    },
  ));

test("MariaDB: a replica that is late or stopped", (t) =>
  withReplication(
    "mariadb",
    (reason) => t.skip(reason),
    ({ restart: _, ...urls }) =>
      withScene("mysql", urls, async (scene) => {
        const [primary, replica] = [await scene.open("primary"), await scene.open("replica")];
        const write = () => primary.execute("INSERT INTO late VALUES (UTC_TIMESTAMP(6))");
        await primary.execute("CREATE OR REPLACE TABLE late (at datetime(6))");
        const [name, ...others] = [...(await lagsUntil(scene, isThere)).keys()];
        assert.deepEqual(others, []);
        assert.match(String(name), /^replica .*:\d+ \(server 2\)$/);

        // What it has received it cannot apply.
        await replica.execute("LOCK TABLES late READ");
        await write();
        await lagsUntil(scene, isLate);
        await write();
        const heartbeat = { table: "late", column: "at" };
        await replica.execute("UNLOCK TABLES");
        await lagsUntil(scene, isThere);
        await lagsUntil(scene, isThere, { heartbeat });
        await primary.execute("UPDATE late SET at = at - INTERVAL 1 HOUR");
        const stale = await scene.lags({ heartbeat });
        assert.match(String(why(stale.get(name!))), /nobody writes the heartbeat table late/);

        for (const [thread, words] of [
          ["SQL_THREAD", /the thread that applies it is stopped/],
          ["IO_THREAD", /the thread that receives the log is stopped/],
        ] as const) {
          await replica.execute(`STOP SLAVE ${thread}`);
          const stopped = await lagsUntil(scene, (lag) => "unknown" in lag);
          assert.match(String(why(stopped.get(name!))), words);
          await replica.execute(`START SLAVE ${thread}`);
          await lagsUntil(scene, isThere);
        }

        // Registered, and nobody asks it.
        const registered = await scene.lags({ replicas: [] });
        assert.deepEqual([...registered.keys()], [`server 2 (127.0.0.1:${new URL(urls.replica).port})`]);
        assert.match(String(why([...registered.values()][0])), /only the replica itself knows its lag/);
        const self = await scene.lags({ replicas: [primary] });
        assert.ok([...self.values()].some((lag) => /it replicates from nobody/.test(String(why(lag)))));
      }),
  ));
