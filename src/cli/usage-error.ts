import type { Command, CommanderError } from "commander";
import { didYouMean } from "../config/did-you-mean.ts";
import { registerUrlPassword } from "../config/connection-url.ts";
import { GodwitError } from "../core/error.ts";
import { registerSecret } from "../core/secret.ts";

/** Commander's complaint as an error of ours, with the nearest known word. */
export function usageError(error: CommanderError, argv: readonly string[], program: Command): GodwitError {
  const named = argv.find((word) => program.commands.some((command) => command.name() === word));
  const command = program.commands.find((candidate) => candidate.name() === named);
  const hint = `See \`${program.name()} ${command === undefined ? "" : `${command.name()} `}--help\`.`;
  return new GodwitError("GW1001", { message: messageOf(error, command, program), hint });
}

/** For a word that commander took without a complaint. */
export function unknownCommand(word: string, program: Command): GodwitError {
  return new GodwitError("GW1001", {
    message: unknownCommandText(word, program),
    hint: `See \`${program.name()} --help\`.`,
  });
}

function unknownCommandText(word: string, program: Command): string {
  const known = program.commands.map((candidate) => candidate.name());
  const begun = known.find((name) => word.length > 1 && name.startsWith(word));
  return `there is no command ${JSON.stringify(word)}${didYouMean(begun ?? word, known)}`;
}

function messageOf(error: CommanderError, command: Command | undefined, program: Command): string {
  // The last suggestion of commander's is left out for one that also knows swapped letters.
  const text = error.message.replace(/^error: /, "").replace(/\n\(Did you mean [\s\S]*$/, "");
  const word = /'([\s\S]*)'$/.exec(text)?.[1] ?? "";
  if (error.code === "commander.unknownCommand") return unknownCommandText(word, program);
  if (error.code === "commander.unknownOption") {
    // What stands after the = may be a secret of a misspelt --url.
    const name = word.split("=", 1)[0] ?? "";
    const known = [...(command?.options ?? []), ...program.options].map((option) => option.long ?? "");
    const of = nameOf(command, program);
    return `${of} has no option ${name}${didYouMean(name, [...known, "--help"])}`;
  }
  if (error.code === "commander.excessArguments") {
    return `${nameOf(command, program)} was given too many arguments`;
  }
  return text;
}

function nameOf(command: Command | undefined, program: Command): string {
  return command === undefined ? program.name() : `${program.name()} ${command.name()}`;
}

/**
 * Looks at the raw arguments for passwords. `--password` is no option: a command line can be read by every user of
 * the machine. Throws GW1001. Returns whether a URL with a password is among them; it is registered as a secret.
 */
export function inspectPasswords(argv: readonly string[]): boolean {
  const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  let found = false;
  for (const [index, word] of own.entries()) {
    const password = /^--pass(?:word|wd)?(?:=(.*))?$/s.exec(word);
    if (password !== null) {
      registerSecret(password[1] ?? own[index + 1] ?? "");
      throw new GodwitError("GW1001", {
        message: `${word.split("=", 1)[0]} is refused: every user of this machine can read a command line, and shells keep it`,
        hint: "Set GODWIT_URL, or refer to a variable or a file in the configuration: ${DB_PASSWORD}, ${file:/run/secrets/db}.",
      });
    }
    if (!/^(?:--[a-z-]+=)?[a-z][a-z0-9+.-]*:\/\//i.test(word)) continue;
    const url = word.replace(/^--[a-z-]+=/, "");
    registerUrlPassword(url);
    if (/^[^:]+:\/\/[^:/?#]*:[^@]+@/.test(url) || /[?&][^=&]*(?:pass|pwd)[^=&]*=[^&]/i.test(url))
      found = true;
  }
  return found;
}
