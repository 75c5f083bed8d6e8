import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { replaceFile } from "./replace-file.ts";

async function scene() {
  const folder = await mkdtemp(join(tmpdir(), "godwit-files-"));
  return {
    folder,
    at: (name: string) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
const rightsOf = async (file: string) => (await stat(file)).mode & 0o777;

test("a document is there whole or not at all, and its owner's alone until then", async () => {
  await using own = await scene();
  const file = own.at("report.html");
  await writeFile(file, "old");
  await replaceFile(file, { keepsRights: false }, async (write) => {
    await write("one ");
    const [beside = "", ...others] = await readdir(own.folder);
    assert.match(beside, /^\.report\.html\.[0-9a-f]{12}$/);
    assert.deepEqual(others, ["report.html"]);
    assert.equal(await rightsOf(own.at(beside)), 0o600);
    assert.equal(await readFile(file, "utf8"), "old");
    await write("two");
  });
  assert.equal(await readFile(file, "utf8"), "one two");
  assert.deepEqual(await readdir(own.folder), ["report.html"]);
  assert.equal(await rightsOf(file), 0o600);
});

test("the rights of an older one are kept where that was asked for, whatever the umask", async () => {
  await using own = await scene();
  const file = own.at("plan.json");
  await replaceFile(file, { keepsRights: true }, (write) => write("new"));
  assert.equal(await rightsOf(file), 0o600);
  await chmod(file, 0o666);
  await replaceFile(file, { keepsRights: true }, (write) => write("newer"));
  assert.equal(await rightsOf(file), 0o666);
  await replaceFile(file, { keepsRights: false }, (write) => write("newest"));
  assert.equal(await rightsOf(file), 0o600);
});

test("what fails leaves the older one, and nothing beside it", async () => {
  await using own = await scene();
  const file = own.at("log.json");
  await writeFile(file, "old");
  const fault = new Error("the database went away");
  const failing = replaceFile(file, { keepsRights: true }, async (write) => {
    await write("half");
    throw fault;
  });
  await assert.rejects(failing, fault);
  assert.equal(await readFile(file, "utf8"), "old");
  assert.deepEqual(await readdir(own.folder), ["log.json"]);
  const nowhere = own.at("none/log.json");
  await assert.rejects(
    replaceFile(nowhere, { keepsRights: true }, (write) => write("x")),
    { code: "GW1006", message: /none\/log\.json could not be written: ENOENT/ },
  );
});

test("nothing is written through a link, and what is no file is not replaced", async () => {
  await using own = await scene();
  await writeFile(own.at("theirs"), "theirs");
  await symlink("theirs", own.at("link"));
  await replaceFile(own.at("link"), { keepsRights: true }, (write) => write("ours"));
  assert.equal(await readFile(own.at("theirs"), "utf8"), "theirs");
  assert.equal(await readFile(own.at("link"), "utf8"), "ours");
  await mkdir(own.at("folder"));
  await symlink("/dev/null", own.at("device"));
  for (const name of ["folder", "device"]) {
    await assert.rejects(
      replaceFile(own.at(name), { keepsRights: false }, (write) => write("x")),
      { code: "GW1006", message: /could not be written: it is no regular file/ },
    );
  }
  assert.ok((await stat(own.at("device"))).isCharacterDevice());
  assert.deepEqual((await readdir(own.folder)).sort(), ["device", "folder", "link", "theirs"]);
});
