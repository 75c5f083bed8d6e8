import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import test from "node:test";
import { root } from "../support/cli.ts";
import { target, type TargetName, withDatabase } from "../support/servers.ts";
import { type Block, type Page, readPages } from "./markdown.ts";
import { openShell, type Shell } from "./shell.ts";
import { matches, normalizer, readTranscript, renumbered } from "./transcript.ts";

/*
 * The pages' commands are typed into a shell, in order, and what they print is compared with what the page shows.
 *   ```console            commands after `$ `, with their output; `…` stands for any lines
 *   ```sh                 commands only; each must succeed
 *   ```sql file=NAME      the block is written to that file; any language
 *   a `skip` attribute    the block is not run: it needs what a test has not
 * A command that fails must be followed by `$ echo $?`. `<!-- test: postgres -->` asks for a database of that
 * engine, in GODWIT_URL, and `<!-- test: mariadb to postgres -->` for two, in SOURCE_URL and TARGET_URL; without their
 * servers the page is skipped. GODWIT_DOCS_UPDATE=1 writes into the pages what
 * the commands print now.
 */

const update = process.env["GODWIT_DOCS_UPDATE"] === "1";
const run = new Set(["console", "sh"]);

for (const page of readPages().filter(({ path }) => !path.startsWith("docs/reference/"))) {
  const blocks = page.blocks.filter(
    ({ language, attributes }) => !attributes.has("skip") && (run.has(language) || attributes.has("file")),
  );
  if (!blocks.some(({ language }) => run.has(language))) continue;
  const needs = (page.needs ?? "sqlite") as TargetName;
  const reads = page.reads as TargetName | null;
  const skip = target(needs).skip || (reads !== null && target(reads).skip);
  test(`${page.path} does what it says`, { skip }, async () => {
    if (page.needs === null) await play(page, blocks, {});
    else if (reads === null) await withDatabase(needs, (url) => play(page, blocks, { GODWIT_URL: url }));
    else {
      await withDatabase(reads, (source) =>
        withDatabase(needs, (url) => play(page, blocks, { TARGET_URL: url, SOURCE_URL: source })),
      );
    }
  });
}

async function play(
  page: Page,
  blocks: readonly Block[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await using shell = await openShell(env);
  const [expected, actual] = [normalizer(), normalizer()];
  const printed = new Map<Block, string>();
  for (const block of blocks) {
    const where = `${page.path}:${block.line}`;
    const file = block.attributes.get("file");
    if (file !== undefined) await writeInto(shell, file, `${block.text}\n`);
    else if (block.language === "sh") {
      const { output, code } = await shell.run(block.text);
      assert.equal(code, 0, `${where}: exit code ${code}\n${output}`);
    } else {
      const shown = readTranscript(block.text);
      const lines: string[] = [];
      for (const [index, { command, output }] of shown.entries()) {
        const result = await shell.run(command);
        const explained = shown[index + 1]?.command === "echo $?";
        assert.ok(
          result.code === 0 || explained,
          `${where}: ${command}\nexit code ${result.code}\n${result.output}`,
        );
        const said = presented(result.output, shell);
        const want = trimmed(expected.normalize(output.join("\n")));
        const have = trimmed(actual.normalize(said));
        const same = matches(want, have);
        if (!update && !same) assert.deepEqual(have, want, `${where}: ${command}`);
        lines.push(
          `$ ${command}`,
          ...(same ? output : trimmed(asOnPage(renumbered(said, actual, expected)))),
        );
        // A blank line sets a longer output off from the next command.
        if (!same && said !== "" && !explained && index + 1 < shown.length) lines.push("");
      }
      printed.set(block, lines.join("\n").replace(/\n+$/, ""));
    }
  }
  if (update) await rewrite(page, printed);
}

/** The pages show one day. */
function asOnPage(output: string): string {
  return output.replaceAll(new Date().toISOString().slice(0, 10), "2026-01-31");
}

async function writeInto(shell: Shell, file: string, text: string): Promise<void> {
  // The shell knows in which folder it stands.
  const folder = (await shell.run("pwd")).output;
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text);
}

async function rewrite(page: Page, printed: ReadonlyMap<Block, string>): Promise<void> {
  const lines = page.text.split("\n");
  // From the end, so that the lines before it keep their numbers.
  for (const [block, text] of [...printed].reverse()) {
    lines.splice(block.line, block.text.split("\n").length, ...text.split("\n"));
  }
  await writeFile(join(root, page.path), lines.join("\n"));
}

/** As a reader would see it: their folder, their server. */
function presented(output: string, shell: Shell): string {
  return output
    .replaceAll(dirname(shell.folder), "/home")
    .replaceAll(/:\/\/[^/\s]*@127\.0\.0\.1:\d+\//g, "://migrator@localhost/")
    .replaceAll(/\bgodwit_test_\w+/g, "shop");
}

/** Without blank lines at the end: they only space the page. */
function trimmed(text: string): string[] {
  return text.replace(/\n+$/, "").split("\n");
}
