import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
// @ts-expect-error: it has no declarations
import parsePrometheus from "parse-prometheus-text-format";
import { Webhook } from "standardwebhooks";
import { apply, status } from "../../src/index.ts";
import { godwit, startGodwit } from "../support/cli.ts";
import { freePort, type Received, startReceiver } from "../support/http-receiver.ts";
import { refused, refusedUnchanged, type Scene, scene, stem, tables } from "./scene.ts";

/** Of the kind that the specification of Standard Webhooks gives as an example. */
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const slackPath = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly metrics: readonly { readonly value: string; readonly labels?: Readonly<Record<string, string>> }[];
}

/** As Prometheus' own reading of the format has it; throws where it is none. */
function metricsOf(
  text: string,
): (name: string, labels?: Readonly<Record<string, string>>) => string | undefined {
  const families = parsePrometheus(text) as readonly Family[];
  for (const { name, type, help } of families) {
    assert.match(name, /^godwit_[a-z0-9_]+$/);
    assert.match(type, /^(COUNTER|GAUGE)$/);
    assert.equal(type === "COUNTER", name.endsWith("_total"), name);
    assert.notEqual(help, "");
  }
  return (name, labels = {}) =>
    families
      .find((family) => family.name === name)
      ?.metrics.find((metric) =>
        Object.entries(labels).every(([key, value]) => metric.labels?.[key] === value),
      )?.value;
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number; readonly message?: string };
}

function spansOf(received: readonly Received[]): Span[] {
  return received
    .filter(({ path }) => path === "/v1/traces")
    .flatMap(({ body, headers }) => {
      assert.equal(headers["content-type"], "application/json");
      const { resourceSpans } = JSON.parse(body) as {
        resourceSpans: readonly { scopeSpans: readonly { spans: readonly Span[] }[] }[];
      };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
    });
}

async function configure(own: Scene, yaml: string): Promise<void> {
  await writeFile(join(own.folder, "godwit.config.yaml"), yaml);
}

async function program(own: Scene, args: readonly string[], env: Record<string, string> = {}) {
  return godwit(args, { cwd: own.folder, env: { GODWIT_URL: own.url, ...env } });
}

test("a run's events reach the event file, metrics, traces, a signed webhook and Slack", async () => {
  // The first message is refused once, and sent again.
  await using hooks = await startReceiver((_, count) => ({ status: count === 1 ? 503 : 204 }));
  await using slack = await startReceiver();
  await using collector = await startReceiver();
  const port = await freePort();
  await scene(
    "sqlite",
    {
      ...tables(1),
      [`${stem(2)}.ts`]: `
        import { writeFileSync } from "node:fs";
        export async function up(db) {
          await db.execute("INSERT INTO t1 VALUES (1), (2), (3)");
          const response = await fetch("http://127.0.0.1:${port}/metrics");
          writeFileSync("scraped.txt", response.headers.get("content-type") + "\\n" + (await response.text()));
        }`,
      [`${stem(3)}.up.sql`]: "SELECT * FROM [no <such> & table];",
    },
    async (own) => {
      await configure(
        own,
        `log: { file: events.ndjson }
metrics: { file: godwit.prom, listen: ${port}, interval: 1s }
otel: { endpoint: "${collector.url}", headers: { Authorization: "Bearer \${OTEL_TOKEN}" } }
notify:
  - { webhook: "${hooks.url}/hook", secret: "\${HOOK_SECRET}" }
  - { slack: "${slack.url}${slackPath}", on: [failed] }
`,
      );
      const env = {
        HOOK_SECRET: secret,
        OTEL_TOKEN: "token-of-the-collector",
        TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      };
      const failed = await program(own, ["apply", "--json"], env);
      assert.equal(failed.code, 1, `${failed.stdout}${failed.stderr}`);

      // Webhooks, checked by the specification's own library.
      const messages = hooks.received.map(({ headers, body }) => {
        const verified = new Webhook(secret).verify(body, headers as Record<string, string>);
        const wrong = new Webhook(`whsec_${Buffer.from("another").toString("base64")}`);
        assert.throws(() => wrong.verify(body, headers as Record<string, string>));
        return verified as { type: string; data: Readonly<Record<string, unknown>> };
      });
      assert.deepEqual(
        messages.map(({ type }) => type),
        ["godwit.run.started", "godwit.run.started", "godwit.run.failed"],
      );
      assert.equal(hooks.received[0]?.headers["webhook-id"], hooks.received[1]?.headers["webhook-id"]);
      assert.equal(messages[2]?.data["plan"], "apply");
      assert.match(JSON.stringify(messages[2]?.data["error"]), /"code":"GW6001"/);
      assert.equal(slack.received.length, 1);
      assert.equal(slack.received[0]?.path, slackPath);
      assert.match(slack.received[0]?.body ?? "", /no &lt;such&gt; &amp; table/);

      // Metrics: during the run, and after it.
      const [contentType, ...scraped] = (await readFile(join(own.folder, "scraped.txt"), "utf8")).split("\n");
      assert.match(contentType ?? "", /^text\/plain; version=0\.0\.4/);
      const during = metricsOf(scraped.join("\n"));
      assert.equal(during("godwit_run_state", { state: "running" }), "1");
      assert.equal(during("godwit_rows_total"), "3");
      assert.equal(during("godwit_units_finished_total"), "1");
      const after = metricsOf(await readFile(join(own.folder, "godwit.prom"), "utf8"));
      assert.equal(after("godwit_run_state", { state: "stopped" }), "1");
      assert.equal(after("godwit_run_state", { state: "running" }), "0");
      assert.equal(after("godwit_units_finished_total"), "2");
      assert.notEqual(after("godwit_run_info", { kind: "apply" }), undefined);
      await assert.rejects(fetch(`http://127.0.0.1:${port}/metrics`), "it ended with the run");

      // Spans: one tree, within the trace that the program was called in.
      const spans = spansOf(collector.received);
      assert.equal(collector.received[0]?.headers["authorization"], "Bearer token-of-the-collector");
      const root = spans.find(({ name }) => name === "godwit apply");
      assert.equal(root?.traceId, "0af7651916cd43dd8448eb211c80319c");
      assert.equal(root?.parentSpanId, "b7ad6b7169203331");
      assert.equal(root?.status.code, 2);
      assert.match(root?.status.message ?? "", /^GW6001/);
      const ids = new Map(spans.map((span) => [span.spanId, span]));
      assert.equal(ids.size, spans.length);
      for (const span of spans) {
        assert.match(`${span.traceId} ${span.spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/);
        assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
        const above = ids.get(span.parentSpanId ?? "");
        if (span !== root) assert.ok(above !== undefined, `${span.name} hangs on nothing`);
      }
      const depth = (span: Span | undefined): number =>
        span === undefined ? 0 : 1 + depth(ids.get(span.parentSpanId ?? ""));
      assert.deepEqual(
        [1, 2, 3].map((level) => spans.filter((span) => depth(span) === level).length),
        [1, 3, 3],
      );

      // The event file: what --json printed, and it grows with the next run.
      const file = join(own.folder, "events.ndjson");
      const lines = async () =>
        (await readFile(file, "utf8"))
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as { type: string; at: string; seq: number; run: string | null });
      const first = await lines();
      const printed = failed.stdout.split("\n").flatMap((line) => {
        const { type, at } = (line === "" ? {} : JSON.parse(line)) as { type?: string; at?: string };
        return at === undefined ? [] : [`${type} ${at}`];
      });
      assert.deepEqual(
        first.map(({ type, at }) => `${type} ${at}`),
        printed,
      );
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      await own.write({ [`${stem(3)}.up.sql`]: "SELECT 1;" });
      const done = await program(own, ["apply"], env);
      assert.equal(done.code, 0, done.stderr);
      const second = await lines();
      assert.deepEqual(second.slice(0, first.length), first);
      assert.equal(
        second.findLast(({ run }) => run !== null)?.run,
        first.at(-1)?.run,
        "the same run went on",
      );
      assert.match(hooks.received.at(-1)?.body ?? "", /"type":"godwit.run.done"/);

      const told = [failed.stdout, failed.stderr, done.stdout, done.stderr, await readFile(file, "utf8")];
      const bodies = [...collector.received, ...hooks.received].map(({ body }) => body);
      for (const text of [...told, ...bodies, await own.dump()]) {
        for (const hidden of [secret, slackPath, "token-of-the-collector"]) {
          assert.ok(!text.includes(hidden), `${hidden} is in …${text.slice(0, 200)}`);
        }
      }
      // Commands that only read need none of the secrets.
      await status(own.options);
      await refused(apply(own.options), "GW1005");
    },
  );
});

test("an address that cannot be reached, or leads elsewhere, is a warning and fails no run", async () => {
  await using elsewhere = await startReceiver();
  await using hooks = await startReceiver(() => ({
    status: 302,
    headers: { location: `${elsewhere.url}/stolen` },
  }));
  await scene("sqlite", tables(1), async (own) => {
    await configure(
      own,
      `notify: [{ webhook: "${hooks.url}/with-a-key-0123456789abcdef", on: [done] }]\nmetrics: { file: missing/godwit.prom }\n`,
    );
    const done = await program(own, ["apply"]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stderr,
      /GW3020.*webhook 127\.0\.0\.1:\d+ was not told that the run is done: it answered 302/,
    );
    assert.match(done.stderr, /GW3020.*the metrics file .*missing.* cannot be written/);
    assert.ok(!done.stderr.includes("0123456789abcdef"));
    assert.equal(elsewhere.received.length, 0);
  });
});

test("a run that is interrupted tells of it before the program ends", async () => {
  await using hooks = await startReceiver();
  await scene(
    "sqlite",
    {
      [`${stem(1)}.ts`]: `export async function up(db) {
        console.error("it waits");
        await new Promise((resolve) => { const t = setInterval(() => {}, 1000); db.signal.addEventListener("abort", () => { clearInterval(t); resolve(); }); });
      }`,
    },
    async (own) => {
      await configure(
        own,
        `notify: [{ webhook: "${hooks.url}/", on: [failed, done] }]\nlog: { file: e.ndjson }\n`,
      );
      await using cli = startGodwit(["apply"], { cwd: own.folder, env: { GODWIT_URL: own.url } });
      await cli.saw(/it waits/);
      cli.kill("SIGINT");
      assert.equal((await cli.result).code, 130);
      const [only, ...more] = hooks.received.map(
        ({ body }) => JSON.parse(body) as { type: string; data: { message: string } },
      );
      assert.equal(only?.type, "godwit.run.failed");
      assert.match(only?.data.message ?? "", /was interrupted: GW4006/);
      assert.deepEqual(more, []);
      assert.match(await readFile(join(own.folder, "e.ndjson"), "utf8"), /"type":"run:stopped"/);
    },
  );
});

test("what would tell the wrong ones is refused before anything is done", () =>
  scene("sqlite", tables(1), async (own) => {
    await writeFile(join(own.folder, "somebodys"), "");
    await symlink(join(own.folder, "somebodys"), join(own.folder, "link"));
    execFileSync("mkfifo", [join(own.folder, "pipe")]);
    for (const [yaml, code] of [
      ["log: { file: link }", "GW1006"],
      ["log: { file: pipe }", "GW1006"],
      ["log: { file: missing/e.ndjson }", "GW1006"],
      ["notify: [{ webhook: 'http://example.com/' }]", "GW1004"],
      ["notify: [{ webhook: 'ftp://127.0.0.1/' }]", "GW1004"],
      ["notify: [{ slack: 'https://example.com/', secret: x }]", "GW1004"],
      ["notify: [{ webhook: 'https://example.com/', on: [everything] }]", "GW1004"],
      ["metrics: { listen: '0.0.0.0:9187' }", "GW1004"],
      ["metrics: { listen: 99999 }", "GW1004"],
      ["otel: { endpoint: 'file:///etc/passwd' }", "GW1004"],
      ['otel: { endpoint: "http://127.0.0.1:1", headers: { A: "b\\r\\nC: d" } }', "GW1004"],
    ] as const) {
      await configure(own, `${yaml}\n`);
      await refusedUnchanged(own, () => apply(own.options), code);
    }
    assert.equal(await readFile(join(own.folder, "somebodys"), "utf8"), "");
    await configure(own, "notify: [{ webhook: 'https://example.com/', secret: '${NOT_SET}' }]\n");
    await refused(apply(own.options), "GW1005");
  }));
