import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { forgetSecrets, redact } from "../core/secret.ts";
import { loadConfig, type LoadOptions } from "./load.ts";
import { connectTimeoutMsOf, requireTarget } from "./require-target.ts";

const root = mkdtempSync(join(tmpdir(), "godwit-config-"));
after(() => rmSync(root, { recursive: true }));
afterEach(forgetSecrets);

let projects = 0;

/** A new folder with these files; `.git` in it ends the search. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(projects++));
  mkdirSync(join(folder, ".git"), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const load = (cwd: string, options: Partial<LoadOptions> = {}): ReturnType<typeof loadConfig> =>
  loadConfig({ cwd, env: {}, ...options });

async function refuses(code: string, message: RegExp, load: Promise<unknown>): Promise<void> {
  await assert.rejects(load, (error) => {
    assert.ok(error instanceof GodwitError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

test("without anything there are the defaults, frozen", async () => {
  const cwd = project({});
  const { guard: _, receivers: __, ...config } = await load(cwd);
  assert.deepEqual(
    { ...config, sources: { ...config.sources } },
    {
      url: null,
      urlFolder: cwd,
      migrations: join(cwd, "migrations"),
      schemaFile: null,
      outOfOrder: "error",
      snapshots: "declared",
      copyPhases: "off",
      lockTimeoutMs: 2000,
      lockRetries: 10,
      statementTimeoutMs: 900_000,
      connectTimeoutMs: 10_000,
      maxFileBytes: 8_388_608,
      backupFolder: join(cwd, "backups"),
      backupKeyFile: null,
      environment: null,
      approvers: null,
      expect: null,
      gates: null,
      staging: null,
      scratch: null,
      workersPerHost: null,
      schemasPerHost: null,
      file: null,
      profile: null,
      sources: Object.fromEntries(Object.keys(config.sources).map((key) => [key, "default"])),
      searched: [
        "--url",
        "GODWIT_URL",
        "DATABASE_URL",
        `both in ${join(cwd, ".env")}`,
        `godwit.config.* in ${cwd} and the folders above it`,
      ],
      notices: [],
    },
  );
  const whole = await load(cwd);
  assert.ok(Object.isFrozen(whole) && Object.isFrozen(whole.sources));
  assert.throws(
    () => requireTarget(whole),
    (error) =>
      error instanceof GodwitError &&
      error.code === "GW1002" &&
      /--url; GODWIT_URL; DATABASE_URL; both in .*\.env; godwit/.test(error.message),
  );
});

const layered = `
url: sqlite:file.db
migrations: db/file
lockTimeout: 1s
lockRetries: 1
statementTimeout: 0
profile: dev
profiles:
  dev:
    url: sqlite:dev.db
    lockTimeout: 3s
  prod:
    url: postgresql://app:\${PROD_PASSWORD}@db.example.com/shop
    outOfOrder: warn
`;

test("flag, environment, profile, file, default: each value tells where it came from", async () => {
  const cwd = project({ "godwit.config.yaml": layered, "sub/x": "" });
  const file = join(cwd, "godwit.config.yaml");
  const config = await load(join(cwd, "sub"), {
    env: { GODWIT_MIGRATIONS: "env-dir" },
    flags: { lockRetries: "4", schemaFile: "s.sql", url: undefined },
  });
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(config.sources).filter(
        ([key]) => !/^(guard|limits|log|metrics|otel|notify)\b/.test(key),
      ),
    ),
    {
      url: "profile dev",
      ...Object.fromEntries(
        ["environment", "approvers", "expect", "gates", "staging", "scratch"].map((key) => [key, "default"]),
      ),
      migrations: "environment",
      schemaFile: "flag",
      outOfOrder: "default",
      snapshots: "default",
      copyPhases: "default",
      lockTimeout: "profile dev",
      lockRetries: "flag",
      statementTimeout: `file ${file}`,
      connectTimeout: "default",
      maxFileBytes: "default",
      backupFolder: "default",
      backupKeyFile: "default",
    },
  );
  assert.equal(config.migrations, join(cwd, "sub/env-dir"));
  assert.equal(config.schemaFile, join(cwd, "sub/s.sql"));
  assert.equal(requireTarget(config).database, join(cwd, "dev.db"));
  assert.deepEqual([config.lockTimeoutMs, config.lockRetries, config.statementTimeoutMs], [3000, 4, 0]);
  assert.deepEqual([config.file, config.profile], [file, "dev"]);
});

test("relative paths: of the file from its folder, of flags and variables from the working folder", async () => {
  const cwd = project({
    "godwit.config.yaml": "migrations: m\nschemaFile: s.sql\nurl: sqlite:a.db",
    "sub/x": "",
  });
  const sub = join(cwd, "sub");
  const fromFile = await load(sub);
  assert.deepEqual([fromFile.migrations, fromFile.schemaFile], [join(cwd, "m"), join(cwd, "s.sql")]);
  assert.equal(requireTarget(fromFile).database, join(cwd, "a.db"));
  assert.equal(requireTarget(await load(sub, { flags: { url: "sqlite:a.db" } })).database, join(sub, "a.db"));
  assert.equal(
    requireTarget(await load(sub, { env: { GODWIT_URL: "sqlite:a.db" } })).database,
    join(sub, "a.db"),
  );
});

test("the environment: GODWIT_URL before DATABASE_URL, real variables before .env, empty ones refused", async () => {
  const cwd = project({
    ".env": "DATABASE_URL=sqlite:dotenv.db\nGODWIT_URL=sqlite:dotenv2.db\n",
    "sub/x": "",
  });
  const url = async (env: Record<string, string>): Promise<string | null> => (await load(cwd, { env })).url;
  assert.equal(await url({}), "sqlite:dotenv2.db");
  assert.equal(await url({ GODWIT_URL: "sqlite:real.db" }), "sqlite:real.db");
  assert.equal((await load(cwd)).sources.url, `file ${join(cwd, ".env")}`);
  await refuses("GW1005", /GODWIT_URL is set, but empty/, url({ GODWIT_URL: "", DATABASE_URL: "sqlite:x" }));
  assert.equal(
    (await load(cwd, { env: { GODWIT_URL: "" }, flags: { url: "sqlite:f" } })).sources.url,
    "flag",
  );
  assert.equal(process.env.DATABASE_URL === "sqlite:dotenv.db", false);
});

const real = { GODWIT_URL: "sqlite:real-own.db", DATABASE_URL: "sqlite:real-common.db" };
const dotenv = { GODWIT_URL: "sqlite:file-own.db", DATABASE_URL: "sqlite:file-common.db" };

test("a real variable wins over .env, whichever of the two names it has", async () => {
  const order = [
    real,
    { GODWIT_URL: real.GODWIT_URL },
    { DATABASE_URL: real.DATABASE_URL },
    {},
  ] as const satisfies Partial<typeof real>[];
  const winners: (string | null)[][] = [];
  for (const file of [dotenv, { GODWIT_URL: dotenv.GODWIT_URL }, { DATABASE_URL: dotenv.DATABASE_URL }]) {
    const text = Object.entries(file).map(([name, value]) => `${name}=${value}\n`);
    const cwd = project({ ".env": text.join("") });
    winners.push(await Promise.all(order.map(async (env) => (await load(cwd, { env })).url)));
  }
  const { GODWIT_URL: own, DATABASE_URL: common } = real;
  assert.deepEqual(winners, [
    [own, own, common, dotenv.GODWIT_URL],
    [own, own, common, dotenv.GODWIT_URL],
    [own, own, common, dotenv.DATABASE_URL],
  ]);
});

test("a real DATABASE_URL that wins over a GODWIT_URL of .env is told, where they differ", async () => {
  const cwd = project({ ".env": `GODWIT_URL=${dotenv.GODWIT_URL}\n` });
  const notices = async (options: Partial<LoadOptions>): Promise<readonly string[]> =>
    (await load(cwd, options)).notices;
  assert.deepEqual(await notices({ env: { DATABASE_URL: real.DATABASE_URL } }), [
    `The variable DATABASE_URL of the environment wins over GODWIT_URL of ${join(cwd, ".env")}, which names another database.`,
  ]);
  assert.deepEqual(await notices({ env: { DATABASE_URL: dotenv.GODWIT_URL } }), []);
  assert.deepEqual(await notices({ env: real }), []);
  assert.deepEqual(await notices({ env: {} }), []);
  assert.deepEqual(
    await notices({ env: { DATABASE_URL: real.DATABASE_URL }, flags: { url: "sqlite:flag.db" } }),
    [],
  );
  // A CI system's unset secret is an empty variable: the file must not take its place.
  await refuses("GW1005", /DATABASE_URL is set, but empty/, load(cwd, { env: { DATABASE_URL: "" } }));
  const empty = project({ ".env": "GODWIT_URL=\n" });
  const config = await load(empty, { env: { DATABASE_URL: real.DATABASE_URL } });
  assert.deepEqual([config.url, config.notices], [real.DATABASE_URL, []]);
});

test("${NAME} takes the real variable, then the one of .env, by that name alone", async () => {
  const cwd = project({
    ".env": "APP_URL=sqlite:file.db\n",
    "godwit.config.yaml": "url: ${APP_URL}\n",
  });
  assert.equal((await load(cwd)).url, "sqlite:file.db");
  assert.equal((await load(cwd, { env: { APP_URL: "sqlite:real.db" } })).url, "sqlite:real.db");
  // Also where the file refers to one of the two: the real one of the other name is the environment's.
  const referring = project({
    ".env": `GODWIT_URL=${dotenv.GODWIT_URL}\n`,
    "godwit.config.yaml": "url: ${GODWIT_URL}\n",
  });
  assert.equal((await load(referring, { env: { DATABASE_URL: real.DATABASE_URL } })).url, real.DATABASE_URL);
});

test("a relative file in .env is relative to .env, also from a folder below", async () => {
  const cwd = project({ ".env": "DATABASE_URL=sqlite:a.db", "godwit.config.json": "{}", "sub/x": "" });
  assert.equal(requireTarget(await load(join(cwd, "sub"))).database, join(cwd, "a.db"));
});

test("a folder called .env is not minded", async () => {
  assert.equal((await load(project({ ".env/bin/python": "" }))).url, null);
});

test("profiles: chosen by flag, variable or the file; only the chosen one is resolved", async () => {
  const cwd = project({ "godwit.config.yaml": layered });
  assert.equal((await load(cwd, { env: { GODWIT_PROFILE: "dev" } })).profile, "dev");
  await refuses(
    "GW1005",
    /godwit\.config\.yaml:13: profiles\.prod\.url .*PROD_PASSWORD/,
    load(cwd, { profile: "prod" }),
  );
  const config = await load(cwd, {
    profile: "prod",
    env: { PROD_PASSWORD: "p@ss/w:rd", GODWIT_PROFILE: "dev" },
  });
  const target = requireTarget(config);
  assert.deepEqual(
    [target.password, target.host, config.outOfOrder],
    ["p@ss/w:rd", "db.example.com", "warn"],
  );
  assert.equal(redact(JSON.stringify(config)).includes("w%3Ard"), false);
  await refuses("GW1004", /no profile "prd"; did you mean "prod"/, load(cwd, { profile: "prd" }));
  await refuses("GW1004", /no profile "__proto__"/, load(cwd, { profile: "__proto__" }));
  await refuses("GW1006", /no configuration file/, load(project({}), { profile: "dev" }));
});

test("a variable that names another database than the profile that was asked for is refused", async () => {
  const cwd = project({ "godwit.config.yaml": layered });
  const other = { DATABASE_URL: "sqlite:x" };
  await refuses(
    "GW1004",
    /--profile prod names a database, and the variable DATABASE_URL/,
    load(cwd, { env: other, profile: "prod" }),
  );
  const asked = await load(cwd, { env: other, profile: "prod", flags: { url: "sqlite:y" } });
  assert.equal(asked.url, "sqlite:y");
  // The file's default profile was not asked for: the order of settings holds, with a notice.
  const config = await load(cwd, { env: { ...other, GODWIT_PROFILE: "prod" } });
  assert.deepEqual(config.notices, [
    "The variable DATABASE_URL of the environment wins over the url of the profile prod.",
  ]);
  assert.deepEqual((await load(cwd)).notices, []);
});

test("a .env that names another database than the profile that was really asked for is refused", async () => {
  const cwd = project({ "godwit.config.yaml": layered, ".env": `GODWIT_URL=${dotenv.GODWIT_URL}\n` });
  const message = /names a database, and the variable GODWIT_URL of \S+\.env names another/;
  await refuses("GW1004", message, load(cwd, { profile: "dev" }));
  await refuses("GW1004", message, load(cwd, { env: { GODWIT_PROFILE: "dev" } }));
  await refuses("GW1004", /^GODWIT_PROFILE=dev names/, load(cwd, { env: { GODWIT_PROFILE: "dev" } }));
  assert.equal(
    (await load(cwd, { env: { GODWIT_PROFILE: "dev", GODWIT_URL: "sqlite:dev.db" } })).url,
    "sqlite:dev.db",
  );
  // The file's default profile, and one of .env itself, were not asked for by whoever runs this.
  assert.equal((await load(cwd)).url, dotenv.GODWIT_URL);
  const both = project({
    "godwit.config.yaml": layered,
    ".env": `GODWIT_URL=${dotenv.GODWIT_URL}\nGODWIT_PROFILE=dev\n`,
  });
  const config = await load(both);
  assert.equal(config.url, dotenv.GODWIT_URL);
  assert.deepEqual(config.notices, [
    `The variable GODWIT_URL of ${join(both, ".env")} wins over the url of the profile dev.`,
  ]);
});

test("settings that are not used are not resolved", async () => {
  const cwd = project({ "godwit.config.yaml": "url: ${NO}\nmigrations: m\nlockTimeout: ${NO}\n" });
  const config = await load(cwd, { only: ["migrations"], env: { GODWIT_URL: "" } });
  assert.deepEqual([config.migrations, config.url], [join(cwd, "m"), null]);
  await refuses("GW1005", /NO/, load(cwd, { only: ["url"] }));
});

test("the search goes up to a folder with .git, and no further", async () => {
  const cwd = project({
    "godwit.config.yml": "lockRetries: 7",
    "a/b/c/x": "",
    "repo/.git/x": "",
    "repo/in/x": "",
  });
  assert.equal((await load(join(cwd, "a/b/c"))).lockRetries, 7);
  assert.equal((await load(join(cwd, "repo/in"))).file, null);
});

test("a configuration above, in a folder that everyone can write in, is refused", async () => {
  const cwd = project({ "godwit.config.yaml": "lockRetries: 7", "sub/x": "" });
  chmodSync(cwd, 0o777);
  await refuses("GW1004", /everyone can write/, load(join(cwd, "sub")));
  assert.equal((await load(cwd)).lockRetries, 7);
  assert.equal((await load(join(cwd, "sub"), { configPath: "../godwit.config.yaml" })).lockRetries, 7);
});

test("--config and GODWIT_CONFIG name the file", async () => {
  const cwd = project({ "conf/my.yaml": "migrations: m", "my.txt": "" });
  assert.equal((await load(cwd, { configPath: "conf/my.yaml" })).migrations, join(cwd, "conf/m"));
  assert.equal((await load(cwd, { env: { GODWIT_CONFIG: "conf/my.yaml" } })).migrations, join(cwd, "conf/m"));
  await refuses("GW1006", /is missing/, load(cwd, { configPath: "conf/no.yaml" }));
  await refuses("GW1006", /not a regular file/, load(project({ "d.yaml/x": "" }), { configPath: "d.yaml" }));
  await refuses("GW1004", /not a form/, load(cwd, { configPath: "my.txt" }));
});

test("JSON, TypeScript and JavaScript files", async () => {
  const json = project({
    "godwit.config.json": '{"$schema": "x", "lockRetries": 3, "url": "sqlite:${N}.db"}',
  });
  assert.deepEqual([(await load(json, { env: { N: "n" } })).url], ["sqlite:n.db"]);
  const define = new URL("define-config.ts", import.meta.url).href;
  const ts = project({
    "godwit.config.ts": `import { defineConfig } from "${define}";\nexport default defineConfig({ lockRetries: 3 as number, url: "sqlite:\${N}.db" });`,
  });
  const config = await load(ts);
  assert.deepEqual([config.lockRetries, config.url], [3, "sqlite:${N}.db"]);
  assert.equal(
    (await load(project({ "godwit.config.mjs": "export default { lockRetries: 4 }" }))).lockRetries,
    4,
  );
  await refuses("GW1004", /no default export/, load(project({ "godwit.config.mjs": "export const a = 1" })));
  await refuses(
    "GW1004",
    /could not be loaded: boom/,
    load(project({ "godwit.config.mjs": 'throw new Error("boom")' })),
  );
  await refuses("GW1004", /unknown key/, load(project({ "godwit.config.mjs": "export default { a: 1 }" })));
});

test("an empty file is a configuration", async () => {
  assert.equal((await load(project({ "godwit.config.yaml": "# nothing yet\n" }))).lockRetries, 10);
});

const bad: readonly [string, RegExp][] = [
  ["lockTimeot: 2s", /^godwit\.config\.yaml:1: lockTimeot is an unknown key; did you mean "lockTimeout"\?$/],
  [
    "profiles:\n  dev:\n    ulr: x",
    /^godwit\.config\.yaml:3: profiles\.dev\.ulr is an unknown key; did you mean "url"\?$/,
  ],
  ["profiles:\n  dev:\n    profiles: {}", /profiles\.dev\.profiles is an unknown key/],
  ["lockTimeout: 5", /:1: lockTimeout: expected a duration/],
  ["lockTimeout: 5 s", /expected a duration/],
  ["lockRetries: 101", /expected a whole number from 0 to 100/],
  ["lockRetries: 1.5", /too large or not a whole number/],
  ["lockRetries: '5'", /expected a whole number/],
  ["maxFileBytes: 0", /expected a whole number of bytes/],
  ["maxFileBytes: 9007199254740993", /too large/],
  ["outOfOrder: ignore", /expected one of "error", "warn" and "allow"/],
  ["url: 5", /url: expected a connection URL/],
  ["url: ''", /url: expected a connection URL/],
  ["url: [postgresql://u:hunter22@h/d]", /url: expected a connection URL/],
  ["migrations: null", /migrations: expected the path/],
  ["postgresql://u:hunter22@h/d: 1", /:1: \(no name\) is an unknown key\.$/],
  ["profiles: 1", /profiles: expected a map/],
  ["profiles:\n  - dev", /expected/],
  ["profiles:\n  'a b': {}", /expected a name/],
  ["profiles:\n  a: 1", /expected a name/],
  ["profile: [a]", /profile: expected the name/],
  ["profile: nope", /no profile "nope"/],
  ["- a", /no map/],
  ["text", /no map/],
  ["a: 1\na: 2", /given twice/],
  ["__proto__: {url: x}", /__proto__ is an unknown key/],
  ["profiles:\n  __proto__: {url: x}", /:2: profiles\.__proto__ is an unknown key/],
  ["profiles:\n  constructor: {}", /profiles\.constructor is an unknown key/],
  ["x: &x {__proto__: {polluted: 1}}\n<<: *x", /unknown key/],
  ["<<: {url: x}", /<< is an unknown key/],
  ["profiles:\n  a: &a {url: 'sqlite:x'}\n  b:\n    <<: *a", /profiles\.b\.<< is an unknown key/],
  ["lockTimeout: ${LT}", /lockTimeout is "banana": expected a duration/],
  ["outOfOrder: ${LT}", /outOfOrder: expected one of/],
  ["migrations: ${A", /malformed/],
];

test("unusable configurations are refused with GW1004 and their place", async () => {
  for (const [text, message] of bad) {
    const cwd = project({ "godwit.config.yaml": text });
    await refuses("GW1004", message, load(cwd, { env: { LT: "banana" } }));
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  }
});

test("unusable files and folders", async () => {
  await refuses(
    "GW1004",
    /several configuration files/,
    load(project({ "godwit.config.yaml": "", "godwit.config.ts": "" })),
  );
  await refuses("GW1004", /godwit\.config\.js is not a form/, load(project({ "godwit.config.js": "" })));
  await refuses(
    "GW1006",
    /too large/,
    load(project({ "godwit.config.yaml": `# ${"x".repeat(1024 * 1024)}` })),
  );
  const latin1 = project({});
  writeFileSync(join(latin1, "godwit.config.yaml"), Buffer.from("url: \xe9", "latin1"));
  await refuses("GW1006", /not UTF-8/, load(latin1));
  const fifo = project({});
  execFileSync("mkfifo", [join(fifo, "godwit.config.yaml")]);
  await refuses("GW1006", /not a regular file/, load(fifo));
});

test("flags are checked like the rest, with GW1001", async () => {
  const cwd = project({});
  await refuses("GW1001", /^--lock-timeout is "2"/, load(cwd, { flags: { lockTimeout: "2" } }));
  await refuses("GW1001", /^--lock-retries: expected a whole/, load(cwd, { flags: { lockRetries: "x" } }));
  await refuses(
    "GW1001",
    /^--out-of-order: .*did you mean "allow"/,
    load(cwd, { flags: { outOfOrder: "alow" } }),
  );
  assert.equal((await load(cwd, { flags: { schemaFile: null } })).sources.schemaFile, "flag");
});

test("a variable's value is data: references in it stay as they are", async () => {
  const cwd = project({ "godwit.config.yaml": "migrations: ${DIR}\nurl: ${U:-sqlite:x.db}" });
  const config = await load(cwd, { env: { DIR: "${DIR}" } });
  assert.deepEqual([config.migrations, config.url], [join(cwd, "${DIR}"), "sqlite:x.db"]);
});

test("the password of a URL is redacted as soon as the configuration is loaded", async () => {
  await load(project({}), { env: { DATABASE_URL: "postgresql://u:correct-horse@h/d" } });
  assert.equal(redact("correct-horse"), "***");
});

test("the URL's connect_timeout wins over the setting", async () => {
  const config = await load(project({}), { flags: { url: "postgresql://u@h/d?connect_timeout=3" } });
  assert.equal(connectTimeoutMsOf(config, requireTarget(config)), 3000);
  const other = await load(project({}), { flags: { url: "postgresql://u@h/d" } });
  assert.equal(connectTimeoutMsOf(other, requireTarget(other)), 10_000);
});

test("without a configuration file neither yaml nor valibot is loaded", () => {
  const cwd = project({});
  const script = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context); } });
    const { loadConfig } = await import(${JSON.stringify(new URL("load.ts", import.meta.url).href)});
    await loadConfig({ cwd: ${JSON.stringify(cwd)}, env: {} });
    console.log(seen.filter((name) => name === "yaml" || name === "valibot").join() || "none");`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  assert.equal(output.trim(), "none");
});
