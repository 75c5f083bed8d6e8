import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { targets } from "../support/servers.ts";
import { applied, type Scene, scene, tables } from "./scene.ts";

const header = "-- Written by Godwit after each run. Do not edit: the next run overwrites it.\n";

for (const { name, skip } of targets) {
  test(
    `${name}: the schema file begins with Godwit's line, and is written again by the next run`,
    { skip },
    () =>
      scene(name, tables(1), async (own) => {
        const path = join(own.folder, "schema.sql");
        await applied(withFile(own, "schema.sql"));
        const first = await readFile(path, "utf8");
        assert.ok(first.startsWith(header), first);
        assert.match(first, /CREATE TABLE\s\S*t1/);
        await own.write(tables(2));
        await applied(withFile(own, "schema.sql"));
        assert.match(await readFile(path, "utf8"), /CREATE TABLE\s\S*t2/);
        assert.deepEqual(warnings(own), []);
      }),
  );
}

test("a file that Godwit did not write is left as it is, and the run succeeds with a warning", () =>
  scene("sqlite", tables(1), async (own) => {
    const outside = join(own.folder, "outside.sql");
    await writeFile(outside, "-- precious\n");
    await mkdir(join(own.folder, "project"));
    await symlink(outside, join(own.folder, "link.sql"));
    await symlink(own.folder, join(own.folder, "folder"));
    let version = 1;
    for (const file of ["outside.sql", "project/../outside.sql", "link.sql", "folder/outside.sql"]) {
      const before = warnings(own).length;
      await own.write(tables(++version));
      await applied(withFile(own, file));
      assert.equal(await readFile(outside, "utf8"), "-- precious\n", file);
      assert.match(
        warnings(own).slice(before).join("\n"),
        /^the schema file \S+ could not be written: it does not begin with the line that Godwit writes.*left as it was/,
        file,
      );
    }
    assert.deepEqual(await readdir(join(own.folder, "project")), []);
    // Out of the way, it is made by the next run.
    await unlink(outside);
    await own.write(tables(++version));
    await applied(withFile(own, "outside.sql"));
    assert.ok((await readFile(outside, "utf8")).startsWith(header));
  }));

test("what a killed run left aside is no obstacle; somebody's file of that name is", () =>
  scene("sqlite", tables(1), async (own) => {
    const path = join(own.folder, "schema.sql");
    await writeFile(path, "");
    await writeFile(`${path}.new`, header.slice(0, 20));
    await applied(withFile(own, "schema.sql"));
    assert.deepEqual(warnings(own), []);
    assert.match(await readFile(path, "utf8"), /CREATE TABLE\s\S*t1/);
    const precious = join(own.folder, "precious");
    await writeFile(precious, "-- precious\n");
    await symlink(precious, `${path}.new`);
    await own.write(tables(2));
    await applied(withFile(own, "schema.sql"));
    assert.equal(await readFile(precious, "utf8"), "-- precious\n");
    assert.match(warnings(own).join("\n"), /could not be written: EEXIST/);
    assert.doesNotMatch(await readFile(path, "utf8"), /t2/);
  }));

function withFile(own: Scene, schemaFile: string): Scene {
  return { ...own, options: { ...own.options, schemaFile } };
}

function warnings(own: Scene): string[] {
  return own.events.flatMap((event) => (event.type === "warning:raised" ? [event.message] : []));
}
