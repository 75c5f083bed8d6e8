import assert from "node:assert/strict";
import { existsSync, renameSync } from "node:fs";
import { chmod, copyFile, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import {
  backupCreate,
  backupList,
  backupPrune,
  backupRestore,
  backupVerify,
  type ErrorCode,
  type GodwitError,
  type StampedEvent,
} from "../../src/index.ts";
import { godwit } from "../support/cli.ts";
import { clientRows } from "../support/laboratory/client-rows.ts";
import { run } from "../support/laboratory/pair.ts";
import { makeProject } from "../support/project.ts";
import { administer, target, withDatabase } from "../support/servers.ts";

/* Which backups there are, which may go, and who may read them. */

test("the newest backup that is verified outlives every order to remove", async () => {
  await inProject(async ({ options, folder }) => {
    const first = await backupCreate(options);
    const second = await backupCreate(options);
    const third = await backupCreate(options);
    await backupVerify({ ...options, backup: second.file });
    await backupVerify({ ...options, backup: first.artifact.slice(0, 8) });
    const states = (await backupList(options)).map(({ id, state }) => [id, state]);
    assert.deepEqual(states, [
      [third.artifact, "made"],
      [second.artifact, "verified"],
      [first.artifact, "verified"],
    ]);
    assert.deepEqual((await backupPrune({ ...options, keep: 9 })).removed, []);
    assert.deepEqual((await backupPrune({ ...options, olderThanMs: 3_600_000, keep: 0 })).removed, []);
    await refused(backupPrune(options), "GW1001", /--keep or --older-than/);

    const { removed, relied } = await backupPrune({ ...options, keep: 0 });
    assert.deepEqual(removed.map(({ id }) => id).toSorted(), [first.artifact, third.artifact].toSorted());
    assert.equal(relied, second.artifact);
    assert.equal((await readdir(join(folder, "backups"))).length, 1);
    assert.deepEqual(
      (await backupList(options)).map(({ id }) => id),
      [second.artifact],
    );
    const all = await backupList({ ...options, all: true });
    assert.deepEqual(
      all.map(({ state }) => state),
      ["removed", "verified", "removed"],
    );
    await refused(backupVerify({ ...options, backup: first.artifact }), "GW8205", /no backup/);
  });
});

test("only a file that is the ledger's own goes, and never the last whole one", async () => {
  await inProject(async ({ options, folder }) => {
    const output = join(folder, "nightly.godwit");
    const first = await backupCreate({ ...options, output });
    await backupVerify(options);
    await rename(output, join(folder, "moved.godwit"));
    const second = await backupCreate({ ...options, output });
    await backupVerify(options);
    // The name was given again: what lies there now is not the first one's.
    const reused = await backupPrune({ ...options, keep: 1 });
    assert.deepEqual(reused.removed, []);
    assert.deepEqual(
      reused.left.map(({ id, why }) => [id, /not the one that was written/.test(why)]),
      [[first.artifact, true]],
    );
    const third = await backupCreate(options);
    await backupVerify(options);
    await truncate(third.file, 100);
    // The damaged one is no reason to remove the whole one.
    const damaged = await backupPrune({ ...options, keep: 1 });
    assert.deepEqual([damaged.removed, damaged.relied], [[], second.artifact]);
    // A clone has the ledger of the other one, whose files are not its own.
    const clone = join(folder, "clone.db");
    await copyFile(options.url.slice("sqlite:".length), clone);
    const cloned = { ...options, url: `sqlite:${clone}` };
    const fourth = await backupCreate({ ...cloned, output: join(folder, "clone.godwit") });
    await backupVerify(cloned);
    const ofClone = await backupPrune({ ...cloned, keep: 0 });
    assert.deepEqual([ofClone.removed, ofClone.relied], [[], fourth.artifact]);
    assert.equal(ofClone.left.filter(({ why }) => why.includes("another database")).length, 3);
    assert.deepEqual(
      (await backupList(options)).map(({ state, found }) => [state, found]),
      [
        ["verified", "altered"],
        ["verified", "intact"],
        ["verified", "altered"],
      ],
    );
  });
});

test("a user's table whose name begins as the ledger's do is backed up, in both forms", async () => {
  await inProject(async ({ options, folder }) => {
    await run("sqlite", options.url, [
      "CREATE TABLE godwit_notes (a)",
      "INSERT INTO godwit_notes VALUES (7)",
    ]);
    for (const form of ["portable", "native"] as const) {
      const { file } = await backupCreate({ ...options, form });
      const url = `sqlite:${join(folder, `${form}.db`)}`;
      await backupRestore({ ...options, url, file, confirm: form });
      assert.deepEqual(clientRows("sqlite", url, "godwit_notes", ["a"], null), [["i:7"]]);
    }
  });
});

test("a backup that lacks rows says so, and is not relied on before a whole one", async () => {
  await inProject(async ({ options, folder }) => {
    const whole = await backupCreate({ ...options, form: "native" });
    assert.deepEqual((await backupVerify(options)).missing, []);
    await run("sqlite", options.url, [
      "CREATE VIRTUAL TABLE words USING fts5(body)",
      "INSERT INTO words VALUES ('found nowhere else')",
    ]);
    const cli = (...words: string[]) =>
      godwit(["backup", ...words], { cwd: folder, env: { GODWIT_URL: options.url } });
    const made = await cli("create");
    assert.match(
      made.stdout,
      /\nnot whole, so it counts for no gate: it lacks rows of the virtual table words/,
    );
    assert.match(made.stdout, /\nnot in the backup: rowids that no column shows/);
    const proved = await cli("verify");
    assert.match(
      proved.stdout,
      /^verified .*\nnot whole, so it counts for no gate: it lacks rows of the virtual/,
    );
    assert.match((await cli("list")).stdout, / verified, not whole .*\n.* verified +native /);
    assert.equal((await backupPrune({ ...options, keep: 9 })).relied, whole.artifact);
    const native = await backupCreate({ ...options, form: "native" });
    assert.deepEqual(native.missing, [], "the file itself holds them");
  });
});

for (const { name, skip, statement, lacks } of [
  { ...target("postgres"), statement: "SELECT lo_from_bytea(0, 'x')", lacks: /^large objects, 1 of them/ },
  {
    ...target("mariadb"),
    statement: "CREATE TABLE plain (a int) ENGINE MyISAM",
    lacks: /^one state of all rows: tables without transactions/,
  },
]) {
  test(`${name}: what a backup cannot hold is told when it is proved`, { skip }, async () => {
    await using project = await makeProject();
    await withDatabase(name, async (url) => {
      const options = { cwd: project.folder, env: {}, url };
      await run(name, url, [statement]);
      const made = await backupCreate(options);
      const proved = await backupVerify(options);
      assert.deepEqual(proved.missing, made.missing);
      assert.match(proved.missing.join(), lacks);
      const other = { ...options, url: `sqlite:${join(project.folder, "other.db")}`, confirm: "other" };
      await refused(backupRestore({ ...other, file: made.file }), "GW8208", /, and the target is SQLite/);
    });
  });
}

test(
  "mariadb: a row that the target's server would not take is named before anything is changed",
  { skip: target("mariadb").skip },
  async () => {
    await using project = await makeProject();
    await withDatabase("mariadb", (url) =>
      withDatabase("mariadb", async (to) => {
        // More than half of max_allowed_packet, and two digits a byte.
        await run("mariadb", url, [
          "CREATE TABLE t (id int PRIMARY KEY, short varchar(9) CHARACTER SET gbk, v longtext CHARACTER SET gbk)",
          "INSERT INTO t VALUES (1, 'a', 'b'), (7, 'a', REPEAT('x', @@max_allowed_packet / 2 + 1000)), (8, '', '')",
        ]);
        await run("mariadb", to, ["CREATE TABLE precious (a int)", "INSERT INTO precious VALUES (1)"]);
        const told: string[] = [];
        const onEvent = (event: StampedEvent) => {
          if (event.type === "warning:raised") told.push(event.message);
        };
        const options = { cwd: project.folder, env: {}, url };
        const { file } = await backupCreate({ ...options, onEvent });
        assert.match(
          told.join(),
          /takes rows of \d+ bytes of text, for t; this one takes \d+ \(its max_allowed/,
        );
        const row = /^t, row 7, column v: the row has \d+ bytes of text/;
        await refused(backupVerify(options), "GW8208", row);
        const confirm = new URL(to).pathname.slice(1);
        await refused(backupRestore({ ...options, url: to, file, confirm }), "GW8208", row);
        const tables = await administer("mariadb", (sql) => sql("SHOW TABLES"), to);
        assert.deepEqual(tables.flatMap(Object.values), ["precious"]);
        // One of the length that the server still takes comes back.
        await run("mariadb", url, ["UPDATE t SET v = LEFT(v, @@max_allowed_packet / 2 - 600) WHERE id = 7"]);
        await backupCreate(options);
        assert.equal((await backupVerify(options)).rows, 3);
      }),
    );
  },
);

test("a scratch database that is not empty is left alone", async () => {
  await inProject(async ({ options }) => {
    await backupCreate(options);
    await withDatabase("sqlite", async (scratch) => {
      await run("sqlite", scratch, ["CREATE TABLE precious (a)", "INSERT INTO precious VALUES (1)"]);
      await refused(backupVerify({ ...options, scratch }), "GW8210", /it holds precious/);
      assert.deepEqual(clientRows("sqlite", scratch, "precious", ["a"], null), [["i:1"]]);
      await run("sqlite", scratch, ["DROP TABLE precious"]);
      await backupVerify({ ...options, scratch });
      assert.equal(clientRows("sqlite", scratch, "t", ["a"], null).length, 2);
    });
  });
});

test("a restore over a virtual table that SQLite cannot drop is refused before anything is changed", async () => {
  await inProject(async ({ options }) => {
    const { file } = await backupCreate(options);
    const native = await backupCreate({ ...options, form: "native" });
    await withDatabase("sqlite", async (url) => {
      const path = url.slice("sqlite:".length);
      await run("sqlite", url, [
        "CREATE TABLE precious (a)",
        "INSERT INTO precious VALUES (1)",
        "CREATE VIRTUAL TABLE docs USING fts5(body)",
        "CREATE VIRTUAL TABLE texts USING fts5(body)",
        "CREATE VIEW all_docs AS SELECT * FROM docs",
      ]);
      // As an application with a module and a tokenizer of its own leaves it.
      const foreign = (statements: string) => {
        using database = new DatabaseSync(path, { defensive: false });
        database.exec(`PRAGMA writable_schema = ON; ${statements}`);
      };
      foreign(`
        UPDATE sqlite_schema SET sql = replace(sql, '(body)', '(body, tokenize=own)') WHERE name = 'texts';
        INSERT INTO sqlite_schema VALUES ('table', 'places', 'places', 0, 'CREATE VIRTUAL TABLE places USING geo(x)')`);
      const before = await readFile(path);
      const confirm = basename(path, ".db");
      for (const from of [file, native.file]) {
        const restored = backupRestore({ ...options, url, file: from, confirm });
        await refused(restored, "GW8210", /: the virtual table places \(no such module: geo\)$/);
        assert.deepEqual(await readFile(path), before);
      }
      // It says first what has to be typed.
      await refused(backupRestore({ ...options, url, file }), "GW8210", /^the target is .*; it holds /);
      // Without its tokenizer it can be dropped.
      foreign("DELETE FROM sqlite_schema WHERE name = 'places'");
      await backupRestore({ ...options, url, file, confirm });
      assert.equal(clientRows("sqlite", url, "t", ["a"], null).length, 2);
    });
  });
});

test("a restore into what is not empty, or has another name, needs that name typed", async () => {
  await inProject(async ({ options, folder }) => {
    const { file } = await backupCreate(options);
    await withDatabase("sqlite", async (url) => {
      await run("sqlite", url, ["CREATE TABLE precious (a)", "INSERT INTO precious VALUES (1)"]);
      const there = () => clientRows("sqlite", url, "precious", ["a"], null);
      await refused(backupRestore({ ...options, url, file }), "GW8210", /it holds precious/);
      const wrong = backupRestore({ ...options, url, file, confirm: "wrong" });
      await refused(wrong, "GW8210", /--confirm names "wrong", and the target is "test"/);
      assert.deepEqual(there(), [["i:1"]]);
      assert.equal((await backupRestore({ ...options, url, file, confirm: "test" })).state, "done");
    });
    const other = { ...options, url: `sqlite:${join(folder, "other.db")}`, file };
    await refused(backupRestore(other), "GW8210", /the target is "other"; the backup is of "test"/);
    assert.equal((await backupRestore({ ...other, confirm: "other" })).state, "done");
  });
});

test("a file that is not the ledger's proves nothing, nor does one that is gone", async () => {
  await inProject(async ({ options }) => {
    const first = await backupCreate(options);
    const second = await backupCreate(options);
    await rm(first.file);
    await refused(backupVerify({ ...options, backup: first.artifact }), "GW8202", /could not be opened/);
    const listed = await backupList(options);
    assert.equal(listed.find(({ id }) => id === first.artifact)?.found, "missing");
    // Whole in itself, and another one.
    const other = await backupCreate({ ...options, output: first.file });
    await rm(second.file);
    await run("sqlite", options.url, [
      `UPDATE godwit_artifact SET name = '${other.file}' WHERE id = '${second.artifact}'`,
    ]);
    await refused(
      backupVerify({ ...options, backup: second.artifact }),
      "GW8203",
      /not the file that the ledger has/,
    );
    assert.equal((await backupList(options)).find(({ id }) => id === second.artifact)?.state, "made");
  });
});

test("a file that is exchanged while it is proved does not count", async () => {
  await inProject(async ({ options }) => {
    const ours = await backupCreate(options);
    await run("sqlite", options.url, ["DELETE FROM t"]);
    const other = await backupCreate(options);
    const onEvent = ({ type }: StampedEvent) => {
      if (type === "run:started" && existsSync(other.file)) renameSync(other.file, ours.file);
    };
    await refused(
      backupVerify({ ...options, backup: ours.artifact, onEvent }),
      "GW8203",
      /exchanged while it was restored/,
    );
    assert.equal(existsSync(other.file), false);
    assert.ok((await backupList(options)).every(({ state }) => state === "made"));
  });
});

test("a key comes from a file that its owner alone may read, or from the environment", async () => {
  await inProject(async ({ options, folder }) => {
    await refused(backupCreate({ ...options, encrypt: true }), "GW8204", /needs a key/);
    const keyFile = join(folder, "key");
    await writeFile(keyFile, `${"a1".repeat(32)}\n`, { mode: 0o600 });
    const { file } = await backupCreate({ ...options, encrypt: true, keyFile });
    await refused(backupVerify(options), "GW8204", /no key/);
    const env = { GODWIT_BACKUP_KEY: "b2".repeat(32) };
    await refused(backupVerify({ ...options, env, keyFile }), "GW8204", /another key/);
    await chmod(keyFile, 0o640);
    await refused(backupVerify({ ...options, keyFile }), "GW8204", /by others/);
    await chmod(keyFile, 0o600);
    await writeFile(keyFile, "a1a1");
    await refused(backupVerify({ ...options, keyFile }), "GW8204", /holds no key/);
    await writeFile(keyFile, Buffer.from("a1".repeat(32), "hex").toString("base64"));
    assert.equal((await backupVerify({ ...options, keyFile })).file, file);
  });
});

test("a plain file is not taken for an encrypted one, nor another for the one that the ledger names", async () => {
  await inProject(async ({ options, folder }) => {
    const env = { GODWIT_BACKUP_KEY: "a1".repeat(32) };
    const sealed = await backupCreate({ ...options, env, encrypt: true });
    await withDatabase("sqlite", async (url) => {
      const forged = await backupCreate({ ...options, url });
      await rename(forged.file, sealed.file);
      const into = { ...options, env, file: sealed.file };
      const other = { ...into, url: `sqlite:${join(folder, "other.db")}`, confirm: "other" };
      await refused(backupRestore(other), "GW8204", /is not encrypted, and there is a key/);
      const confirm = basename(options.url, ".db");
      await refused(
        backupRestore({ ...into, confirm }),
        "GW8203",
        /that the target's ledger has under this name/,
      );
      assert.equal(clientRows("sqlite", options.url, "t", ["a"], null).length, 2);
      assert.equal((await backupRestore({ ...other, plain: true })).state, "done");
      // Without a key nobody expects a seal; and what the ledger has by its sum is the one that is meant.
      const own = await backupCreate(options);
      await backupRestore({ ...into, file: own.file, confirm });
      await backupRestore({ ...other, env: {} });
    });
  });
});

test("a restore asks which database it is, and a proof beside it does not", async () => {
  await inProject(async ({ options, folder }) => {
    const { file } = await backupCreate(options);
    const configure = (expected: string) =>
      writeFile(
        join(folder, "godwit.config.json"),
        JSON.stringify({ environment: "production", expect: { database: expected } }),
      );
    await configure("shop");
    const confirm = basename(options.url, ".db");
    await refused(backupRestore({ ...options, file, confirm }), "GW8106", /the database should be shop/);
    assert.equal(clientRows("sqlite", options.url, "t", ["a"], null).length, 2);
    assert.equal((await backupVerify(options)).rows, 2);
    await configure(options.url.slice("sqlite:".length));
    assert.equal((await backupRestore({ ...options, file, confirm })).state, "done");
  });
});

test("the command line makes, shows and removes backups, and asks before it removes", async () => {
  await inProject(async ({ options, folder }) => {
    const cli = (...words: string[]) =>
      godwit(["backup", ...words], { cwd: folder, env: { GODWIT_URL: options.url } });
    const made = await cli("create", "--verify");
    assert.equal(made.code, 0, made.stderr);
    assert.match(
      made.stdout,
      /^backed up into backups\/test-\d{8}T\d{6}Z-[0-9a-f]{8}\.godwit in .*\nverified /,
    );
    assert.equal((await cli("create")).code, 0);
    assert.match((await cli("list")).stdout, / not verified +portable .*\n.* verified +portable /);
    const asked = await cli("prune", "--keep", "0");
    assert.equal(asked.code, 64);
    assert.match(asked.stderr, /needs --yes/);
    assert.match(
      (await cli("prune", "--keep", "0", "--yes")).stdout,
      /removed 1 backup\n[^]*kept [0-9a-f]{8}/,
    );
    const wrong = await cli("list", "--encrypt");
    assert.equal(wrong.code, 64);
    assert.match(wrong.stderr, /backup list has no option --encrypt/);
    assert.match((await cli("mend")).stderr, /knows no "mend"/);
    const { code, stdout } = await cli("list", "--json");
    assert.equal(code, 0);
    const { backups } = JSON.parse(stdout) as { backups: { state: string; found: string }[] };
    assert.deepEqual(
      backups.map(({ state, found }) => [state, found]),
      [["verified", "intact"]],
    );
  });
});

interface Place {
  readonly folder: string;
  readonly options: { readonly cwd: string; readonly env: Record<string, string>; readonly url: string };
}

async function inProject(use: (place: Place) => Promise<void>): Promise<void> {
  await using project = await makeProject();
  await withDatabase("sqlite", async (url) => {
    await run("sqlite", url, ["CREATE TABLE t (a)", "INSERT INTO t VALUES (1), ('x')"]);
    await use({ folder: project.folder, options: { cwd: project.folder, env: {}, url } });
  });
}

async function refused(work: Promise<unknown>, code: ErrorCode, words: RegExp): Promise<void> {
  await assert.rejects(work, (error: GodwitError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  });
}
