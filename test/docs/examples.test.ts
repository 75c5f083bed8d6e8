import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { root } from "../support/cli.ts";
import { makeProject } from "../support/project.ts";
import { readPages } from "./markdown.ts";

test("the TypeScript of the pages has the library's types", async () => {
  const files: Record<string, string> = {};
  for (const { path, blocks } of readPages()) {
    for (const { language, text, line } of blocks) {
      // A module of its own, so that names of two blocks don't meet.
      if (language === "ts") files[`${path.replaceAll(/[/.]/g, "-")}-${line}.ts`] = `${text}\nexport {};\n`;
    }
  }
  assert.ok(Object.keys(files).length >= 3);
  await using project = await makeProject({
    ...files,
    "package.json": JSON.stringify({ type: "module" }),
    "tsconfig.json": JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: { paths: { godwit: [join(root, "src/index.ts")] }, types: ["node"] },
      include: ["*.ts"],
    }),
  });
  await symlink(join(root, "node_modules"), join(project.folder, "node_modules"));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const result = await promisify(execFile)(process.execPath, [compiler, "-p", project.folder]).catch(
    (error: { stdout: string }) => error,
  );
  // Faults of the sources are told by script/test's own check.
  const own = result.stdout
    .split("\n")
    .filter((line) => Object.keys(files).some((file) => line.includes(file)));
  assert.deepEqual(own, []);
});
