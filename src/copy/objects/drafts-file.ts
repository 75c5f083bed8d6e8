import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { GodwitError } from "../../core/error.ts";
import type { Undone } from "./model.ts";

/** The first line of every such file. By it a later copy knows that the file is its own to overwrite. */
const header =
  "-- Written by Godwit: what a copy left undone, with drafts. The next copy to this file overwrites it.\n";

/** Throws GW1001 for a file that somebody else wrote: it is never overwritten, wherever the option or a link leads. */
export function refuseForeignFile(file: string): void {
  const before = textOf(file);
  if (before === null || before === "" || before.replaceAll("\r\n", "\n").startsWith(header)) return;
  throw new GodwitError("GW1001", {
    message: `${file} does not begin with the line that Godwit writes, so drafts cannot be written there`,
    hint: "Move it away, or name another file with --drafts.",
    details: { file },
  });
}

/** Writes what was left undone: aside, and renamed. Without anything, a file of an earlier copy goes. */
export function writeDrafts(file: string, from: string, to: string, undone: readonly Undone[]): boolean {
  refuseForeignFile(file);
  const before = textOf(file);
  if (undone.length === 0) {
    if (before !== null) rmSync(file);
    return false;
  }
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.new`;
  // A copy that was killed may have left one, in part. What is not ours stays, and a link is never followed.
  const left = textOf(aside);
  if (left !== null && header.startsWith(left.slice(0, header.length))) rmSync(aside);
  writeFileSync(aside, draftsText(from, to, undone), { flag: "wx" });
  renameSync(aside, file);
  return true;
}

/** The originals are comments, and so is what is no statement yet. */
function draftsText(from: string, to: string, undone: readonly Undone[]): string {
  const parts = undone.map(({ what, name, reason, original, draft }) => {
    const head = [
      comment(`${what} ${name}`),
      comment(`not copied: ${reason}`),
      comment("as the source has it:"),
    ];
    const body = original.split("\n").map((line) => comment(`  ${line}`));
    return `${[...head, ...body].join("\n")}\n${draft === null ? "" : `\n${draft}\n`}`;
  });
  return `${header}${comment(`from ${from}`)}\n${comment(`to ${to}`)}\n\n${parts.join("\n\n")}`;
}

/** A line of a comment, whatever ends lines in the text. */
function comment(text: string): string {
  return `-- ${text.replaceAll(/[\r\u2028\u2029]/g, " ")}`.trimEnd().replaceAll("\n", "\n-- ");
}

/** Null where there is no file. Asks first, because to open a pipe would wait for a writer for ever. */
function textOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isFile())
    throw new GodwitError("GW1001", { message: `${path} is no regular file`, details: { file: path } });
  return readFileSync(path, "utf8");
}
