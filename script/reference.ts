/** Writes docs/reference/commands.md, errors.md and types.md from the code; with --check, fails when they are out of date. */
import { readFileSync, writeFileSync } from "node:fs";
import type { CommandSpec, OptionSpec } from "../src/cli/command-spec.ts";
import { commandGroups, commandSpecs, globalOptions } from "../src/cli/command-specs.ts";
import { exitCodes, variables } from "../src/cli/help-text.ts";
import { type CatalogEntry, catalog } from "../src/core/error-catalog.ts";
import { typesPage } from "./type-tables.ts";

const generated = "<!-- Written by script/reference.ts. Do not edit. -->";

const pages: Readonly<Record<string, string>> = {
  "commands.md": commandsPage(),
  "errors.md": errorsPage(),
  "types.md": typesPage(generated),
};

let stale = false;
for (const [name, text] of Object.entries(pages)) {
  const path = new URL(`../docs/reference/${name}`, import.meta.url);
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (existing(path) !== text) {
    stale = true;
    console.error(`docs/reference/${name} is out of date: run node script/reference.ts`);
  }
}
if (stale) process.exitCode = 1;

function existing(path: URL): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function commandsPage(): string {
  const list = commandGroups.map((group) => {
    const commands = commandSpecs.filter((spec) => spec.group === group);
    return `**${group}**\n\n${commands.map(({ name, summary }) => `- [\`${name}\`](#${name}): ${summary}`).join("\n")}`;
  });
  return [
    "# Commands",
    generated,
    "Results go to stdout, everything else to stderr. Options may stand before or after the command.",
    ...list,
    ...commandSpecs.map(commandSection),
    "## Options of every command",
    optionTable([
      ...globalOptions,
      { name: "--version", short: "-V", description: "print the version" },
      { name: "--help", short: "-h", description: "print help" },
    ]),
    "## Environment",
    table(
      ["Variable", "Meaning"],
      variables.map(([name, text]) => [code(name), text]),
    ),
    "## Exit codes",
    table(
      ["Code", "Meaning"],
      exitCodes.map(([exit, text]) => [exit, text]),
    ),
  ]
    .join("\n\n")
    .concat("\n");
}

function commandSection(spec: CommandSpec): string {
  const { name, description, arguments: given = [], options, examples, json } = spec;
  const usage = [
    "godwit",
    name,
    ...given.map(({ name, isOptional = false, isVariadic = false }) => {
      const text = isVariadic ? `${name}…` : name;
      return isOptional ? `[${text}]` : text;
    }),
    ...(options.length > 0 ? ["[options]"] : []),
  ];
  const outputs = {
    document: "With `--json` it prints one document.",
    events: "With `--json` it prints each event as a line while it runs, and the result as the last line.",
    none: "",
  };
  return [
    `## ${name}`,
    `\`\`\`\n${usage.join(" ")}\n\`\`\``,
    [description, outputs[json]].filter((text) => text !== "").join(" "),
    ...given.map((argument) => `${code(argument.name)}: ${argument.description}.`),
    ...(options.length === 0 ? [] : [optionTable(options)]),
    `\`\`\`sh\n${examples.map((example) => `# ${example.description}\n${example.command}`).join("\n")}\n\`\`\``,
  ].join("\n\n");
}

function optionTable(options: readonly OptionSpec[]): string {
  const rows = options.map(({ name, short, value, kind, description }) => {
    const text = `${short === undefined ? "" : `${short}, `}${name}${value === undefined ? "" : ` ${value}`}`;
    return [code(`${text}${kind === "list" ? "…" : ""}`), description];
  });
  return table(["Option", "Meaning"], rows);
}

function errorsPage(): string {
  const entries = Object.entries<CatalogEntry>(catalog);
  return [
    "# Errors",
    generated,
    "Every error has a permanent code. `godwit explain CODE` prints the same text.",
    table(
      ["Code", "Error", "Exit code"],
      entries.map(([name, { title, exit = 1 }]) => [
        `[${name}](#${name.toLowerCase()})`,
        title,
        String(exit),
      ]),
    ),
    ...entries.map(
      ([name, { title, explanation, hint }]) =>
        `## ${name}\n\n**${title}.** ${explanation}\n\nWhat to do: ${hint}`,
    ),
  ]
    .join("\n\n")
    .concat("\n");
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
