import type { CommandSpec, OptionSpec } from "./command-spec.ts";
import { commandSpecs, globalOptions } from "./command-specs.ts";

/** What the completion scripts of all shells know: commands, options and what their values are. */
export const completionCommands: readonly CommandSpec[] = commandSpecs;

/** A command's options and those of every command. */
export function completionOptions(command: CommandSpec | null): readonly OptionSpec[] {
  const help: OptionSpec = { name: "--help", description: "print help" };
  const version: OptionSpec = { name: "--version", description: "print the version" };
  return [...(command?.options ?? []), ...globalOptions, help, ...(command === null ? [version] : [])];
}

/** Every option that takes a value, once. */
export function optionsWithValues(): readonly OptionSpec[] {
  const all = [...globalOptions, ...commandSpecs.flatMap((command) => command.options)];
  return [
    ...new Map(all.filter(({ value }) => value !== undefined).map((option) => [option.name, option])),
  ].map(([, option]) => option);
}
