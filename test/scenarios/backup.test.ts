import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import {
  apply,
  backupCreate,
  backupList,
  backupPrune,
  backupRestore,
  backupVerify,
  GodwitError,
  type StampedEvent,
  status,
} from "../../src/index.ts";
import { databaseOf, fill, shownRows, shownSchema } from "../support/backed-up.ts";
import { engineWithBackups } from "../support/backup-forms.ts";
import { godwit } from "../support/cli.ts";
import { clientText } from "../support/laboratory/client-rows.ts";
import { run } from "../support/laboratory/pair.ts";
import { makeProject } from "../support/project.ts";
import { target, type TargetName, withDatabase } from "../support/servers.ts";

/* A database becomes the same again, as its engine's own programs see it, from each form of a backup. */

const isMariaDbsDump = /MariaDB/.test(
  spawnSync("mysqldump", ["--version"], { encoding: "utf8" }).stdout ?? "MariaDB",
);
const migration = { "migrations/20260101000001_a.up.sql": "CREATE TABLE migrated (id int PRIMARY KEY);\n" };

for (const { name, skip, forms } of await engineWithBackups()) {
  for (const form of forms) {
    // Of MySQL's programs there may be MariaDB's alone, which are not taken for it: a test below.
    if (form === "native" && name === "mysql" && isMariaDbsDump) continue;
    test(`${name}: a ${form} backup gives the database back`, { skip }, async () => {
      await using project = await makeProject(migration);
      await withPair(name, async (source, other) => {
        const options = { cwd: project.folder, env: { GODWIT_BACKUP_KEY: "0f".repeat(32) } };
        await fill(name, source);
        await apply({ ...options, url: source });
        // One form of each engine is encrypted as well, so that this costs no databases of its own.
        const encrypt = form === "portable";
        if (form === "native" && lostByDumps[name] !== undefined) {
          await backupCreate({ ...options, url: source, form });
          await assert.rejects(backupVerify({ ...options, url: source }), { code: "GW8207" });
          const [unproved] = await backupList({ ...options, url: source });
          assert.equal(unproved?.state, "made", "the dump program has lost values, and the proof shows it");
          await backupPrune({ ...options, url: source, keep: 0 });
          await run(name, source, lostByDumps[name]);
        }
        const made = await backupCreate({ ...options, url: source, form, encrypt });
        assert.equal((await stat(made.file)).mode & 0o777, 0o600);
        const [before] = await backupList({ ...options, url: source });
        assert.deepEqual([before?.state, before?.found, before?.verifiedAt], ["made", "intact", null]);

        const warnings: string[] = [];
        const onEvent = (event: StampedEvent) => {
          if (event.type === "warning:raised") warnings.push(event.message);
        };
        const proved = await backupVerify({ ...options, url: source, onEvent });
        assert.deepEqual(warnings, [], "the scratch database is gone");
        assert.equal(proved.artifact, made.artifact);
        const [after] = await backupList({ ...options, url: source });
        assert.equal(after?.state, "verified");
        assert.notEqual(after?.verifiedAt, null);

        // What is there goes, but only when its name is typed.
        await fill(name, other);
        const named = databaseOf(other);
        const restore = (confirm?: string) =>
          backupRestore({ ...options, url: other, file: made.file, confirm, plain: !encrypt });
        await refused(restore(), "it holds ");
        await refused(restore("another"), '"another"');
        await restore(named);
        // It goes on from the migrations that the backup's database has had.
        const { migrations } = await status({ ...options, url: other });
        assert.deepEqual(
          migrations.map(({ state }) => state),
          ["applied"],
        );
        assert.deepEqual(shownRows(name, other), shownRows(name, source));
        assert.equal(shownSchema(name, other), shownSchema(name, source));
      });
    });
  }
}

test(
  "grants come back, but for those to roles that are not there",
  { skip: target("postgres").skip },
  async () => {
    await using project = await makeProject();
    await withPair("postgres", async (source, other) => {
      const role = `godwit_role_${randomBytes(6).toString("hex")}`;
      const options = { cwd: project.folder, env: {} };
      await run("postgres", source, [
        `CREATE ROLE ${role}`,
        "CREATE TABLE public.t (a int)",
        `GRANT SELECT ON public.t TO ${role}, PUBLIC`,
      ]);
      const files: string[] = [];
      try {
        for (const form of ["portable", "native"] as const)
          files.push((await backupCreate({ ...options, url: source, form })).file);
      } finally {
        await run("postgres", source, [`DROP OWNED BY ${role}`, `DROP ROLE ${role}`]);
      }
      for (const file of files) {
        const { lacks } = await backupRestore({ ...options, url: other, file, confirm: databaseOf(other) });
        assert.deepEqual(lacks, [`GRANT SELECT ON TABLE public.t TO ${role};`]);
        const granted = "SELECT relacl::text FROM pg_class WHERE oid = 'public.t'::regclass";
        assert.match(clientText("postgres", other, granted), /\{.*=r\//);
      }
    });
  },
);

test("a native backup needs programs of the server's own kind, and not older", async () => {
  await using project = await makeProject({
    "bin/pg_dump": "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n",
    "bin/mysqldump": "#!/bin/sh\necho 'mysqldump  Ver 10.19 Distrib 10.11.14-MariaDB, for Linux (x86_64)'\n",
    "bin/mariadb-dump":
      "#!/bin/sh\necho 'mariadb-dump  Ver 10.19 Distrib 10.1.48-MariaDB, for Linux (x86_64)'\n",
    "nothing/.keep": "",
  });
  for (const file of ["pg_dump", "mysqldump", "mariadb-dump"])
    await chmod(join(project.folder, "bin", file), 0o755);
  const told: Readonly<Partial<Record<TargetName, RegExp>>> = {
    postgres: /pg_dump is of version 9, and the server of version \d+.*\n.*\n.*postgresql-client-\d+/,
    mariadb: /mariadb-dump is of version 10\.1, and the server of/,
    mysql: /mysqldump is not MySQL's/,
  };
  for (const [name, words] of Object.entries(told) as [TargetName, RegExp][]) {
    if (target(name).skip !== false) continue;
    await withDatabase(name, async (url) => {
      for (const [folder, expected] of [
        ["bin", words],
        ["nothing", /there is no .* on the PATH/],
      ] as const) {
        const result = await godwit(["backup", "create", "--form", "native"], {
          cwd: project.folder,
          env: { GODWIT_URL: url, PATH: join(project.folder, folder) },
        });
        assert.equal(result.code, 1);
        assert.match(result.stderr, expected);
        assert.match(result.stderr, /GW8208/);
      }
    });
  }
});

/** What mysqldump writes in another way: six digits of a FLOAT, and ? for labels that the catalogue cannot say. */
const lostByDumps: Readonly<Partial<Record<TargetName, readonly string[]>>> = {
  mariadb: ["UPDATE types SET c_float = 0.5, c_set = 'NULL', c_enum = NULL"],
  mysql: ["UPDATE types SET c_float = 0.5, c_set = 'NULL', c_enum = NULL"],
};

async function withPair(
  name: TargetName,
  use: (source: string, other: string) => Promise<void>,
): Promise<void> {
  await withDatabase(name, (source) => withDatabase(name, (other) => use(source, other)));
}

async function refused(work: Promise<unknown>, words: string): Promise<void> {
  await assert.rejects(
    work,
    (error: GodwitError) => error.code === "GW8210" && error.message.includes(words),
  );
}
