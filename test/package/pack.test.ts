import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { publint } from "publint";
import manifest from "../../package.json" with { type: "json" };
import { root } from "../support/cli.ts";

const run = promisify(execFile);

/**
 * The package as a stranger gets it: made by a bare `npm pack` in a checkout that was never built, installed from its
 * tarball into an empty folder.
 */
describe("the published package", () => {
  let folder: string;
  let checkout: string;
  let installed: string;
  let files: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "godwit-package-"));
    installed = join(folder, "node_modules/godwit");
    checkout = join(folder, "checkout");
    await copyUnbuilt(checkout);
    // No flag about scripts: the one that builds must run by itself, as it does in `npm publish`.
    const { stdout } = await npm(["pack", "--json", "--pack-destination", folder], checkout);
    const [packed] = Object.values(JSON.parse(stdout)) as { filename: string; files: { path: string }[] }[];
    assert.ok(packed);
    files = packed.files.map((file) => file.path);
    await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    const tarball = join(folder, packed.filename);
    await npm(["install", "--ignore-scripts", "--prefer-offline", tarball], folder);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  test("holds the program, the library and nothing else", async () => {
    for (const file of [
      "bin/godwit",
      "bin/hoho",
      "dist/index.js",
      "dist/cli/main.cjs",
      "dist/types/src/index.d.ts",
    ]) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
    const expected =
      /^(package\.json|README\.md|LICENSE|bin\/(godwit|hoho|package\.json)|dist\/cli\/main\.cjs|dist\/.+\.js|dist\/third-party-licences\.txt|dist\/types\/src\/.+\.d\.ts)$/;
    assert.deepEqual(
      files.filter((file) => !expected.test(file) || /test/i.test(file)),
      [],
    );
    for (const file of files) {
      const text = await readFile(join(installed, file), "utf8");
      assert.ok(
        !text.includes(root) && !text.includes(checkout) && !text.includes("sourceMappingURL"),
        `${file} names this machine or a map`,
      );
      assert.ok(!text.includes("GODWIT_CRASH"), `${file} holds the tests' crash points`);
    }
  });

  test("the program starts, from its link, and says its version and its help", async () => {
    const program = join(folder, "node_modules/.bin/godwit");
    assert.equal((await run(program, ["--version"])).stdout, `${manifest.version}\n`);
    assert.match((await run(program, ["--help"])).stdout, /godwit/);
    const other = join(folder, "node_modules/.bin/hoho");
    assert.equal((await run(other, ["--version"])).stdout, `${manifest.version}\n`);
    assert.match((await run(other, ["decomp", "--help"])).stdout, /hoho decomp COMMAND/);
  });

  test("the second program migrates files, each in a thread of its own", async () => {
    const own = join(folder, "mappings");
    await mkdir(own);
    for (const name of ["a", "b"])
      await writeFile(join(own, `${name}.json`), `{"${name}":{"mapped":"A","type":"class"}}`);
    const program = join(folder, "node_modules/.bin/hoho");
    const { stdout } = await run(program, ["decomp", "migrate", "--each", "a.json", "b.json"], { cwd: own });
    assert.match(stdout, /migrated 1 mapping into b\.msgpack/);
    const script =
      'const { mappingsMigrate } = await import("godwit"); const { files } = await mappingsMigrate({ inputs: ["a.msgpack", "b.msgpack"], each: true, to: "json", force: true }); console.log(files.length)';
    const library = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: own });
    assert.equal(library.stdout, "2\n");
  });

  test("the library can be imported", async () => {
    const script = 'const { version } = await import("godwit"); console.log(version)';
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
    assert.equal(stdout, `${manifest.version}\n`);
  });

  test("a consumer's types check, the package's own declarations included", async () => {
    await writeFile(
      join(folder, "consumer.ts"),
      [
        'import { GodwitError, status, version, type Plan, type StatusReport } from "godwit";',
        "const text: string = version;",
        "const report: Promise<StatusReport> = status({ cwd: text } as Parameters<typeof status>[0]);",
        "report.catch((error: unknown) => error instanceof GodwitError && error.code);",
        "export type Reviewed = Plan;",
      ].join("\n"),
    );
    const options = [
      "--noEmit",
      "--strict",
      "--target",
      "es2024",
      "--lib",
      "es2024,esnext.disposable",
      "--module",
      "nodenext",
    ];
    const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await passes(run(process.execPath, [tsc, ...options, ...types, "consumer.ts"], { cwd: folder }));
  });

  test("publint has nothing to say", async () => {
    // Given the files, so that it does not pack once more.
    const copy = join(folder, "packed");
    for (const file of files) {
      await mkdir(dirname(join(copy, file)), { recursive: true });
      await cp(join(installed, file), join(copy, file));
    }
    const { messages } = await publint({ pkgDir: copy, pack: false });
    assert.deepEqual(messages, []);
  });
});

/** The checkout as `script/bootstrap` leaves it: with its packages, without dist/. */
async function copyUnbuilt(to: string): Promise<void> {
  // A folder at the top that is none of the checkout's own is not needed, and may be large or belong to a server.
  const left = new Set(["dist", ".git", ".node", ".databases"]);
  for (const name of (await readdir(root)).filter((entry) => !left.has(entry))) {
    await cp(join(root, name), join(to, name), { recursive: true, verbatimSymlinks: true });
  }
}

function npm(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  return run("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd });
}

/** Rejects with what the failing command printed. */
async function passes(command: Promise<unknown>): Promise<void> {
  await command.catch((error: { stdout?: string; stderr?: string }) => {
    assert.fail(`${error.stdout}${error.stderr}`);
  });
}
