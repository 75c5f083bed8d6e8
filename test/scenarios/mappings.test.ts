import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmod, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import {
  mappingsDiff,
  mappingsMigrate,
  type MappingsMigrateOptions,
  mappingsRollback,
} from "../../src/index.ts";
import { mountSmallDisk, smallDiskSkip } from "../faults/small-disk.ts";
import { godwit, root } from "../support/cli.ts";
import {
  keyedJson,
  lastDocument,
  type MappingsProject,
  mappingsProject,
  messagePack,
  samples,
  unpacked,
} from "../support/mappings.ts";

const out = "decomp/mappings.msgpack";

/** By the library, which starts no process: what the command line adds is seen in the other tests. */
const migrate = (project: MappingsProject, options: MappingsMigrateOptions = {}) =>
  mappingsMigrate({ cwd: project.folder, env: {}, ...options });
const rollback = (project: MappingsProject, file = out) =>
  mappingsRollback({ cwd: project.folder, env: {}, file });

suite("a migration of mappings", { concurrency: 2 }, () => {
  test("merges the default files, compares the formats, and is rolled back to nothing", async () => {
    const [one, two] = [samples(30), samples(10, 30)];
    await using project = await mappingsProject({
      "decomp/mappings.json": keyedJson(one),
      "decomp/learned-mappings.json": keyedJson(two),
    });
    const plan = await project.run("migrate", "--dry-run");
    assert.equal(plan.code, 0, plan.stderr);
    assert.match(plan.stdout, /decomp\/learned-mappings\.json +json 1\.0/);
    assert.deepEqual(await readdir(join(project.folder, "decomp")), [
      ".keep",
      "learned-mappings.json",
      "mappings.json",
    ]);
    const done = await project.run("migrate");
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /^migrated 40 mappings into decomp\/mappings\.msgpack/);
    assert.match(done.stdout, /JSON .*\n.*MessagePack .*\n.*reduction +\d+\.\d %\n.*load speed +\d/);
    assert.match(done.stdout, /godwit mappings rollback decomp\/mappings\.msgpack/);
    assert.deepEqual(unpacked(await project.bytes(out)), [...one, ...two]);
    // Names of symbols are nobody else's business.
    for (const file of [`${out}.godwit.db`, `${out}.godwit.db-godwit-lock`])
      assert.equal((await stat(join(project.folder, file))).mode & 0o777, 0o600, file);

    const journal = { cwd: project.folder, env: { GODWIT_URL: `sqlite:${out}.godwit.db` } };
    const runs = await godwit(["runs", "--json"], journal);
    assert.match(runs.stdout, /"kind":"mappings","state":"done"/);
    const audit = await godwit(["audit", "verify"], journal);
    assert.equal(audit.code, 0, audit.stdout);
    const report = await godwit(["report"], journal);
    assert.match(report.stdout, /\| mappings\.msgpack \| 40 \| 0 \| read-back \|/);

    const back = await project.run("rollback");
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual(await project.names(), ["learned-mappings.json", "mappings.json"]);
    assert.equal((await project.run("rollback", "--json")).code, 1, "there is nothing more to undo");
    assert.equal((await godwit(["audit", "verify"], journal)).code, 0);
  });

  test("replaces a file only when told to, backs it up first, and puts its bytes back", async () => {
    const old = messagePack(samples(5));
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(20)) });
    await project.put(out, old);
    await chmod(join(project.folder, out), 0o640);
    const refused = await project.run("migrate");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /GW2605: decomp\/mappings\.msgpack is there already/);
    assert.deepEqual(await project.names(), ["mappings.json", "mappings.msgpack"]);
    assert.deepEqual(await project.bytes(out), Buffer.from(old));

    assert.equal((await project.run("migrate", "--force")).code, 0);
    assert.equal(unpacked(await project.bytes(out)).length, 20);
    assert.equal((await stat(join(project.folder, out))).mode & 0o777, 0o640, "the rights stay");
    const [backup = "", sums = ""] = (await project.names()).filter((name) => name.includes(".backup."));
    assert.match(backup, /^mappings\.msgpack\.backup\.\d{8}-\d{6}$/);
    execFileSync("sha256sum", ["-c", "--status", sums], { cwd: join(project.folder, "decomp") });

    // Somebody's later work is not thrown away, and a damaged backup is not put in its place.
    const migrated = await project.bytes(out);
    const edited = Buffer.concat([migrated]);
    edited[edited.length - 1]! ^= 1;
    await project.put(out, edited);
    const changed = await project.run("rollback");
    assert.match(changed.stderr, /GW2609: decomp\/mappings\.msgpack has another content/);
    assert.deepEqual(await project.bytes(out), edited);
    await project.put(`decomp/${backup}`, "damaged");
    const damaged = await project.run("rollback", out, "--force");
    assert.match(damaged.stderr, /GW2610: .*its backup decomp\/mappings\.msgpack\.backup\.\S+ has 7 bytes/);
    assert.deepEqual(await project.bytes(out), edited);
    await project.put(`decomp/${backup}`, old);
    const back = await project.run("rollback", out, "--force");
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual(await project.bytes(out), Buffer.from(old));
    const [, kept = ""] = /what was there is kept as (\S+)/.exec(back.stdout) ?? [];
    assert.deepEqual(await project.bytes(kept), edited, "the work is out of the way, and not lost");
    assert.equal((await stat(join(project.folder, out))).mode & 0o777, 0o640);
  });

  test("without a backup there is no way back", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(3)) });
    await project.put(out, messagePack(samples(2)));
    await migrate(project, { force: true, backup: false });
    assert.deepEqual(await project.names(), ["mappings.json", "mappings.msgpack"]);
    assert.match((await project.run("rollback")).stderr, /GW2610: .*no backup was made of it/);
    assert.equal(unpacked(await project.bytes(out)).length, 3);
  });

  test("goes to JSON and back with the same content, and diff says so", async () => {
    const all = samples(50);
    await using project = await mappingsProject();
    await project.put(out, messagePack(all));
    await migrate(project, { inputs: [out], out: "decomp/export.json" });
    await migrate(project, { inputs: ["decomp/export.json"], out: "decomp/again.msgpack" });
    assert.deepEqual(unpacked(await project.bytes("decomp/again.msgpack")), all);
    const same = await project.run("diff", "decomp/export.json", out);
    assert.equal(same.code, 0, same.stdout);
    await project.put("decomp/other.msgpack", messagePack([...all.slice(1), ...samples(1, 60)]));
    const other = await project.run("diff", out, "decomp/other.msgpack", "--json");
    assert.equal(other.code, 5);
    const { added, removed, changed, equal } = lastDocument(other);
    assert.deepEqual({ added, removed, changed, equal }, { added: 1, removed: 1, changed: 0, equal: 49 });
  });

  test("upgrades and downgrades, and what 1.0 cannot hold comes back", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(8)) });
    await migrate(project, { schemaVersion: "1.1" });
    const [old, renewed] = ["decomp/old.msgpack", "decomp/new.msgpack"];
    await migrate(project, { inputs: [out], schemaVersion: "1.0", out: old });
    assert.deepEqual(unpacked(await project.bytes(old)), samples(8));
    assert.ok((await project.names()).includes("old.msgpack.aside.jsonl"));
    await migrate(project, { inputs: [old], schemaVersion: "1.1", out: renewed });
    const shown = await project.run("show", renewed, "--json");
    assert.match(shown.stdout, /"originFile":"mappings\.json"/);
    const { added, removed, changed, equal } = await mappingsDiff({
      cwd: project.folder,
      before: out,
      after: renewed,
    });
    assert.deepEqual({ added, removed, changed, equal }, { added: 0, removed: 0, changed: 0, equal: 8 });
    await rollback(project, old);
    assert.deepEqual(await project.names(), ["mappings.json", "mappings.msgpack", "new.msgpack"]);
    const newer = await project.run("migrate", out, "--schema-version", "9.0", "--out", "decomp/x.msgpack");
    assert.match(newer.stderr, /GW2603/);
  });

  test("contradictions are listed, and refused where that was asked for", async () => {
    const [first] = samples(1);
    await using project = await mappingsProject({
      "decomp/mappings.json": keyedJson([first!]),
      "decomp/learned-mappings.json": keyedJson([{ ...first!, mapped: "Enemy", confidence: 0.9 }]),
    });
    const strict = await project.run("migrate", "--strict");
    assert.equal(strict.code, 1);
    assert.match(strict.stderr, /GW2608: 1 symbol is mapped in different ways: a\.b0 \(global\)/);
    assert.deepEqual(await readdir(join(project.folder, "decomp")), [
      ".keep",
      "learned-mappings.json",
      "mappings.json",
    ]);
    const done = await project.run("migrate");
    assert.match(
      done.stderr,
      /^contradiction: a\.b0 \(global\): mapped "Player\.Method0" in .*mappings\.json/m,
    );
    assert.match(done.stdout, /1 contradiction between the files/);
    assert.match(
      done.stdout,
      /2 mappings of several files: 1 stood there before; usage counts 0 as read, 1 as/,
    );
    const [merged] = unpacked(await project.bytes(out));
    assert.deepEqual([merged?.mapped, merged?.confidence, merged?.used], ["Enemy", 0.9, 1]);
  });

  test("faults are listed and mended only where that was asked for", async () => {
    const [one, two, three] = samples(3);
    const faulty = [one!, { ...two!, confidence: 7 }, three!, { ...three!, mapped: "Enemy", used: 9 }];
    await using project = await mappingsProject();
    await project.put("decomp/in.msgpack", messagePack(faulty));
    const checked = await project.run("validate", "decomp/in.msgpack", "--strict");
    assert.equal(checked.code, 1);
    assert.match(checked.stdout, /confidence: mapping 2, a\.b1/);
    const lost = /give up mapped "Player\.Method2" for "Enemy", usageCount 9 for 3/;
    assert.match(checked.stdout, lost);
    const joined = await project.run(
      "migrate",
      "decomp/in.msgpack",
      "--out",
      "decomp/once.msgpack",
      "--clean",
      "duplicate",
    );
    assert.match(joined.stderr, lost);
    assert.equal(unpacked(await project.bytes("decomp/once.msgpack"))[2]?.mapped, "Enemy");
    assert.equal((await project.run("validate", "decomp/in.msgpack")).code, 0);
    await migrate(project, { inputs: ["decomp/in.msgpack"], out: "decomp/as-is.msgpack" });
    assert.equal(unpacked(await project.bytes("decomp/as-is.msgpack"))[1]?.confidence, 7);
    const done = await project.run("migrate", "decomp/in.msgpack", "--out", out, "--clean", "confidence");
    assert.match(done.stderr, /^confidence: a\.b1 /m);
    assert.match(done.stdout, /mended 1 fault/);
    assert.equal(unpacked(await project.bytes(out))[1]?.confidence, 1);
  });

  test("a damaged input changes nothing, and is told by its place", async () => {
    await using project = await mappingsProject({
      "decomp/mappings.json": keyedJson(samples(4)).replace('"Type":1', '"Type":x'),
    });
    const refused = await project.run("migrate", "--json");
    assert.equal(refused.code, 1);
    const { code, details } = lastDocument(refused) as { code: string; details: { offset: number } };
    assert.equal(code, "GW2601");
    assert.ok(details.offset > 0);
    assert.deepEqual(await readdir(join(project.folder, "decomp")), [".keep", "mappings.json"]);
    assert.match((await project.run("validate", "decomp/mappings.json")).stderr, /GW2601/);
  });

  test("what flat JSON has no place for is refused before anything is written, and its names are kept free", async () => {
    const flat = { tool: "t", "a.b": { mapped: "B" }, "x.y": { original: "tool", mapped: "Tool" } };
    await using project = await mappingsProject({
      "flat.json": JSON.stringify(flat),
      "in.json": keyedJson(samples(2)),
    });
    await assert.rejects(migrate(project, { inputs: ["in.json"], out: "x.json", shape: "flat" }), {
      code: "GW2604",
      message: "Flat JSON has no place for patterns.",
      outcome: "unchanged",
    });
    assert.deepEqual(
      (await readdir(project.folder)).filter((name) => name.startsWith("x.json")),
      [],
    );
    // Nothing but the name of the symbol would be the key that a writer tries first.
    const keyless = JSON.stringify(flat).replace('"x.y"', '"global:tool"');
    await project.put("keyless.json", keyless);
    await migrate(project, { inputs: ["keyless.json"], out: "x.json" });
    const found = JSON.parse((await project.bytes("x.json")).toString()) as Record<string, unknown>;
    assert.deepEqual([found["tool"], Object.keys(found).includes("global:tool")], ["t", true]);
    await migrate(project, { inputs: ["flat.json"], out: "y.json" });
    assert.deepEqual(await mappingsDiff({ cwd: project.folder, before: "flat.json", after: "y.json" }), {
      before: join(project.folder, "flat.json"),
      after: join(project.folder, "y.json"),
      differences: [],
      added: 0,
      removed: 0,
      changed: 0,
      equal: 2,
      beside: { differences: [], count: 0 },
      isEqual: true,
    });
  });

  test("what stands beside the mappings is compared as well", async () => {
    const database = {
      Version: "1.0",
      Mappings: { "global:a": { Original: "a", Mapped: "x", LastUpdated: "2026-01-01T00:00:00Z" } },
      Patterns: [{ Pattern: "get*", Description: "getters", TargetType: 0, Confidence: 0.5 }],
      Statistics: { CreatedAt: "2026-01-01T00:00:00Z", LastModified: "2026-01-02T00:00:00Z" },
      Team: "red",
    };
    await using project = await mappingsProject({ "a.json": JSON.stringify(database) });
    await migrate(project, { inputs: ["a.json"], out: "a.msgpack" });
    const equal = await project.run("diff", "a.json", "a.msgpack");
    assert.deepEqual([equal.code, equal.stdout], [0, "equal: a.json and a.msgpack, 1 mapping\n"]);
    database.Patterns[0]!.Description = "reads";
    await project.put("b.json", JSON.stringify({ ...database, Team: undefined, Squad: 1 }));
    const compared = (...more: string[]) => project.run("diff", "a.msgpack", "b.json", ...more);
    const different = await compared();
    assert.equal(different.code, 5);
    assert.equal(
      different.stdout,
      [
        "different: a.msgpack and b.json: 0 added, 0 removed, 0 changed, 1 equal",
        "beside the mappings 3 differences",
        "  ~ pattern get*: description getters → reads",
        "  + other member Squad",
        "  - other member Team",
        "",
      ].join("\n"),
    );
    const document = JSON.parse((await compared("--json")).stdout);
    assert.deepEqual([document.isEqual, document.beside.count], [false, 3]);
  });

  test("a linked output keeps its link, and all its names have one journal", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(2)) });
    await mkdir(join(project.folder, "store"));
    await project.put("store/real.msgpack", messagePack(samples(1)));
    await symlink("../store/real.msgpack", join(project.folder, out));
    await assert.rejects(migrate(project), { code: "GW2605" });
    await migrate(project, { force: true });
    assert.equal(unpacked(await project.bytes("store/real.msgpack")).length, 2);
    await rollback(project);
    assert.deepEqual(await project.bytes(out), Buffer.from(messagePack(samples(1))));
    assert.deepEqual(await project.names(), ["mappings.json", "mappings.msgpack"]);
  });

  test("an output may be an input: it is read whole before it is replaced", async () => {
    const bytes = messagePack(samples(9));
    await using project = await mappingsProject();
    await project.put(out, bytes);
    // Another name of the same file keeps the old one.
    await link(join(project.folder, out), join(project.folder, "decomp/other-name"));
    await assert.rejects(migrate(project, { inputs: [out] }), { code: "GW2605" });
    await migrate(project, { inputs: [out], force: true, schemaVersion: "1.1" });
    assert.notDeepEqual(await project.bytes(out), Buffer.from(bytes));
    assert.deepEqual(await project.bytes("decomp/other-name"), Buffer.from(bytes));
    await rollback(project);
    assert.deepEqual(await project.bytes(out), Buffer.from(bytes));
    assert.equal((await project.run("migrate", out, out, "--out", "decomp/x.json")).code, 64, "given twice");
  });

  test("each file by itself, and one that is damaged keeps nobody else back", async () => {
    await using project = await mappingsProject({
      "decomp/a.json": keyedJson(samples(3)),
      "decomp/b.json": "{",
      "decomp/c.json": keyedJson(samples(4)),
    });
    const merged = await project.run("migrate", "decomp/a.json", "decomp/c.json");
    assert.equal(merged.code, 64, "nothing says into which file");
    const files = ["a", "b", "c"].map((name) => `decomp/${name}.json`);
    const done = await project.run("migrate", ...files, "--each", "--jobs", "3");
    assert.equal(done.code, 1);
    assert.match(done.stderr, /GW2601: decomp\/b\.json/);
    assert.equal(unpacked(await project.bytes("decomp/a.msgpack")).length, 3);
    assert.equal(unpacked(await project.bytes("decomp/c.msgpack")).length, 4);
    const { names } = { names: await project.names() };
    assert.ok(!names.some((name) => name.startsWith("b.msgpack") || name.endsWith(".partial")));
  });

  test("a folder that cannot be written to, or does not exist, changes nothing", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(2)) });
    const missing = await project.run("migrate", "--out", "nowhere/x.msgpack");
    assert.match(missing.stderr, /GW2613: .*nowhere/);
    const folder = await project.run("migrate", "decomp/mappings.json", "--out", "/proc/x.msgpack");
    assert.match(folder.stderr, /GW2613: \/proc\/x\.msgpack/);
    assert.deepEqual(await project.names(), ["mappings.json"]);
  });

  test(
    "a disk that is full leaves the old file, and the same command goes on",
    { skip: smallDiskSkip() },
    async () => {
      await using disk = await mountSmallDisk(2);
      await using project = await mappingsProject({ "in.json": keyedJson(samples(30_000)) });
      const place = join(disk.folder, "x.msgpack");
      const old = messagePack(samples(5000));
      await writeFile(place, old);
      const command = ["migrate", "in.json", "--out", place, "--force"];
      const refused = await project.run(...command);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /GW2613: .*ENOSPC/);
      assert.ok(!(await readdir(disk.folder)).some((name) => name.endsWith(".partial")));
      assert.deepEqual(await readFile(place), Buffer.from(old));
      await disk.resize(16);
      const done = await project.run(...command);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /^continuing run /m);
    },
  );

  test("shows mappings in every form", async () => {
    await using project = await mappingsProject();
    await project.put(out, messagePack(samples(40)));
    const table = await project.run("show", "--type", "class", "--limit", "2");
    assert.match(table.stdout, /^ORIGINAL +MAPPED +TYPE .*\na\.b1 .*Class .*\na\.b7 .*\n\n2 mappings\n$/s);
    const tree = await project.run("show", "--format", "tree", "--context", "global", "--type", "0");
    assert.match(tree.stdout, /^global\n└── Function \(7\)\n {4}├── a\.b0 → Player\.Method0 \(0\.00\)\n/);
    const json = await project.run("show", "--format", "json", "--search", "method3[01]$");
    const lines = json.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { original: string });
    assert.deepEqual(
      lines.map(({ original }) => original),
      ["a.b30", "a.b31"],
    );
    const markdown = await project.run("show", "--format", "markdown", "--min-confidence", "0.9");
    assert.equal(markdown.stdout.trimEnd().split("\n").length, 4 + 4);
    const stats = await project.run("show", "--format", "stats");
    assert.match(stats.stdout, /mappings +40\n/);
    assert.match(stats.stdout, /By type\n +Class +7\n/);
    assert.equal((await project.run("show", "--min-confidence", "2")).code, 64);
    assert.equal((await project.run("show", "--search", "(")).code, 64);
    await project.put("decomp/long.json", `{"Mappings":[{"Original":"${"a".repeat(40)}!"}]}`);
    const endless = await project.run("show", "decomp/long.json", "--search", "^(a+)+$");
    assert.match(endless.stderr, /GW1001: --search "\^\(a\+\)\+\$" took more than 3 seconds for 1 mappings/);
    assert.match((await project.run("show", "decomp/none")).stderr, /GW(1006|2613)/);
  });

  test("the second program takes the original tool's spelling", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(4)) });
    const hoho = (...args: string[]) =>
      spawnSync(process.execPath, [join(root, "bin/hoho"), ...args], {
        cwd: project.folder,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: project.folder, NO_COLOR: "1" },
      });
    const words = ["decomp", "migrate-mappings", "--json-path", "decomp/mappings.json", "--output", out];
    const done = hoho(...words, "--backup", "true", "--force", "false");
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /hoho decomp rollback decomp\/mappings\.msgpack/);
    // It backs up what it reads, as it always did.
    assert.match((await project.names()).join(" "), /mappings\.json\.backup\.\d{8}-\d{6} /);
    assert.match(hoho(...words).stderr, /GW2605/);
    assert.equal(hoho(...words, "--backup", "false", "--force").status, 0);
    const shown = hoho("decomp", "show-mappings", "--format", "json", "--db", out, "--limit", "1");
    assert.match(shown.stdout, /^\{"original":"a\.b0",.*\}\n$/);
    const wrong = hoho("decomp", "migrate-mappings", "--json", "--force", "perhaps");
    assert.deepEqual([wrong.status, lastDocument({ stdout: wrong.stdout })["code"]], [64, "GW1001"]);
    assert.match(hoho("decomp", "migrat").stderr, /hoho decomp --help/);
    assert.match(hoho("recomp").stderr, /hoho has no command "recomp"/);
  });

  test("the library does the same", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(6)) });
    const events: string[] = [];
    const { files, failed } = await mappingsMigrate({
      cwd: project.folder,
      env: {},
      onEvent: (event) => events.push(event.type),
    });
    assert.equal(failed.length, 0);
    assert.equal(files[0]?.facts.mappings, 6);
    assert.ok(events.includes("table:compared"));
    await rm(join(project.folder, out));
    await assert.rejects(mappingsMigrate({ cwd: project.folder, env: {}, to: "yaml" as "json" }), {
      code: "GW1001",
    });
  });
});
