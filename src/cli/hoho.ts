import { GodwitError } from "../core/error.ts";
import { version } from "../core/version.ts";
import type { Action, CommandSpec, OptionSpec } from "./command-spec.ts";
import { globalOptions } from "./command-specs.ts";
import { exitCodes, section } from "./help-text.ts";
import { examplesOf, type MappingsAction, mappingsActions } from "./mappings-specs.ts";
import type { ProgramSpec } from "./program.ts";
import { type CommandContext, runCommand } from "./run-command.ts";
import { reportError } from "./report-error.ts";

/*
 * The second program, `hoho decomp …`: the actions on mapping databases as commands, and the original tool's own two,
 * spelled as there. What they take is said in one place (mappings-specs.ts), and what they do in another (actions/mappings.ts).
 */

type Actions = typeof import("./actions/mappings.ts");

const act =
  (choose: (actions: Actions) => Actions["actions"][MappingsAction]) => async (): Promise<Action> => {
    const chosen = choose(await import("./actions/mappings.ts"));
    return (invocation) => chosen(invocation, invocation.arguments);
  };

const words = "hoho decomp";

/** The command that does what `godwit mappings ACTION` does. */
function commandOf(action: MappingsAction): CommandSpec {
  const { summary, does, files, options, json } = mappingsActions[action];
  return {
    name: action,
    group: "Mappings",
    summary,
    description: `As \`godwit mappings ${action}\`: ${does}.`,
    arguments: files,
    options,
    examples: examplesOf(action, words),
    json,
    load: act(({ actions }) => actions[action]),
  };
}

const truth = (option: OptionSpec, name: OptionSpec["name"], ifNot: boolean): OptionSpec => ({
  name,
  value: "BOOL",
  kind: "truth",
  description: `${option.description}; true or false (default: ${ifNot})`,
});

/** An option of `migrate`. */
function ofMigrate(name: OptionSpec["name"]): OptionSpec {
  const found = mappingsActions.migrate.options.find((option) => option.name === name);
  if (found === undefined) throw new GodwitError("GW9001", { message: `migrate has no option ${name}` });
  return found;
}

const commands: readonly CommandSpec[] = [
  ...(Object.keys(mappingsActions) as MappingsAction[]).map(commandOf),
  {
    ...commandOf("migrate"),
    name: "migrate-mappings",
    summary: "the original tool's spelling of migrate",
    description:
      "Migrates JSON to MessagePack as the original tool's command of that name, with its options. As there, what is read is backed up as well, and MessagePack is written whatever the output's name.",
    arguments: [],
    options: [
      {
        name: "--json-path",
        value: "PATH",
        kind: "file",
        description: mappingsActions.migrate.files[0]?.description ?? "",
      },
      {
        name: "--output",
        value: "PATH",
        kind: "file",
        description: "the file that is made (default: decomp/mappings.msgpack)",
      },
      truth(ofMigrate("--backup"), "--backup", true),
      truth(ofMigrate("--force"), "--force", false),
      ofMigrate("--wait"),
    ],
    examples: [
      { command: `${words} migrate-mappings`, description: "With the defaults" },
      {
        command: `${words} migrate-mappings --json-path decomp/mappings.json --output decomp/mappings.msgpack --backup true --force true`,
        description: "With all that there is to say",
      },
    ],
    load: act(({ migrateOriginal }) => migrateOriginal),
  },
  {
    ...commandOf("show"),
    name: "show-mappings",
    summary: "the original tool's spelling of show",
    description: "Prints mappings as the original tool's command of that name, with its options.",
    arguments: [],
    options: [
      ...mappingsActions.show.options,
      {
        name: "--db",
        value: "PATH",
        kind: "file",
        description: mappingsActions.show.files[0]?.description ?? "",
      },
    ],
    examples: [
      { command: `${words} show-mappings --format stats`, description: "What is in it?" },
      { command: `${words} show-mappings --format json --db other.msgpack`, description: "Another file" },
    ],
  },
];

/** Of the options of every command, those that have to do with files. */
const shared: readonly OptionSpec[] = globalOptions.filter(({ name }) =>
  ["--profile", "--config", "--json", "--yes", "--no-color"].includes(name),
);

/** Of the codes of every command, those that these have; of what can differ, there are only files. */
const codes = exitCodes
  .filter(([code]) => code !== "2" && code !== "3")
  .map(([code, meaning]) => [code, code === "5" ? "diff: the files differ" : meaning] as const);

const hohoProgram: ProgramSpec = {
  name: words,
  mappings: words,
  description:
    "Migrates, checks and shows the mapping databases of HOHO's decompiler. It is a part of Godwit.",
  groups: ["Mappings"],
  commands,
  options: shared,
  closing: () =>
    `${section("Exit codes:", codes)}\nResults go to stdout, everything else to stderr. \`${words} COMMAND --help\` tells more.\n`,
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
