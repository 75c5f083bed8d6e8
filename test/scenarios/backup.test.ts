import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import test from "node:test";
import { engineWithBackups } from "../support/backup-forms.ts";
import { fill, shownRows, shownSchema } from "../support/backed-up.ts";
import { makeProject } from "../support/project.ts";
import { withDatabase } from "../support/servers.ts";
import {
  apply,
  backupCreate,
  backupList,
  backupRestore,
  backupVerify,
  GodwitError,
  type StampedEvent,
  status,
} from "../../src/index.ts";

/* A database becomes the same again, as its engine's own programs see it, from each form of a backup. */

const key = "0f".repeat(32);

for (const { name, skip, forms } of await engineWithBackups()) {
  for (const form of forms) {
    for (const encrypt of form === "portable" ? [false, true] : [false]) {
      test(
        `${name}: a ${form} backup${encrypt ? ", encrypted," : ""} gives the database back`,
        { skip },
        async () => {
          await using project = await makeProject({
            "migrations/20260101000001_a.up.sql": "CREATE TABLE migrated (id int PRIMARY KEY);\n",
          });
          await withDatabase(name, (source) =>
            withDatabase(name, async (other) => {
              await fill(name, source);
              const events: StampedEvent[] = [];
              const env = encrypt ? { GODWIT_BACKUP_KEY: key } : {};
              const options = {
                cwd: project.folder,
                env,
                onEvent: (event: StampedEvent) => events.push(event),
              };
              await apply({ ...options, url: source });
              const made = await backupCreate({ ...options, url: source, form, encrypt });
              assert.equal((await stat(made.file)).mode & 0o777, 0o600);
              const [before] = await backupList({ ...options, url: source });
              assert.deepEqual([before?.state, before?.found, before?.verifiedAt], ["made", "intact", null]);

              const proved = await backupVerify({ ...options, url: source });
              assert.equal(proved.artifact, made.artifact);
              const [after] = await backupList({ ...options, url: source });
              assert.equal(after?.state, "verified");
              assert.notEqual(after?.verifiedAt, null);

              const named = databaseOf(other);
              await assert.rejects(
                backupRestore({ ...options, url: other, file: made.file }),
                (error: GodwitError) => error.code === "GW8210" && error.message.includes(named),
              );
              await backupRestore({ ...options, url: other, file: made.file, confirm: named });
              assert.deepEqual(shownRows(name, other), shownRows(name, source));
              assert.equal(shownSchema(name, other), shownSchema(name, source));
              // It goes on from the migrations that it has had.
              const { migrations } = await status({ ...options, url: other });
              assert.deepEqual(
                migrations.map(({ state }) => state),
                ["applied"],
              );
              // Once more, over what is there now.
              await assert.rejects(
                backupRestore({ ...options, url: other, file: made.file, confirm: "another" }),
                (error: GodwitError) => error.code === "GW8210",
              );
              await backupRestore({ ...options, url: other, file: made.file, confirm: named });
              assert.deepEqual(shownRows(name, other), shownRows(name, source));
              assert.equal(shownSchema(name, other), shownSchema(name, source));
              assert.ok(events.some(({ type }) => type === "backup:made"));
              assert.ok(events.some(({ type }) => type === "backup:verified"));
            }),
          );
        },
      );
    }
  }
}

function databaseOf(url: string): string {
  return url.startsWith("sqlite:")
    ? (/([^/]+)\.\w+$/.exec(url)?.[1] ?? "")
    : decodeURIComponent(new URL(url).pathname.slice(1));
}
