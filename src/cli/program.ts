import { Argument, Command, CommanderError, Option } from "commander";
import { parseBatchRows } from "../config/batch-rows.ts";
import { parseDuration } from "../config/duration.ts";
import { parsePercent } from "../config/percent.ts";
import { parseSize } from "../config/size.ts";
import { GodwitError } from "../core/error.ts";
import { version } from "../core/version.ts";
import type { CommandGroup, CommandSpec, OptionSpec, OptionValues } from "./command-spec.ts";
import { commandGroups, commandSpecs, globalOptions } from "./command-specs.ts";
import { closingHelp, section } from "./help-text.ts";
import { unknownCommand, usageError } from "./usage-error.ts";

export interface ParsedCommand {
  readonly command: CommandSpec;
  readonly arguments: readonly string[];
  readonly options: OptionValues;
}

/** What is printed instead of a command being run: help, or the version. */
export interface Printed {
  readonly text: string;
  /** Help that was not asked for belongs on stderr. */
  readonly wanted: boolean;
}

/** One of the programs that there are: its commands, and what its help says of it. */
export interface ProgramSpec {
  /** As it is called, with the words that stand before its commands. */
  readonly name: string;
  /** What stands before an action on mapping databases. */
  readonly mappings: string;
  readonly description: string;
  readonly groups: readonly CommandGroup[];
  readonly commands: readonly CommandSpec[];
  readonly options: readonly OptionSpec[];
  /** After the list of commands. */
  readonly closing: () => string;
}

export const godwitProgram: ProgramSpec = {
  name: "godwit",
  mappings: "godwit mappings",
  description: "Moves databases safely from one state to another.",
  groups: commandGroups,
  commands: commandSpecs,
  options: globalOptions,
  closing: closingHelp,
};

/** Reads the command line. Throws GW1001. */
export function parseArguments(
  argv: readonly string[],
  spec: ProgramSpec = godwitProgram,
): ParsedCommand | Printed {
  let text = "";
  let parsed: ParsedCommand | null = null;
  const program = buildProgram(spec, (command) => (parsed = command));
  const write = (part: string) => void (text += part);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write, outputError: () => {} });
  }
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.help") {
      const [word, about] = program.args;
      // Commander prints the general help about a command that there is not.
      if (word === "help" && about !== undefined && about !== "help" && error.exitCode !== 0) {
        throw unknownCommand(about, program);
      }
      return { text, wanted: word === "help" };
    }
    if (error.exitCode === 0) return { text, wanted: true };
    throw usageError(error, argv, program);
  }
  if (parsed === null) throw new GodwitError("GW9001", { message: "no command was chosen" });
  return parsed;
}

/** The program as commander has it, made from the specs. */
function buildProgram(
  { name, description, groups, commands, options, closing }: ProgramSpec,
  choose: (command: ParsedCommand) => void,
): Command {
  const program = new Command(name)
    .description(description)
    .usage("COMMAND [options]")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .commandsGroup("Help:")
    .helpCommand("help [COMMAND]", "print help about a command")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", () => `\n${closing()}`);
  for (const option of options) program.addOption(optionOf(option));
  for (const group of groups) {
    for (const spec of commands) if (spec.group === group) program.addCommand(commandOf(spec, choose));
  }
  return program;
}

function commandOf(spec: CommandSpec, choose: (command: ParsedCommand) => void): Command {
  const command = new Command(spec.name)
    .summary(spec.summary)
    .description(spec.description)
    .helpGroup(`${spec.group}:`)
    .helpOption("-h, --help", "print help")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", () => {
      const rows = spec.examples.map(({ command, description }) => [command, description] as const);
      return `\n${section("Examples:", rows)}`;
    });
  for (const { name, description, isOptional = false, isVariadic = false } of spec.arguments ?? []) {
    const text = isVariadic ? `${name}...` : name;
    command.addArgument(new Argument(isOptional ? `[${text}]` : `<${text}>`, description));
  }
  for (const option of spec.options) command.addOption(optionOf(option));
  return command.action(() => {
    // Commander types the values as `any`; the specs and OptionValues name the same options.
    choose({ command: spec, arguments: command.args, options: command.optsWithGlobals() });
  });
}

function optionOf(spec: OptionSpec): Option {
  const list = spec.kind === "list" ? "..." : "";
  const value =
    spec.value === undefined ? "" : spec.kind === "truth" ? ` [${spec.value}]` : ` <${spec.value}${list}>`;
  const short = spec.short === undefined ? "" : `${spec.short}, `;
  const option = new Option(`${short}${spec.name}${value}`, spec.description);
  if (spec.kind === "milliseconds") option.argParser((text) => parseDuration(text, { what: spec.name }));
  if (spec.kind === "duration") {
    option.argParser((text) => {
      // Checked here, so that a wrong one is found before the configuration is; kept as it was written.
      parseDuration(text, { what: spec.name });
      return text;
    });
  }
  if (spec.kind === "names") {
    // Once with commas, or several times.
    option.argParser((text, before: readonly string[] | undefined) => [
      ...(before ?? []),
      ...text.split(",").filter((name) => name !== ""),
    ]);
  }
  if (spec.kind === "pairs") {
    option.argParser((text, before: Readonly<Record<string, string>> | undefined) => {
      const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? [];
      if (name !== undefined && value !== undefined) return { ...before, [name]: value };
      throw new GodwitError("GW1001", {
        message: `${spec.name} is ${JSON.stringify(text)}: expected ${spec.value ?? "NAME=TEXT"}`,
        details: { what: spec.name },
      });
    });
  }
  if (spec.kind === "percent") option.argParser((text) => parsePercent(text, { what: spec.name }));
  if (spec.kind === "bytes") option.argParser((text) => parseSize(text, { what: spec.name }));
  if (spec.kind === "rows") option.argParser((text) => parseBatchRows(text, { what: spec.name }));
  if (spec.kind === "share") option.argParser((text) => shareOf(text, spec.name));
  if (spec.kind === "truth") option.argParser((text) => truthOf(text, spec.name));
  if (spec.kind === "count") option.argParser((text) => countOf(text, spec));
  return option;
}

function shareOf(text: string, what: string): number {
  const number = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 0 && number <= 1) return number;
  throw new GodwitError("GW1001", {
    message: `${what} is ${JSON.stringify(text)}: expected a number from 0 to 1`,
    details: { what },
  });
}

function truthOf(text: string, what: string): boolean {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  throw new GodwitError("GW1001", {
    message: `${what} is ${JSON.stringify(text)}: expected true or false`,
    details: { what },
  });
}

function countOf(text: string, { name: what, least = 0 }: OptionSpec): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new GodwitError("GW1001", {
    message: `${what} is ${JSON.stringify(text)}: expected a whole number from ${least}`,
    details: { what },
  });
}
