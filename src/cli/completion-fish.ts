import type { OptionSpec } from "./command-spec.ts";
import { completionCommands } from "./completion-words.ts";
import { globalOptions } from "./command-specs.ts";

/** Completions for fish. */
export function fishCompletion(): string {
  const names = completionCommands.map(({ name }) => name).join(" ");
  const lines = [
    "# Completion of godwit for fish. Save it as ~/.config/fish/completions/godwit.fish",
    "complete -c godwit -f",
  ];
  for (const { name, summary } of completionCommands) {
    lines.push(
      `complete -c godwit -n ${quoted(`not __fish_seen_subcommand_from ${names} help`)} -a ${name} -d ${quoted(summary)}`,
    );
  }
  for (const option of globalOptions) lines.push(`complete -c godwit ${optionWords(option)}`);
  lines.push(`complete -c godwit -s h -l help -d 'print help'`);
  for (const command of completionCommands) {
    const when = `-n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
    for (const option of command.options) lines.push(`complete -c godwit ${when} ${optionWords(option)}`);
    const choices = command.arguments?.[0]?.choices;
    if (choices !== undefined) lines.push(`complete -c godwit ${when} -a ${quoted(choices.join(" "))}`);
  }
  lines.push(`complete -c godwit -n '__fish_seen_subcommand_from help' -a ${quoted(names)}`);
  return `${lines.join("\n")}\n`;
}

function optionWords({ name, value, kind, description }: OptionSpec): string {
  const argument = value === undefined ? "" : kind === "folder" || kind === "file" ? " -r -F" : " -x";
  return `-l ${name.slice(2)}${argument} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}
