import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import {
  apply,
  baseline,
  doctor,
  type ErrorCode,
  plan,
  redo,
  repair,
  rollback,
  status,
  validate,
  wait,
} from "../../src/index.ts";
import { assertNoCanary, canary } from "../support/canary.ts";
import { administer, certificateAuthority, type ServerName, target, targets } from "../support/servers.ts";
import { applied, refused, refusedUnchanged, scene, type Scene, tableNames, tables } from "./scene.ts";

const postgres = target("postgres");
const servers = targets.filter((each): each is typeof each & { name: ServerName } => each.name !== "sqlite");

/** Every command that talks to the server. */
const commands = [
  apply,
  status,
  plan,
  validate,
  rollback,
  redo,
  doctor,
  (options: object) => repair({ ...options, accept: "all" }),
  (options: object) => baseline({ ...options, version: "1", withoutFile: true }),
  (options: object) => wait({ ...options, timeoutMs: 0 }),
];

function changed(url: string, change: (url: URL) => void): string {
  const own = new URL(url);
  change(own);
  return own.href;
}

const faults: readonly { what: string; code: ErrorCode; url: (url: string) => string }[] = [
  {
    what: "a wrong password",
    code: "GW3002",
    url: (url) => changed(url, (own) => (own.password = encodeURIComponent(canary))),
  },
  {
    what: "an unknown user",
    code: "GW3002",
    url: (url) =>
      changed(url, (own) => {
        own.username = "nobody_here";
        own.password = encodeURIComponent(canary);
      }),
  },
  {
    what: "an unknown database",
    code: "GW3004",
    url: (url) => changed(url, (own) => (own.pathname = "/nowhere_here")),
  },
  { what: "a closed port", code: "GW3001", url: (url) => changed(url, (own) => (own.port = "1")) },
  {
    what: "a host without an address",
    code: "GW3001",
    url: (url) => changed(url, (own) => (own.hostname = "no-such-host.invalid")),
  },
  {
    what: "a certificate that nobody vouches for",
    code: "GW3003",
    url: (url) => `${url}?sslmode=verify-full`,
  },
];

for (const { name, skip } of servers) {
  test(`${name}: what keeps a session from being made has a name, in every command`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      for (const [index, { what, code, url }] of faults.entries()) {
        // Which command it is matters to no fault but the first.
        for (const command of index === 0 ? commands : [apply]) {
          const expected = command === commands.at(-1) && code === "GW3001" ? "GW4008" : code;
          const error = await refused(command({ ...own.options, url: url(own.url) }), expected);
          assertNoCanary(
            error.message,
            error.hint,
            JSON.stringify(error),
            String(error.stack),
            inspectCauses(error),
          );
          assert.match(error.message, /cannot connect to \w+:\/\//, what);
        }
      }
      await refused(
        wait({ ...own.options, url: changed(own.url, (to) => (to.port = "1")), timeoutMs: 150 }),
        "GW4008",
      );
      assert.equal(await own.dump(), "");
    }),
  );

  test(
    `${name}: TLS by a name that the certificate does not have, by a server without it, and as it should be`,
    { skip },
    () =>
      scene(name, tables(1), async (own) => {
        const authority = name === "postgres" ? "sslrootcert" : "ssl-ca";
        const tls = (url: string) => `${url}?sslmode=verify-full&${authority}=${certificateAuthority()}`;
        const to = new URL(own.url);
        await using relay = await listen("127.0.0.2", (client) => {
          const server = connect(Number(to.port), to.hostname);
          client.pipe(server).pipe(client);
          server.on("error", () => client.destroy());
        });
        const other = (at: { port: number }, host: string) =>
          changed(own.url, (url) => {
            url.port = String(at.port);
            url.hostname = host;
          });
        const error = await refused(apply({ ...own.options, url: tls(other(relay, "127.0.0.2")) }), "GW3003");
        assert.match(error.message, /127\.0\.0\.2/);
        if (name === "postgres") {
          await using plain = await listen("127.0.0.1", (client) =>
            client.once("data", () => client.end("N")),
          );
          await refused(apply({ ...own.options, url: tls(other(plain, "127.0.0.1")) }), "GW3003");
        }
        assert.equal(await own.dump(), "");
        // MySQL's certificate is issued by itself.
        if (name !== "mysql") await applied(own, { url: tls(own.url) });
      }),
  );

  test(`${name}: an authority's file that is missing or empty is said to be the fault`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      await writeFile(join(own.folder, "empty.pem"), "");
      for (const file of ["nowhere.pem", "empty.pem"]) {
        const authority = name === "postgres" ? "sslrootcert" : "ssl-ca";
        const url = `${own.url}?sslmode=verify-full&${authority}=${join(own.folder, file)}`;
        const wrong = await apply({ ...own.options, url }).then(
          () => assert.fail(`${file} was no obstacle`),
          (reason: { code: string; message: string }) => reason,
        );
        assert.match(wrong.code, /^GW(1003|1006|3003)$/, `${file}: ${wrong.message}`);
      }
    }),
  );

  // The GRANT names the database with its underscores escaped, and hides the row of an earlier one without.
  test(`${name}: a role that may not create is told so, and doctor's GRANTs are enough`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      await withPlainRole(name, own, async (url, account) => {
        // Without it the server does not even tell whether there is a ledger, and the error is GW5006.
        if (name !== "postgres") {
          await own.sql(`GRANT SELECT ON ${new URL(own.url).pathname.slice(1)}.* TO ${account}`);
        }
        const error = await refusedUnchanged(own, () => apply({ ...own.options, url }), "GW3006");
        assert.match(error.hint, /doctor/);
        const { findings, healthy } = await doctor({ ...own.options, url });
        assert.equal(healthy, false);
        const remedies = findings
          .filter((finding) => finding.status === "error" && finding.remedy !== undefined)
          .map(({ remedy }) => remedy ?? "");
        assert.notEqual(remedies.length, 0);
        for (const remedy of remedies) {
          for (const statement of remedy.split(/;\s*(?:\n|$)/).filter((text) => /^\s*GRANT/i.test(text))) {
            await own.sql(statement);
          }
        }
        await applied(own, { url });
        assert.deepEqual(await tableNames(own), ["t1"]);
      });
    }),
  );

  test(`${name}: a ledger that may not be read is an error, never "nothing applied"`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      await applied(own);
      await own.write(tables(2));
      await withPlainRole(name, own, async (url, account) => {
        if (name === "postgres") await own.sql(`GRANT CREATE ON SCHEMA public TO ${account}`);
        else await own.sql(`GRANT ALL ON t1 TO ${account}`);
        for (const command of [apply, status, plan, validate, rollback]) {
          await refusedUnchanged(own, () => command({ ...own.options, url }), "GW5006");
        }
        if (name !== "postgres") return;
        await own.sql(`GRANT USAGE ON SCHEMA godwit TO ${account}`);
        for (const granted of ["ledger", "migration", "run"]) {
          await refusedUnchanged(own, () => status({ ...own.options, url }), "GW5006");
          await own.sql(`GRANT SELECT ON godwit.${granted} TO ${account}`);
        }
      });
    }),
  );
}

test(
  "PostgreSQL: a URL without the password that the server asks for is said to lack it",
  { skip: postgres.skip },
  () =>
    scene("postgres", tables(1), async (own) => {
      const without = new URL(own.url);
      without.password = "";
      for (const command of [apply, wait]) {
        const error = await refused(command({ ...own.options, url: String(without) }), "GW3002");
        assert.match(
          error.message,
          /^cannot connect to \w+:\/\/.*: the server asks for a password, and none was given$/,
        );
        assert.match(error.hint, /\/\/user:PASSWORD@host/);
      }
    }),
);

test("a PostgreSQL database that is read-only", { skip: postgres.skip }, () =>
  scene("postgres", tables(1), async (own) => {
    const database = new URL(own.url).pathname.slice(1);
    await own.sql(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    await refusedUnchanged(own, () => apply(own.options), "GW3007");
    assert.equal((await status(own.options)).counts.pending, 1);
    assert.equal((await plan(own.options))?.steps.length, 1);
    assert.equal(await own.dump(), "");
  }),
);

test("SQLite files that are none, damaged, or not to be written", () =>
  scene("sqlite", tables(1, 2), async (own) => {
    await applied(own);
    await own.write(tables(3));
    const good = await readFile(own.url.slice("sqlite:".length));
    const at = (path: string) => ({ ...own.options, url: `sqlite:${path}` });

    const text = join(own.folder, "text.db");
    await writeFile(text, "this is no database, but long enough to be looked at as one\n".repeat(20));
    const folder = join(own.folder, "folder.db");
    await mkdir(folder);
    const missing = join(own.folder, "no", "such", "folder", "x.db");
    const damaged = join(own.folder, "damaged.db");
    const spoiled = Buffer.from(good);
    spoiled.fill(0x5a, 100, 4_000);
    await writeFile(damaged, spoiled);
    const cut = join(own.folder, "cut.db");
    await writeFile(cut, good.subarray(0, 5_000));
    for (const path of [text, folder, missing, damaged, cut]) {
      for (const command of [apply, status, validate]) {
        const before = await readFile(path).catch(() => null);
        const error = await command(at(path)).then(
          (result) => assert.fail(`${path}: ${JSON.stringify(result)}`),
          (reason: { code: string; message: string }) => reason,
        );
        assert.match(error.code, /^GW(3001|3004|3006|5006)$/, `${path}: ${error.message}`);
        assert.deepEqual(await readFile(path).catch(() => null), before);
      }
    }
    await applied(own);
  }));

test("no URL, a bad URL, an unknown key, an unset variable: refused before anything is reached", () =>
  scene("sqlite", tables(1), async (own) => {
    const run = async (
      code: ErrorCode,
      config: string | null,
      env: Record<string, string> = {},
      url?: string,
    ) => {
      if (config !== null) await writeFile(join(own.folder, "godwit.config.yaml"), config);
      for (const command of [apply, status, doctor]) {
        const error = await refused(command({ cwd: own.folder, env, url }), code);
        assert.equal(error.exitCode, 64);
        assertNoCanary(error.message, JSON.stringify(error), inspectCauses(error));
      }
    };
    await run("GW1002", null);
    await run("GW1005", null, { GODWIT_URL: "" });
    for (const url of [
      "nonsense",
      "http://x/y",
      "postgresql://u@h/d;drop",
      "postgresql://u@h/d?unknown=1",
      `postgresql://u:${canary}@h/d`,
      "postgresql://u@h:99999/d",
      "mongodb://u@h/d",
    ]) {
      await run("GW1003", null, {}, url).catch((error: unknown) => {
        throw new Error(url, { cause: error });
      });
    }
    await run("GW1004", "urll: sqlite:x.db\n");
    await run("GW1004", "url: sqlite:x.db\nlockTimeout: soon\n");
    await run("GW1004", "url: sqlite:x.db\nurl: sqlite:y.db\n");
    await run("GW1004", "url: [\n");
    await run("GW1005", "url: ${NOT_SET_ANYWHERE}\n");
    await run("GW1005", "url: postgresql://u:${file:no-such-secret}@127.0.0.1:1/d\n");
    assert.equal(await own.dump(), "");
  }));

async function withPlainRole(
  name: ServerName,
  own: Scene,
  use: (url: string, account: string) => Promise<void>,
): Promise<void> {
  const role = `godwit_role_${randomBytes(6).toString("hex")}`;
  const database = new URL(own.url).pathname.slice(1);
  const account = name === "postgres" ? role : `${role}@'%'`;
  await administer(name, async (sql) => {
    if (name === "postgres") {
      await sql(`CREATE ROLE ${role} LOGIN PASSWORD '${canary}'`);
      return sql(`GRANT CONNECT ON DATABASE ${database} TO ${role}`);
    }
    await sql(`CREATE USER ${account} IDENTIFIED BY '${canary}'`);
    return sql(`GRANT CREATE VIEW ON ${database}.* TO ${account}`);
  });
  try {
    await use(
      changed(own.url, (url) => {
        url.username = role;
        url.password = encodeURIComponent(canary);
      }),
      account,
    );
  } finally {
    if (name === "postgres") await own.sql(`DROP OWNED BY ${role} CASCADE`);
    await administer(name, (sql) => sql(`DROP ${name === "postgres" ? "ROLE" : "USER"} ${account}`));
  }
}

/** The text of an error and of everything behind it. */
function inspectCauses(error: unknown): string {
  const texts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    texts.push(String(at.stack), JSON.stringify(at, Object.getOwnPropertyNames(at)));
  }
  return texts.join("\n");
}

async function listen(host: string, serve: (client: Socket) => void) {
  const clients = new Set<Socket>();
  const server: Server = createServer((client) => {
    clients.add(client);
    client.on("error", () => undefined);
    serve(client);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, host, resolve);
  await promise;
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}
