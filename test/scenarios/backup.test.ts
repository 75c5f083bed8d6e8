import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import test from "node:test";
import {
  apply,
  backupCreate,
  backupList,
  backupRestore,
  backupVerify,
  GodwitError,
  status,
} from "../../src/index.ts";
import { databaseOf, fill, shownRows, shownSchema } from "../support/backed-up.ts";
import { engineWithBackups } from "../support/backup-forms.ts";
import { makeProject } from "../support/project.ts";
import { type TargetName, withDatabase } from "../support/servers.ts";

/* A database becomes the same again, as its engine's own programs see it, from each form of a backup. */

const migration = { "migrations/20260101000001_a.up.sql": "CREATE TABLE migrated (id int PRIMARY KEY);\n" };

for (const { name, skip, forms } of await engineWithBackups()) {
  for (const form of forms) {
    test(`${name}: a ${form} backup gives the database back`, { skip }, async () => {
      await using project = await makeProject(migration);
      await withPair(name, async (source, other) => {
        const options = { cwd: project.folder, env: { GODWIT_BACKUP_KEY: "0f".repeat(32) } };
        await fill(name, source);
        await apply({ ...options, url: source });
        // One form of each engine is encrypted as well, so that this costs no databases of its own.
        const encrypt = form === "portable";
        const made = await backupCreate({ ...options, url: source, form, encrypt });
        assert.equal((await stat(made.file)).mode & 0o777, 0o600);
        const [before] = await backupList({ ...options, url: source });
        assert.deepEqual([before?.state, before?.found, before?.verifiedAt], ["made", "intact", null]);

        const proved = await backupVerify({ ...options, url: source });
        assert.equal(proved.artifact, made.artifact);
        const [after] = await backupList({ ...options, url: source });
        assert.equal(after?.state, "verified");
        assert.notEqual(after?.verifiedAt, null);

        // What is there goes, but only when its name is typed.
        await fill(name, other);
        const named = databaseOf(other);
        const restore = (confirm?: string) =>
          backupRestore({ ...options, url: other, file: made.file, confirm });
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
