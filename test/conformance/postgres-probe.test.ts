import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { openSession } from "../faults/open-session.ts";
import { withOwnDatabase } from "../faults/own-database.ts";
import { target } from "../support/servers.ts";

test(
  "postgres: what a rebuild left on a TOAST table is named where the role may not drop it",
  { skip: target("postgres").skip },
  async () => {
    await withOwnDatabase("postgres", async (url) => {
      const { connect, probe } = await loadEngine("postgres");
      const warnings: string[] = [];
      const session = await connect.open(parseConnectionUrl(url), {
        tag: "godwit probe",
        connectTimeoutMs: 10_000,
        lockTimeoutMs: 0,
        statementTimeoutMs: 500,
        onNotice: (severity, message) => severity === "WARNING" && warnings.push(message),
      });
      const role = `owner_${new URL(url).pathname.slice(1)}`;
      await session.execute("CREATE TABLE t (id int, note text); CREATE INDEX t_id ON t (id)");
      const effect = {
        type: "index-build",
        table: { kind: "schema", name: "public" },
        rebuild: true,
      } as const;
      const before = await probe.capture(session, effect);
      {
        await using blocker = await openSession("postgres", url);
        await blocker.sql("BEGIN; SELECT FROM t");
        await assert.rejects(session.execute("REINDEX SCHEMA CONCURRENTLY public"), { code: "57014" });
      }
      await session.execute(
        `CREATE ROLE ${role}; GRANT ALL ON SCHEMA public TO ${role}; ALTER TABLE t OWNER TO ${role}; SET ROLE ${role}`,
      );
      const dropped: string[] = [];
      const settled = await probe.settle(session, effect, before, (index, table) =>
        dropped.push(`${index} of ${table}`),
      );
      await session.execute(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
      await session.close();
      assert.equal(settled, "not-done");
      assert.deepEqual(dropped, ["t_id_ccold of t"]);
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0] ?? "",
        /^"pg_toast"\."\w+_ccold" is left invalid; a superuser can drop it: DROP INDEX/,
      );
    });
  },
);
