import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { makeProject } from "../support/project.ts";
import { target } from "../support/servers.ts";
import { asker, assertClean, ledgerTable } from "./evidence.ts";
import { fixtures } from "./fixtures.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, cliOptions, runWell } from "./program.ts";
import { crashAt } from "../support/crash.ts";

const hourMs = 3_600_000;

for (const name of ["postgres", "mariadb", "mysql"] as const) {
  for (const hours of [-3, 3]) {
    test(
      `${name}: with a clock that is wrong by ${hours} h the ledger has the server's times`,
      { skip: target(name).skip },
      async () => {
        await using project = await makeProject(fixtures[name]);
        await withOwnDatabase(name, async (url) => {
          const env = {
            NODE_OPTIONS: `--import ${join(import.meta.dirname, "skewed-clock.ts")}`,
            GODWIT_TEST_SKEW_MS: String(hours * hourMs),
          };
          const ask = asker(name, url);
          const now = async () => {
            const text =
              name === "postgres"
                ? "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') AS now"
                : "SELECT CONCAT(REPLACE(LEFT(UTC_TIMESTAMP(3), 23), ' ', 'T'), 'Z') AS now";
            return Date.parse(String((await ask(text))[0]?.["now"]));
          };
          const before = await now();
          // Killed, and resumed by a process with the right clock.
          const point = { name: "run:opened", nth: 1 };
          await crashAt(point, applyArgs, cliOptions({ url, project, env }));
          const ended = await runWell(applyArgs, { url, project, env });
          const after = await now();

          const printed = Date.parse(String(ended.lines[0]?.["at"]));
          assert.ok(
            Math.abs(printed - before - hours * hourMs) < 60_000,
            "the program's clock was not shifted",
          );
          const times = [
            ...(await ask(`SELECT applied_at AS at FROM ${ledgerTable(name, "migration")} ORDER BY seq`)),
            ...(await ask(`SELECT started_at AS at FROM ${ledgerTable(name, "run")}`)),
            ...(await ask(`SELECT heartbeat_at AS at FROM ${ledgerTable(name, "run")}`)),
            ...(await ask(`SELECT finished_at AS at FROM ${ledgerTable(name, "step")}`)),
            ...(await ask(`SELECT happened_at AS at FROM ${ledgerTable(name, "event")}`)),
          ].map((row) => Date.parse(String(row["at"])));
          assert.ok(times.length > 8);
          for (const time of times) {
            assert.ok(
              time >= before - 50 && time <= after + 50,
              `${new Date(time).toISOString()} is not the server's`,
            );
          }
          await assertClean(name, url);
        });
      },
    );
  }
}
