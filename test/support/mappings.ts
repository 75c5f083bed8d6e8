import { decode, encode } from "@msgpack/msgpack";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cli, type CliOptions, type CliResult, godwit, startGodwit } from "./cli.ts";
import { makeProject, type Project } from "./project.ts";

/** A mapping as the tests know it, with nothing of the project's own readers and writers. */
export interface Sample {
  readonly original: string;
  readonly mapped: string;
  readonly type: number;
  readonly context: string | null;
  readonly confidence: number;
  readonly updated: string;
  readonly used: number;
  readonly references: readonly string[];
}

export function samples(count: number, from = 0): Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const n = index + from;
    return {
      original: `a.b${n}`,
      mapped: `Player.Method${n}`,
      type: n % 6,
      context: n % 3 === 0 ? null : `Assembly${n % 7}`,
      confidence: (n % 10) / 10,
      updated: new Date(Date.UTC(2024, 0, 1) + n * 1000).toISOString().replace(".000Z", "Z"),
      used: n % 100,
      references: n % 4 === 0 ? [`a.b${(n + 1) % (count + from)}`] : [],
    };
  });
}

/** The JSON of the original tool, keyed by name. */
export function keyedJson(mappings: readonly Sample[]): string {
  const entries = mappings.map((each) => [
    each.context === null ? each.original : `${each.context}:${each.original}`,
    {
      Original: each.original,
      Mapped: each.mapped,
      Type: each.type,
      Context: each.context,
      Confidence: each.confidence,
      LastUpdated: each.updated,
      UsageCount: each.used,
      References: each.references,
    },
  ]);
  const patterns = [{ Pattern: "^a", Replacement: "A", Description: "prefix", Example: "a1" }];
  return JSON.stringify({ Mappings: Object.fromEntries(entries), Patterns: patterns });
}

/** A MessagePack file by the facts, made by another encoder. */
export function messagePack(mappings: readonly Sample[]): Uint8Array {
  const now = new Date("2024-05-06T07:08:09Z");
  return encode([
    "1.0",
    mappings.map((each) => [
      each.original,
      each.mapped,
      each.type,
      each.context,
      each.confidence,
      new Date(each.updated),
      each.used,
      each.references,
    ]),
    [["^a", "prefix", 1, 0.5]],
    [now, now, mappings.length, "1.0"],
  ]);
}

/** What a MessagePack file holds, read by another decoder. */
export function unpacked(bytes: Uint8Array): Sample[] {
  const [, mappings] = decode(bytes) as [string, unknown[][]];
  return mappings.map(([original, mapped, type, context, confidence, updated, used, references]) => ({
    original: original as string,
    mapped: mapped as string,
    type: type as number,
    context: context as string | null,
    confidence: confidence as number,
    updated: (updated as Date).toISOString().replace(".000Z", "Z"),
    used: used as number,
    references: references as string[],
  }));
}

/** A folder with files, and the program in it. */
export interface MappingsProject extends Project {
  run(...args: string[]): Promise<CliResult>;
  start(args: readonly string[], options?: CliOptions): Cli;
  bytes(file: string): Promise<Buffer>;
  /** The names in a folder, without the journal and its lock. */
  names(folder?: string): Promise<string[]>;
  put(file: string, content: string | Uint8Array): Promise<void>;
}

export async function mappingsProject(
  files: Readonly<Record<string, string>> = {},
): Promise<MappingsProject> {
  const project = await makeProject({ "decomp/.keep": "", ...files });
  const at = (file: string) => join(project.folder, file);
  return {
    ...project,
    run: (...args) => godwit(["mappings", ...args], { cwd: project.folder }),
    start: (args, options) => startGodwit(["mappings", ...args], { cwd: project.folder, ...options }),
    bytes: (file) => readFile(at(file)),
    names: async (folder = "decomp") =>
      (await readdir(at(folder))).filter((name) => !/\.godwit\.db|^\.keep$/.test(name)).sort(),
    put: (file, content) => writeFile(at(file), content),
  };
}

/** The last line of --json, which is the result or the error. */
export function lastDocument({ stdout }: Pick<CliResult, "stdout">): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "null") as Record<string, unknown>;
}
