import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { apply, doctor, plan, redo, repair, rollback, status, validate } from "../../src/index.ts";
import { assertNoCanary, canary } from "../support/canary.ts";
import { godwit } from "../support/cli.ts";
import { startReceiver } from "../support/http-receiver.ts";
import { type ServerName, targets, withCanaryRole } from "../support/servers.ts";
import { scene, stem, tables } from "./scene.ts";

const servers = targets.filter((each): each is typeof each & { name: ServerName } => each.name !== "sqlite");

/** Commands in an order in which each has something to do; the second half fails. */
const calls: readonly (readonly string[])[] = [
  ["doctor"],
  ["wait"],
  ["status"],
  ["plan"],
  ["apply"],
  ["validate"],
  ["redo"],
  ["rollback"],
  ["baseline", "20260101000001"],
  ["repair", "--accept-all"],
  ["apply", "--to", "1"],
  ["apply"],
];

for (const { name, skip } of servers) {
  test(`${name}: the password is in no output, ledger row or file, however the URL is given`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      await withCanaryRole(name, own.url, async (url) => {
        await using hooks = await startReceiver();
        const outputs: string[] = [];
        const wrong = new URL(url);
        wrong.username = "nobody_here";
        const run = async (args: readonly string[], env: Record<string, string>) => {
          const result = await godwit(args, { cwd: own.folder, env: { ...env, GODWIT_DEBUG: "1" } });
          outputs.push(result.stdout, result.stderr);
          return result;
        };
        for (const [index, call] of calls.entries()) {
          if (index === calls.length - 1) {
            // A statement that fails, with the server's own words.
            await own.write({ [`${stem(5)}.up.sql`]: "CREATE TABLE t5 (id int);\nSELECT * FROM nowhere;\n" });
          }
          await run(index % 2 === 0 ? [...call, "--json"] : call, { GODWIT_URL: url });
        }
        await run(["apply", "--json"], { GODWIT_URL: url });
        for (const call of [["apply"], ["status", "--json"]]) {
          const refused = await run(call, { GODWIT_URL: wrong.href });
          assert.notEqual(refused.code, 0);
        }
        // Broken in ways that make messages speak of the URL.
        for (const broken of [`${url}?unknown=1`, `${url}@x`, url.replace("://", ":/"), `${url} x`]) {
          const refused = await run(["apply"], { GODWIT_URL: broken });
          assert.equal(refused.code, 64, refused.stderr);
        }
        await run(["apply", "--url", url], {});

        await writeFile(join(own.folder, "secret"), `${canary}\n`);
        const to = new URL(url);
        await writeFile(
          join(own.folder, "godwit.config.yaml"),
          `url: ${to.protocol}//${to.username}:\${file:secret}@${to.host}${to.pathname}\nschemaFile: schema.sql\nlog: { file: events.ndjson }\nmetrics: { file: godwit.prom }\nnotify: [{ webhook: "${hooks.url}" }]\n`,
        );
        await own.write({ [`${stem(5)}.up.sql`]: "CREATE TABLE t5 (id int);\n" });
        const done = await run(["apply", "--json"], {});
        assert.equal(done.code, 0, done.stderr);
        await run(["status"], {});
        for (const call of [
          ["report"],
          ["report", "-o", "report.html"],
          ["runs"],
          ["audit", "verify"],
          ["audit", "export"],
        ]) {
          const told = await run(call, {});
          assert.equal(told.code, 0, told.stderr);
        }
        // The next one fails by the server's own words.
        await own.write({ [`${stem(6)}.up.sql`]: "SELECT * FROM nowhere;\n" });
        await run(["apply"], {});
        assert.ok(hooks.received.length >= 4);
        outputs.push(...hooks.received.map(({ body }) => body));
        for (const file of ["events.ndjson", "godwit.prom", "report.html"]) {
          outputs.push(await readFile(join(own.folder, file), "utf8"));
        }

        assert.ok(outputs.join("").length > 2_000);
        assertNoCanary(...outputs, await own.dump(), await readFile(join(own.folder, "schema.sql"), "utf8"));
      });
    }),
  );

  test(`${name}: the password is in no event and no error of the library, nor behind them`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      await withCanaryRole(name, own.url, async (url) => {
        const seen: unknown[] = [...own.events];
        const options = { ...own.options, url, onEvent: (event: unknown) => void seen.push(event) };
        const wrong = new URL(url);
        wrong.password = encodeURIComponent(`${canary}-not`);
        const keep = (work: Promise<unknown>) =>
          work.then(
            (result) => void seen.push(result),
            (error: unknown) => void seen.push(error),
          );
        await keep(apply(options));
        for (const command of [doctor, status, plan, validate, redo, rollback, apply])
          await keep(command(options));
        await own.write({ [`${stem(2)}.up.sql`]: "SELECT * FROM nowhere;" });
        for (const command of [apply, status, doctor]) await keep(command(options));
        for (const command of [apply, status, rollback]) await keep(command({ ...options, url: wrong.href }));
        await keep(repair({ ...options, accept: ["9"] }));
        assertNoCanary(...seen.map(everything), await own.dump());
      });
    }),
  );
}

/** A value with all that hangs on it, hidden properties and causes too. */
function everything(value: unknown): string {
  return inspect(value, {
    depth: 12,
    showHidden: true,
    maxStringLength: null,
    maxArrayLength: null,
    getters: true,
  });
}
