import { GodwitError } from "../core/error.ts";
import { version } from "../core/version.ts";
import type { Action, CommandSpec, Invocation, OptionSpec } from "./command-spec.ts";
import { globalOptions } from "./command-specs.ts";
import { section } from "./help-text.ts";
import { fileArgument, mappingsOptions, mappingsWait, showOptions } from "./mappings-specs.ts";
import type { ProgramSpec } from "./program.ts";
import { type CommandContext, runCommand } from "./run-command.ts";
import { reportError } from "./report-error.ts";

/*
 * The second program, `hoho decomp …`: the actions on mapping databases as commands, and the original tool's own two,
 * spelled as there. What they do is done in one place (actions/mappings.ts).
 */

type Act = (invocation: Invocation, files: readonly string[]) => Promise<number>;

const act =
  (choose: (actions: typeof import("./actions/mappings.ts")) => Act) => async (): Promise<Action> => {
    const chosen = choose(await import("./actions/mappings.ts"));
    return (invocation) => chosen(invocation, invocation.arguments);
  };

const files = (name: string, description: string) => [{ ...fileArgument, name, description }];

const commands: readonly CommandSpec[] = [
  {
    name: "migrate",
    group: "Mappings",
    summary: "migrate mapping databases between JSON and MessagePack, and between versions",
    description:
      "As `godwit mappings migrate`: reads the files, checks all of them, backs up what it replaces, writes the new file beside, reads it back and then puts it in its place. The same command goes on with an interrupted run.",
    arguments: files("IN", "what is read; default the files in decomp/ that exist"),
    options: [...mappingsOptions.migrate, mappingsWait],
    examples: [
      { command: "hoho decomp migrate", description: "JSON in decomp/ to decomp/mappings.msgpack" },
      {
        command: "hoho decomp migrate decomp/mappings.msgpack --to json --out export.json",
        description: "And back",
      },
    ],
    json: "events",
    load: act(({ migrate }) => migrate),
  },
  {
    name: "validate",
    group: "Mappings",
    summary: "read and check mapping databases",
    description:
      "Reads all of each file and says what it holds, and which faults --clean of migrate would mend.",
    arguments: files("FILE", "what is read"),
    options: mappingsOptions.validate,
    examples: [
      { command: "hoho decomp validate decomp/mappings.msgpack", description: "Is it whole?" },
      {
        command: "hoho decomp validate decomp/*.json --strict",
        description: "Fail on faults that could be mended",
      },
    ],
    json: "document",
    load: act(({ validate }) => validate),
  },
  {
    name: "rollback",
    group: "Mappings",
    summary: "put back what was there before a migration",
    description:
      "Restores the exact old bytes from the backup, after its checksum was compared, or removes the new file where there was none before.",
    arguments: files("FILE", "the migrated file (default: decomp/mappings.msgpack)"),
    options: [...mappingsOptions.rollback, mappingsWait],
    examples: [
      { command: "hoho decomp rollback", description: "Undo the migration of decomp/mappings.msgpack" },
      { command: "hoho decomp rollback other.msgpack --force", description: "Although it was changed since" },
    ],
    json: "events",
    load: act(({ rollback }) => rollback),
  },
  {
    name: "show",
    group: "Mappings",
    summary: "print mappings",
    description: "Prints the mappings of a file, as they are read.",
    arguments: files("FILE", "what is read (default: decomp/mappings.msgpack, or JSON in decomp/)"),
    options: showOptions,
    examples: [
      { command: "hoho decomp show --format stats", description: "What is in it?" },
      { command: "hoho decomp show --type class --search '^Player'", description: "Some of them" },
    ],
    json: "document",
    load: act(({ show }) => show),
  },
  {
    name: "diff",
    group: "Mappings",
    summary: "compare two mapping databases",
    description:
      "Compares what two files say of each symbol, whatever their formats; exits with 5 where they differ.",
    arguments: [
      { name: "BEFORE", description: "a file" },
      { name: "AFTER", description: "another file" },
    ],
    options: [],
    examples: [
      {
        command: "hoho decomp diff decomp/mappings.json decomp/mappings.msgpack",
        description: "Is it the same?",
      },
      { command: "hoho decomp diff old.msgpack new.msgpack --json", description: "For a program" },
    ],
    json: "document",
    load: act(({ diff }) => diff),
  },
  {
    name: "migrate-mappings",
    group: "Mappings",
    summary: "the original tool's spelling of migrate",
    description:
      "Migrates JSON to MessagePack as the original tool's command of that name, with its options. As there, what is read is backed up as well.",
    options: [
      {
        name: "--json-path",
        value: "PATH",
        kind: "file",
        description: "what is read (default: the JSON files in decomp/ that exist)",
      },
      {
        name: "--output",
        value: "PATH",
        kind: "file",
        description: "what is made (default: decomp/mappings.msgpack)",
      },
      {
        name: "--backup",
        value: "BOOL",
        kind: "truth",
        description: "back up first, true or false (default: true)",
      },
      {
        name: "--force",
        value: "BOOL",
        kind: "truth",
        description: "replace an output that is there, true or false (default: false)",
      },
      mappingsWait,
    ],
    examples: [
      { command: "hoho decomp migrate-mappings", description: "With the defaults" },
      {
        command:
          "hoho decomp migrate-mappings --json-path decomp/mappings.json --output decomp/mappings.msgpack --backup true --force true",
        description: "With all that there is to say",
      },
    ],
    json: "events",
    load: act(({ migrateOriginal }) => migrateOriginal),
  },
  {
    name: "show-mappings",
    group: "Mappings",
    summary: "the original tool's spelling of show",
    description: "Prints mappings as the original tool's command of that name, with its options.",
    options: [
      ...showOptions,
      {
        name: "--db",
        value: "PATH",
        kind: "file",
        description: "what is read (default: decomp/mappings.msgpack)",
      },
    ],
    examples: [
      { command: "hoho decomp show-mappings --format stats", description: "What is in it?" },
      { command: "hoho decomp show-mappings --format json --db other.msgpack", description: "Another file" },
    ],
    json: "document",
    load: act(({ show }) => show),
  },
];

/** Of the options of every command, those that have to do with files. */
const shared: readonly OptionSpec[] = globalOptions.filter(({ name }) =>
  ["--profile", "--config", "--json", "--yes", "--no-color"].includes(name),
);

const hohoProgram: ProgramSpec = {
  name: "hoho decomp",
  mappings: "hoho decomp",
  description:
    "Migrates, checks and shows the mapping databases of HOHO's decompiler. It is a part of Godwit.",
  groups: ["Mappings"],
  commands,
  options: shared,
  closing: () =>
    `${section("Exit codes:", [
      ["0", "done"],
      ["1", "an error"],
      ["4", "another run works on the output"],
      ["5", "diff: the files differ"],
      ["64", "wrong usage"],
    ])}\nResults go to stdout, everything else to stderr. \`hoho decomp COMMAND --help\` tells more.\n`,
};

/** `hoho`, whose one word is `decomp`. */
export async function runHoho(argv: readonly string[], context: CommandContext): Promise<number> {
  const [word = "--help", ...rest] = argv;
  if (word === "decomp") return runCommand(rest, context, hohoProgram);
  if (word === "--version" || word === "-V") {
    context.output.out.write(`${version}\n`);
    return 0;
  }
  if (word === "--help" || word === "-h" || word === "help")
    return runCommand(argv.length === 0 ? [] : ["--help"], context, hohoProgram);
  const error = new GodwitError("GW1001", {
    message: `hoho has no command ${JSON.stringify(word)}: expected decomp`,
    hint: "See `hoho decomp --help`.",
  });
  return reportError(error, context);
}
