import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { SchemaModel } from "../../src/core/schema.ts";
import { startEmbeddedPostgres } from "../../demo/embedded-postgres.ts";
import type { Target } from "../../src/core/target.ts";
import type { Session } from "../../src/engines/engine.ts";
import { connect } from "../../src/engines/postgres/connect.ts";
import { health } from "../../src/engines/postgres/health.ts";
import { inspect } from "../../src/engines/postgres/inspect.ts";
import { postgresUrl, target } from "../support/servers.ts";

const rare = readFileSync(new URL("postgres-inspect-more.sql", import.meta.url), "utf8");
const rich = readFileSync(new URL("postgres-inspect.sql", import.meta.url), "utf8");

const own = target("postgres");
describe("inspect and health of the PostgreSQL at hand", { skip: own.skip }, () =>
  suite(async () => ({ url: postgresUrl() })),
);
describe("inspect and health of PostgreSQL 18", () => suite(startEmbeddedPostgres));

function suite(start: () => Promise<{ url: string } & Partial<AsyncDisposable>>): void {
  let server: Awaited<ReturnType<typeof start>>;
  let url = "";
  const names = ["godwit_dev_inspect_a", "godwit_dev_inspect_b"] as const;
  let admin: Session;
  let source: Session;
  let copy: Session;
  let version = 0;

  before(async () => {
    server = await start();
    url = server.url;
    admin = await open(url);
    await dropAll(admin, names);
    for (const name of names) await admin.execute(`CREATE DATABASE ${name} TEMPLATE template0`);
    await admin.execute(`CREATE ROLE ${role}`);
    await admin.execute(`CREATE ROLE godwit_dev_weak LOGIN PASSWORD '${new URL(url).password || "unused"}'`);
    source = await open(url, names[0]);
    copy = await open(url, names[1]);
    const [row] = await source.query("SELECT current_setting('server_version_num') AS version");
    version = Number(row?.["version"]);
    await source.execute(version < 140000 ? rich.replaceAll(/^.*BEGIN ATOMIC.*$/gm, "") : rich);
    if (version >= 140000) await source.execute("ALTER TABLE country ALTER name SET COMPRESSION pglz");
    if (version >= 140000) await source.execute(rare);
    if (version >= 150000) {
      await source.execute("CREATE TABLE nulls (a integer, UNIQUE NULLS NOT DISTINCT (a))");
      await source.execute("CREATE VIEW invoker WITH (security_invoker) AS SELECT 1 AS one");
    }
    if (version >= 180000) await source.execute(only18);
  });
  after(async () => {
    await source?.close();
    await copy?.close();
    await dropAll(admin, names);
    await admin.close();
    await server[Symbol.asyncDispose]?.();
  });

  it("leaves the session as it was and outside a transaction", async () => {
    const state = async () =>
      source.query(
        "SELECT current_setting('search_path') AS p, current_setting('TimeZone') AS z, now() = statement_timestamp() AS free",
      );
    await source.execute("SET search_path TO z_first, public; SET TimeZone TO 'Asia/Tokyo'");
    const earlier = await state();
    await inspect.dump(source);
    assert.deepEqual(await state(), earlier);
    assert.equal(earlier[0]?.["free"], true);
    await source.reset();
  });

  it("does not depend on the session's settings", async () => {
    const plain = await inspect.dump(source);
    await source.execute(
      "SET search_path TO \"Sales \"\"East\"\"\", z_first; SET TimeZone TO 'Asia/Tokyo'; SET DateStyle TO 'German'; SET quote_all_identifiers TO on; SET IntervalStyle TO 'iso_8601'",
    );
    assert.equal(await inspect.dump(source), plain);
    await source.reset();
  });

  it("makes the same schema again", async () => {
    const text = await inspect.dump(source);
    if (process.env["GODWIT_TEST_SHOW"] !== undefined) process.stderr.write(text);
    await copy.execute(text);
    assert.equal(await inspect.dump(copy), text);
    assert.deepEqual(await inspect.schema(copy), await inspect.schema(source));
  });

  it("makes what pg_dump cannot tell from the original", async (t) => {
    const dumps = names.map((name) => pgDump(url, name, version));
    const [first, second] = dumps;
    if (first === null || second === null) return t.skip("no pg_dump of the server's version");
    assert.ok(first !== undefined && first.length > 100);
    // The order of pg_dump's CHECK clauses and objects is by name, so text can be compared with text.
    assert.deepEqual(second, first);
  });

  it("holds every kind of thing in the model, and not the ledger", async () => {
    const model = await inspect.schema(source);
    const kinds = new Set(model.objects.map((object) => object.kind));
    for (const kind of [
      "view",
      "materialized view",
      "routine",
      "trigger",
      "type",
      "domain",
      "sequence",
      "extension",
      "collation",
      "schema",
      "rule",
      "policy",
      "statistics",
      "server",
    ] as const)
      assert.ok(kinds.has(kind), kind);
    assert.ok(!JSON.stringify(model).includes("ledger"));
    const order = table(model, "Order");
    assert.equal(order.schema, 'Sales "East"');
    const column = (name: string) => order.columns.find((one) => one.name === name);
    assert.equal(column("id")?.identity, "always");
    assert.deepEqual(column("gross")?.generated, { expression: "(net + vat)", stored: true });
    assert.equal(column("label")?.collation, 'pg_catalog."C"');
    assert.equal(column("made")?.default, "'2019-12-31 22:00:00+00'::timestamp with time zone");
    const foreign = order.constraints.find((one) => one.kind === "foreign key");
    assert.deepEqual(foreign?.references, { schema: "public", table: "country", columns: ["code"] });
    assert.equal(order.constraints.find((one) => one.name === "later")?.validated, false);
    assert.deepEqual(order.indexes.find((one) => one.name === "Order part")?.keys, ["lower(label)", "how"]);
    assert.match(table(model, "event").options, /^PARTITION BY RANGE \(at\)$/);
    assert.match(table(model, "event_2024").options, /^PARTITION OF public\.event FOR VALUES FROM/);
    const kept = model.objects.find((object) => object.name === "totals");
    assert.match(kept?.definition ?? "", /CREATE UNIQUE INDEX totals_name/);
    assert.match(model.objects.find((object) => object.name === "countdown")?.definition ?? "", /OWNED BY/);
  });

  it("says which kinds of objects the text does not hold", async () => {
    await copy.execute("CREATE CONVERSION mine FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1");
    await copy.execute("CREATE PUBLICATION everything");
    const text = await inspect.dump(copy);
    assert.match(text, /^-- Not in this text: 1 conversion\(s\)$/m);
    assert.match(text, /^-- Not in this text: 1 publication\(s\)$/m);
  });

  it("keeps an invalid index out of the text and in the model", async () => {
    await copy.execute("CREATE TABLE doubled (a integer); INSERT INTO doubled VALUES (1), (1)");
    await assert.rejects(copy.execute("CREATE UNIQUE INDEX CONCURRENTLY doubled_a ON doubled (a)"));
    assert.doesNotMatch(await inspect.dump(copy), /doubled_a/);
    assert.equal(table(await inspect.schema(copy), "doubled").indexes[0]?.valid, false);
    const found = (await health.findings(copy)).find((one) => one.check === "invalid indexes");
    assert.equal(found?.status, "warning");
    assert.equal(found?.remedy, "DROP INDEX CONCURRENTLY public.doubled_a;");
  });

  it("finds what a weak role lacks, and the remedies cure it", async () => {
    await source.execute(`
      CREATE SCHEMA IF NOT EXISTS godwit; CREATE TABLE IF NOT EXISTS godwit.ledger (id integer);
      REVOKE ALL ON SCHEMA public FROM PUBLIC; ALTER TABLE country OWNER TO ${role};
      REVOKE SELECT ON pg_prepared_xacts FROM PUBLIC;
      ALTER ROLE godwit_dev_weak IN DATABASE ${names[0]} SET default_transaction_read_only = on`);
    const weak = await open(url, names[0], "godwit_dev_weak");
    const found = await health.findings(weak);
    await weak.close();
    const of = (check: string) => found.filter((one) => one.check === check);
    assert.equal(of("read only")[0]?.status, "error");
    assert.equal(
      of("ledger")[0]?.remedy,
      "GRANT USAGE, CREATE ON SCHEMA godwit TO godwit_dev_weak;\nGRANT SELECT, INSERT, UPDATE, DELETE ON godwit.ledger TO godwit_dev_weak;",
    );
    assert.deepEqual(
      of("schema privileges").map((one) => [one.status, one.remedy]),
      [
        ["warning", 'GRANT USAGE, CREATE ON SCHEMA "Sales ""East""" TO godwit_dev_weak;'],
        ["error", "GRANT USAGE, CREATE ON SCHEMA public TO godwit_dev_weak;"],
        ["warning", "GRANT CREATE ON SCHEMA z_first TO godwit_dev_weak;"],
      ],
    );
    assert.ok(of("ownership").some((one) => one.remedy === `GRANT ${role} TO godwit_dev_weak;`));
    assert.ok(!of("ownership").some((one) => one.remedy?.startsWith("GRANT postgres")));
    assert.match(of("prepared transactions")[0]?.message ?? "", /^Could not be checked: .*42501/);

    for (const { remedy } of found)
      if (remedy !== undefined && /^(GRANT|ALTER ROLE)/.test(remedy)) await source.execute(remedy);
    const cured = await open(url, names[0], "godwit_dev_weak");
    const later = await health.findings(cured);
    await cured.close();
    for (const check of ["read only", "ledger", "schema privileges"])
      assert.deepEqual(
        later.filter((one) => one.check === check).map((one) => one.status),
        ["ok"],
        check,
      );
  });

  it("asks for CREATE on the database where there is no ledger, and warns of transaction_timeout", async () => {
    if (version >= 170000) await admin.execute("ALTER ROLE godwit_dev_weak SET transaction_timeout = '90s'");
    const weak = await open(url, names[1], "godwit_dev_weak");
    const found = await health.findings(weak);
    await weak.close();
    assert.equal(
      found.find((one) => one.check === "ledger")?.remedy,
      `GRANT CREATE ON DATABASE ${names[1]} TO godwit_dev_weak;`,
    );
    const timeouts = found.find((one) => one.check === "default time-outs");
    assert.equal(timeouts?.status, version >= 170000 ? "warning" : "ok");
  });

  it("sees no pooler where there is none, and keeps no lock", async () => {
    const found = await health.findings(source);
    assert.equal(found.find((one) => one.check === "pooler")?.status, "ok");
    assert.equal(found.find((one) => one.check === "role")?.status, "warning");
    const [locks] = await source.query(
      "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    );
    assert.equal(locks?.["n"], 0);
  });

  it("reports the cause, not the rollback, when the connection breaks", async () => {
    const session = await open(url, names[0]);
    await admin.query("SELECT pg_terminate_backend($1::int)", [session.id]);
    await assert.rejects(inspect.dump(session), (error: Error) => !/rollback/i.test(error.message));
    await session.close();
  });
}

const role = '"godwit dev ""role"""';

const only18 = `
  CREATE TABLE virtual (a integer, b integer GENERATED ALWAYS AS (a * 2) VIRTUAL);
  CREATE TABLE named (a integer CONSTRAINT "a there" NOT NULL NO INHERIT, b integer);
  COMMENT ON CONSTRAINT "a there" ON named IS 'named not null';
  ALTER TABLE named ADD CONSTRAINT "b there" NOT NULL b NOT VALID;
  CREATE TABLE soft (a char(2) REFERENCES country NOT ENFORCED, CHECK (a > '1') NOT ENFORCED);
  CREATE TABLE counted (id bigint GENERATED ALWAYS AS IDENTITY, at date) PARTITION BY RANGE (at);
  CREATE TABLE counted_2024 PARTITION OF counted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE TABLE temporal (id integer, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
`;

function table(model: SchemaModel, name: string): SchemaModel["tables"][number] {
  const found = model.tables.find((one) => one.name === name);
  assert.ok(found, `${name} is in the model`);
  return found;
}

async function dropAll(admin: Session, names: readonly string[]): Promise<void> {
  for (const name of names) await admin.execute(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.execute(`DROP ROLE IF EXISTS ${role}`);
  await admin.execute("DROP ROLE IF EXISTS godwit_dev_weak");
}

function open(text: string, database?: string, user?: string): Promise<Session> {
  const url = new URL(text);
  const target: Target = {
    engine: "postgres",
    scheme: "postgres",
    user: user ?? decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    host: url.hostname,
    port: Number(url.port),
    database: database ?? url.pathname.slice(1),
    tls: { mode: "disable" },
    parameters: {},
    display: url.host,
  };
  return connect.open(target, {
    tag: "godwit test",
    connectTimeoutMs: 5000,
    lockTimeoutMs: 5000,
    statementTimeoutMs: 60_000,
  });
}

/** The lines of `pg_dump --schema-only` without those that name the database's or the dump's own identity; null without pg_dump. */
function pgDump(url: string, database: string, version: number): readonly string[] | null {
  const program = process.env["GODWIT_TEST_PG_DUMP"] ?? "pg_dump";
  try {
    const release = /(\d+)\./.exec(execFileSync(program, ["--version"], { encoding: "utf8" }))?.[1];
    if (Number(release) < Math.floor(version / 10_000)) return null;
  } catch {
    return null;
  }
  const at = new URL(url);
  at.pathname = database;
  const text = execFileSync(program, ["--schema-only", "--exclude-schema=godwit", at.href], {
    encoding: "utf8",
  });
  return text.split("\n").filter((line) => !/^\\(un)?restrict |^-- Name: /.test(line));
}
