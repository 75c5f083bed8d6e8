import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import { fileRefused } from "../run/files/file-refused.ts";
import { formatOf, refuseOtherEnding } from "./other-ending.ts";

export type MappingsFormat = "msgpack" | "json";

export interface LocateChoice {
  /** As they were given; none: those of the default places. */
  readonly inputs: readonly string[];
  /** Default: by the ending of `out`, else MessagePack. */
  readonly to?: MappingsFormat | undefined;
  readonly out?: string | undefined;
  /** Each input is a database of its own, with an output of its own; else they are merged into one. */
  readonly each?: boolean | undefined;
  /** `out` may be named as the other format's files are. */
  readonly anyEnding?: boolean | undefined;
}

/** What becomes one output. Paths are absolute; the output's leads through no link. */
export interface Located {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly to: MappingsFormat;
}

/** Tried in this order, as the original tool does; all that exist are merged. */
export const defaultInputs: readonly string[] = [
  "decomp/mappings.json",
  "decomp/learned-mappings.json",
  "decomp/mappings/global-mappings.json",
];
const defaultFiles: Readonly<Record<MappingsFormat, string>> = {
  msgpack: "decomp/mappings.msgpack",
  json: "decomp/mappings.json",
};

/** What the result is to be: as it was asked for, or as the output's name tells. */
export function wantedFormat({ to, out }: Pick<LocateChoice, "to" | "out">): MappingsFormat {
  return to ?? formatOf(out) ?? "msgpack";
}

/** Which files are read, and where each result goes. Throws GW1001, GW2617 for what cannot be meant, GW2614 where nothing is. */
export function locate(choice: LocateChoice, cwd: string): readonly Located[] {
  const to = wantedFormat(choice);
  const isDefault = choice.inputs.length === 0;
  const inputs = isDefault ? foundInputs(to, cwd) : choice.inputs.map((file) => resolve(cwd, file));
  refuseTwice(inputs, "is given twice");
  const outputFor = (input: string): string => outputOf(choice.out, input, to, cwd);
  if (choice.each === true && inputs.length > 1) {
    if (choice.out !== undefined && !isFolder(resolve(cwd, choice.out))) {
      throw new GodwitError("GW1001", {
        message: `--each makes ${inputs.length} files, and --out ${choice.out} is no folder`,
      });
    }
    const each = inputs.map((input) => ({ inputs: [input], output: realOutput(outputFor(input)), to }));
    refuseTwice(
      each.map(({ output }) => output),
      "would be made of several inputs",
    );
    return each;
  }
  const [first = ""] = inputs;
  if (choice.out === undefined && isDefault) {
    return [{ inputs, output: realOutput(resolve(cwd, defaultFiles[to])), to }];
  }
  if (inputs.length > 1 && (choice.out === undefined || isFolder(resolve(cwd, choice.out)))) {
    throw new GodwitError("GW1001", {
      message: `${inputs.length} files are merged into one, and nothing says into which`,
      hint: "Name it with --out FILE; or pass --each to migrate each file by itself.",
    });
  }
  const output = outputFor(first);
  if (choice.anyEnding !== true) refuseOtherEnding(output, to);
  return [{ inputs, output: realOutput(output), to }];
}

/** The one output that is meant where nothing is read: of a rollback, or of a run that goes on. */
export function locateOutput({ out, to }: Pick<LocateChoice, "out" | "to">, cwd: string): string {
  return realPlace(resolve(cwd, out ?? defaultFiles[to ?? "msgpack"]));
}

/** The file to be shown where none is named: MessagePack before JSON. Throws GW2614. */
export function locateDatabase(file: string | undefined, cwd: string): string {
  if (file !== undefined) return resolve(cwd, file);
  const found = [defaultFiles.msgpack, ...defaultInputs].find((each) => existsSync(resolve(cwd, each)));
  if (found === undefined) throw nothingFound([defaultFiles.msgpack, ...defaultInputs], cwd);
  return resolve(cwd, found);
}

function foundInputs(to: MappingsFormat, cwd: string): string[] {
  const places = to === "json" ? [defaultFiles.msgpack] : defaultInputs;
  const found = places.map((file) => resolve(cwd, file)).filter((file) => existsSync(file));
  if (found.length === 0) throw nothingFound(places, cwd);
  return found;
}

function nothingFound(places: readonly string[], cwd: string): GodwitError {
  return new GodwitError("GW2614", {
    message: `there is no mapping database in ${cwd}; looked for ${places.join(", ")}`,
    details: { folder: cwd, places },
  });
}

function outputOf(out: string | undefined, input: string, to: MappingsFormat, cwd: string): string {
  const name = `${basename(input, extname(input))}.${to}`;
  if (out === undefined) return join(dirname(input), name);
  const given = resolve(cwd, out);
  return isFolder(given) ? join(given, name) : given;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** By what they lead to: one file may have several names. */
function refuseTwice(files: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const file of files) {
    const real = existsSync(file) ? realpathSync(file) : file;
    if (seen.has(real)) throw new GodwitError("GW1001", { message: `${file} ${what}`, details: { file } });
    seen.add(real);
  }
}

/**
 * Where the file is that a path leads to, also one that does not exist yet: a new file takes the place of the old one, and
 * not of a link to it. So all names of an output have one journal, and one lock.
 */
export function realOutput(path: string): string {
  return followed(path, 0);
}

/** The same where nothing is to be written: a folder that is not there has no links. */
export function realPlace(path: string): string {
  return existsSync(dirname(path)) ? realOutput(path) : path;
}

function followed(path: string, depth: number): string {
  // As deep as Linux follows links itself.
  if (depth > 40)
    throw fileRefused("written", path, Object.assign(new Error("it is a link to itself"), { code: "ELOOP" }));
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      return followed(resolve(dirname(path), readlinkSync(path)), depth + 1);
    return join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    throw fileRefused("written", path, error);
  }
}
