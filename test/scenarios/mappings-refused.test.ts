import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import {
  GodwitError,
  mappingsMigrate,
  type MappingsMigrateOptions,
  mappingsRollback,
  mappingsShow,
  mappingsValidate,
} from "../../src/index.ts";
import { root } from "../support/cli.ts";
import { crashAt } from "../support/crash.ts";
import {
  keyedJson,
  type MappingsProject,
  mappingsProject,
  messagePack,
  samples,
  unpacked,
} from "../support/mappings.ts";

/* What is refused, and whether what is said next helps. */

const out = "decomp/mappings.msgpack";
const journal = `${out}.godwit.db`;

const migrate = (project: MappingsProject, options: MappingsMigrateOptions = {}) =>
  mappingsMigrate({ cwd: project.folder, env: {}, ...options });

async function scene(): Promise<MappingsProject> {
  return mappingsProject({ "decomp/mappings.json": keyedJson(samples(5)) });
}

suite("mappings are refused with what helps", { concurrency: 2 }, () => {
  test("a journal that is damaged: it is moved away, and backups are put back by hand", async () => {
    await using project = await scene();
    const old = messagePack(samples(2));
    await project.put(out, old);
    await migrate(project, { force: true });
    const whole = await project.bytes(journal);
    const migrated = await project.bytes(out);
    // Its pages are no longer those that were written, but for the first two.
    const rotten = Buffer.from(whole.map((byte, at) => (at < 8192 ? byte : (byte * 7 + 13) % 256)));
    for (const damaged of [Buffer.from("garbage"), rotten]) {
      await project.put(journal, damaged);
      const expected = {
        code: "GW2616",
        message: /mappings\.msgpack\.godwit\.db cannot be read: \S/,
        hint: /move it away, .* mappings\.msgpack stays .* mappings\.msgpack\.backup\.<time>/,
      };
      await assert.rejects(migrate(project, { force: true }), expected);
      await assert.rejects(mappingsRollback({ cwd: project.folder, env: {} }), expected);
      assert.deepEqual(await project.bytes(journal), damaged, "it is evidence");
      assert.deepEqual(await project.bytes(out), migrated);
    }
    await rm(join(project.folder, journal));
    await mkdir(join(project.folder, journal));
    await assert.rejects(migrate(project, { force: true }), { code: "GW2616" });
    await rm(join(project.folder, journal), { recursive: true });
    await migrate(project, { force: true });
  });

  test("what another command says of a file that is no database speaks of no server", async () => {
    await using project = await scene();
    await project.put(journal, "garbage");
    const { stderr } = await project.run("migrate");
    assert.match(stderr, /error GW2616: decomp\/mappings\.msgpack\.godwit\.db .*\n {2}nothing was changed\n/);
    assert.doesNotMatch(stderr, /host|port|server/);
  });

  test("an input that is not there, or is no file", async () => {
    await using project = await scene();
    const place = { cwd: project.folder, env: {} };
    const missing = {
      code: "GW2613",
      message: /none\.json could not be read: no such file or folder \(ENOENT\)$/,
      hint: /Correct the path/,
    };
    await assert.rejects(mappingsShow({ cwd: project.folder, file: "none.json" }), missing);
    await assert.rejects(mappingsValidate({ ...place, file: "none.json" }), missing);
    await assert.rejects(migrate(project, { inputs: ["none.json"] }), missing);
    await assert.rejects(mappingsShow({ cwd: project.folder, file: "decomp" }), {
      code: "GW2613",
      hint: /Name a file\./,
    });
    await assert.rejects(migrate(project, { out: "nowhere/x.msgpack" }), {
      code: "GW2613",
      message: /x\.msgpack could not be written: no such file or folder: .*nowhere \(ENOENT\)$/,
      hint: /Make the folder first/,
    });
  });

  test("a partial file that no journal tells of is nobody's to remove", async () => {
    await using project = await scene();
    await crashAt({ name: "mappings:written", nth: 1 }, ["mappings", "migrate"], { cwd: project.folder });
    await rm(join(project.folder, journal));
    const left = await readFile(join(project.folder, `${out}.partial`));
    for (const _ of [1, 2]) {
      const refused = await project.run("migrate");
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /GW2613: decomp\/mappings\.msgpack\.partial is there already.*\n {2}nothing was changed\n {2}next: Remove it if /,
      );
      assert.deepEqual(await readFile(join(project.folder, `${out}.partial`)), left);
    }
    assert.match((await project.run("migrate", "--dry-run")).stderr, /GW2613/);
    assert.ok(!(await readdir(join(project.folder, "decomp"))).includes(`mappings.msgpack.godwit.db`));
    await rm(join(project.folder, `${out}.partial`));
    const done = await project.run("migrate");
    assert.equal(done.code, 0, done.stderr);
    // And beside a file that a rollback would put back.
    await project.put("decomp/other.msgpack", messagePack(samples(1)));
    await migrate(project, { out: "decomp/other.msgpack", force: true });
    await writeFile(join(project.folder, "decomp/other.msgpack.partial"), "somebody's");
    for (const _ of [1, 2]) {
      await assert.rejects(mappingsRollback({ cwd: project.folder, env: {}, file: "decomp/other.msgpack" }), {
        code: "GW2613",
        message: /other\.msgpack\.partial is there already/,
      });
    }
    assert.equal(String(await project.bytes("decomp/other.msgpack.partial")), "somebody's");
    await rm(join(project.folder, "decomp/other.msgpack.partial"));
    await mappingsRollback({ cwd: project.folder, env: {}, file: "decomp/other.msgpack" });
    assert.deepEqual(await project.bytes("decomp/other.msgpack"), Buffer.from(messagePack(samples(1))));
  });

  test("a format that the output's name contradicts", async () => {
    await using project = await scene();
    const inputs = ["decomp/mappings.json"];
    for (const [to, name] of [
      ["json", "y.msgpack"],
      ["json", "y.MPK"],
      ["msgpack", "y.json"],
    ] as const) {
      await assert.rejects(migrate(project, { inputs, to, out: name }), (error) => {
        assert.ok(error instanceof GodwitError && error.code === "GW2617", String(error));
        assert.equal(error.exitCode, 64);
        assert.match(error.message, /is to hold (JSON, .* MessagePack|MessagePack, .* JSON)$/);
        return true;
      });
    }
    assert.deepEqual(await readdir(project.folder), ["decomp"]);
    await migrate(project, { inputs, to: "json", out: "y.other" });
    await migrate(project, { inputs, to: "msgpack", out: project.folder });
    // The original tool's command has one format, whatever the name.
    const words = ["decomp", "migrate-mappings", "--output", "old.json"];
    const done = spawnSync(process.execPath, [join(root, "bin/hoho"), ...words], {
      cwd: project.folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: project.folder, NO_COLOR: "1" },
    });
    assert.equal(done.status, 0, done.stderr);
    assert.match(
      done.stderr,
      /^warning GW2617: .*old\.json is to hold MessagePack, and its name says JSON$/m,
    );
    assert.deepEqual(unpacked(await project.bytes("old.json")), samples(5));
  });

  test("what cannot be meant, before anything is read", async () => {
    await using project = await mappingsProject({ "in.json": "{" });
    const inputs = ["in.json"];
    await assert.rejects(migrate(project, { inputs, shape: "flat" }), {
      code: "GW1001",
      message: /--shape and --naming are for JSON/,
    });
    await assert.rejects(migrate(project, { inputs, schemaVersion: "2" }), {
      code: "GW2603",
      message: '--schema-version is "2": expected 1.0 or 1.1',
    });
    await assert.rejects(migrate(project, { inputs }), { code: "GW2601" });
    for (const option of ["--batch", "--jobs"]) {
      const refused = await project.run("migrate", "in.json", option, "0");
      assert.equal(refused.code, 64);
      assert.match(refused.stderr, new RegExp(`GW1001: ${option} is "0": expected a whole number from 1\n`));
    }
    const foreign = await project.run("show", "in.json", "--wait", "5m");
    assert.match(foreign.stderr, /GW1001: mappings show has no option --wait\n/);
  });

  test("a rollback where nothing is known writes nothing and says so", async () => {
    await using project = await mappingsProject();
    await rm(join(project.folder, "decomp"), { recursive: true });
    const nothing = { code: "GW2611", message: /there is no .*decomp\/mappings\.msgpack\.godwit\.db/ };
    await assert.rejects(mappingsRollback({ cwd: project.folder, env: {} }), nothing);
    await assert.rejects(migrate(project, { resume: true }), { code: "GW2611" });
    // An ending says the same in capital letters.
    const onEvent = ({ type }: { readonly type: string }) => assert.notEqual(type, "warning:raised");
    await assert.rejects(migrate(project, { resume: true, out: "OUT.JSON", onEvent }), { code: "GW2611" });
    assert.deepEqual(await readdir(project.folder), []);
  });
});
