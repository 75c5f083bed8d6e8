import assert from "node:assert/strict";
import test from "node:test";
import { canary } from "./canary.ts";
import { pgbouncerSkip, startPgbouncer } from "./pgbouncer.ts";
import { sent, startProxy } from "./proxy.ts";
import { administer, postgresUrl, target, withCanaryRole, withDatabase, type ServerName } from "./servers.ts";

for (const name of ["postgres", "mariadb", "mysql"] as const satisfies ServerName[]) {
  test(
    `${name}: a database of its own is made, used by a canary role, and dropped`,
    { skip: target(name).skip },
    async () => {
      const database = await withDatabase(name, async (url) => {
        await withCanaryRole(name, url, async (own) => {
          assert.equal(decodeURIComponent(new URL(own).password), canary);
          await administer(name, (sql) => sql("CREATE TABLE t (a int)"), own);
        });
        return new URL(url).pathname.slice(1);
      });
      const left = await administer(name, (sql) =>
        sql(
          name === "postgres"
            ? `SELECT 1 FROM pg_database WHERE datname = '${database}'`
            : `SELECT 1 FROM information_schema.schemata WHERE schema_name = '${database}'`,
        ),
      );
      assert.equal(left.length, 0);
    },
  );

  test(`${name}: a commit whose reply is lost has happened`, { skip: target(name).skip }, async () => {
    await withDatabase(name, async (url) => {
      await administer(name, (sql) => sql("CREATE TABLE t (a int)"), url);
      await using proxy = await startProxy(url);
      proxy.when(sent("COMMIT"), "lose-reply");
      await assert.rejects(
        administer(
          name,
          async (sql) => {
            await sql("BEGIN");
            await sql("INSERT INTO t VALUES (1)");
            await sql("COMMIT");
          },
          proxy.url,
        ),
      );
      assert.equal(proxy.faults, 1);
      assert.equal((await administer(name, (sql) => sql("SELECT a FROM t"), url)).length, 1);
    });
  });
}

test(
  "pgbouncer in transaction mode changes backends between transactions",
  { skip: pgbouncerSkip() || target("postgres").skip },
  async () => {
    await using pool = await startPgbouncer(postgresUrl());
    await administer(
      "postgres",
      async (sql) => {
        await sql("SET application_name = 'mine'");
        await sql("BEGIN");
        await administer("postgres", (other) => other("SELECT 1"), pool.url);
        await sql("COMMIT");
      },
      pool.url,
    );
  },
);
