import { faultKinds } from "../core/mappings-steps.ts";
import type { ArgumentSpec, CommandSpec, Example, OptionSpec } from "./command-spec.ts";

/** What can be done with mapping databases: `godwit mappings` takes it as its first word, `hoho decomp` as a command. */
export type MappingsAction = "migrate" | "validate" | "rollback" | "show" | "diff";

export interface MappingsActionSpec {
  readonly summary: string;
  /** Goes on from the action's name. */
  readonly does: string;
  readonly files: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Without the program's words. */
  readonly examples: CommandSpec["examples"];
  readonly json: CommandSpec["json"];
}

const force = (description: string): OptionSpec => ({ name: "--force", description });

const several = (name: string, description: string): readonly ArgumentSpec[] => [
  { name, description, isOptional: true, isVariadic: true },
];

const wait: OptionSpec = {
  name: "--wait",
  value: "DURATION",
  kind: "milliseconds",
  description: "how long to wait while another run works on the output, e.g. 5m (default: not at all)",
};

const decomp = "decomp/mappings.json, decomp/learned-mappings.json and decomp/mappings/global-mappings.json";

/** The one description of each action, of which both programs' help and parsers are made. */
export const mappingsActions: Readonly<Record<MappingsAction, MappingsActionSpec>> = {
  migrate: {
    summary: "migrate mapping databases between JSON and MessagePack, and between versions",
    does: "reads files, checks all of them, backs up what it replaces, writes the new file beside, reads it back and then puts it in its place, so that a kill at any moment leaves the old file or the new one; the same command goes on with an interrupted run",
    files: several("IN", `what is read (default: ${decomp}, those that exist)`),
    options: [
      {
        name: "--to",
        value: "FORMAT",
        kind: "text",
        description: "msgpack or json (default: by the ending of --out, else msgpack)",
      },
      {
        name: "--out",
        value: "PATH",
        kind: "file",
        description:
          "the file that is made, or a folder for it (default: beside the input, with the format's ending; decomp/mappings.msgpack where no file is named)",
      },
      {
        name: "--each",
        description:
          "each file is a database of its own and gets an output of its own (default: all are merged into one)",
      },
      {
        name: "--schema-version",
        value: "VERSION",
        kind: "text",
        description:
          "1.0 or 1.1 (default: the input's). What 1.0 has no place for is kept in OUTPUT.aside.jsonl, and comes back with 1.1",
      },
      {
        name: "--shape",
        value: "SHAPE",
        kind: "text",
        description: "of JSON: list (default), keyed or flat; JSON that is made of JSON keeps its own",
      },
      {
        name: "--naming",
        value: "NAMING",
        kind: "text",
        description: "of JSON's members: pascal (default), camel or snake",
      },
      {
        name: "--clean",
        value: "FAULTS",
        kind: "names",
        description: `mend these faults: ${faultKinds.join(", ")}, or all; each one is listed before`,
      },
      { name: "--strict", description: "refuse files that contradict one another" },
      force("replace an output that is there; it is backed up first"),
      { name: "--backup", description: "back up what is replaced" },
      { name: "--no-backup", description: "make no backup, as is done otherwise; then there is no way back" },
      {
        name: "--batch",
        value: "COUNT",
        kind: "count",
        least: 1,
        description: "so many mappings at once, between two looks at the stop file (default: 4096)",
      },
      {
        name: "--jobs",
        value: "COUNT",
        kind: "count",
        least: 1,
        description: "with --each, so many files at the same time (default: 2)",
      },
      { name: "--dry-run", description: "look at the files and show what would be done; change nothing" },
      { name: "--resume", description: "go on with the interrupted run, with what it was asked for" },
      wait,
    ],
    examples: [
      { command: "migrate", description: "JSON in decomp/ to decomp/mappings.msgpack, with a comparison" },
      { command: "migrate --dry-run", description: "See what would become of the files in decomp/" },
      { command: "migrate decomp/mappings.msgpack --to json --out export.json", description: "To JSON" },
    ],
    json: "events",
  },
  validate: {
    summary: "read and check mapping databases",
    does: "reads all of each file and says what it holds, and which faults --clean of migrate would mend",
    files: several("FILE", "what is read"),
    options: [
      { name: "--strict", description: "exit with 1 where there are faults that --clean could mend" },
    ],
    examples: [
      { command: "validate decomp/mappings.msgpack", description: "Is it whole?" },
      { command: "validate decomp/*.json --strict", description: "Fail on faults that could be mended" },
    ],
    json: "document",
  },
  rollback: {
    summary: "put back what was there before a migration",
    does: "puts the exact old bytes back from the backup, after its checksum was compared, or removes the new file where there was none before; on a terminal it asks first",
    files: several("FILE", "the migrated file (default: decomp/mappings.msgpack)"),
    options: [
      force("put the old bytes back although the file was changed since"),
      {
        name: "--run",
        value: "RUN",
        kind: "text",
        description:
          "only where it is this run that would be undone, by the beginning of its id; for scripts, which cannot look first",
      },
      { name: "--dry-run", description: "say which migration would be undone; change nothing" },
      wait,
    ],
    examples: [
      { command: "rollback decomp/mappings.msgpack", description: "Undo its newest migration" },
      { command: "rollback other.msgpack --force", description: "Although it was changed since" },
    ],
    json: "events",
  },
  show: {
    summary: "print mappings",
    does: "prints the mappings of a file, as they are read",
    files: several("FILE", "what is read (default: decomp/mappings.msgpack, or JSON in decomp/)"),
    options: [
      {
        name: "--format",
        value: "FORM",
        kind: "text",
        description: "table (default), tree, json (one mapping a line), markdown or stats",
      },
      {
        name: "--context",
        value: "CONTEXT",
        kind: "text",
        description: "only mappings of this context; those without one are of global",
      },
      {
        name: "--type",
        value: "TYPE",
        kind: "text",
        description: "only function, class, variable, parameter, property or method, or its number",
      },
      {
        name: "--search",
        value: "REGEX",
        kind: "text",
        description: "only mappings one of whose two names matches, whatever the case",
      },
      { name: "--limit", value: "COUNT", kind: "count", description: "so many at most (default: all)" },
      {
        name: "--min-confidence",
        value: "NUMBER",
        kind: "share",
        description: "only mappings with this confidence or more, 0 to 1",
      },
    ],
    examples: [
      {
        command: "show --type class --min-confidence 0.9 --format markdown",
        description: "Show some of them",
      },
      { command: "show --format stats", description: "What is in it?" },
    ],
    json: "document",
  },
  diff: {
    summary: "compare two mapping databases",
    does: "compares what two files say, whatever their formats, and exits with 5 where they differ",
    files: [
      { name: "BEFORE", description: "a file" },
      { name: "AFTER", description: "another file" },
    ],
    options: [],
    examples: [
      { command: "diff decomp/mappings.json decomp/mappings.msgpack", description: "Is it the same?" },
      { command: "diff old.msgpack new.msgpack --json", description: "For a program" },
    ],
    json: "document",
  },
};

const actions = Object.entries(mappingsActions) as readonly (readonly [MappingsAction, MappingsActionSpec])[];

/** The options of all actions, each with the actions that take it. */
function allOptions(): OptionSpec[] {
  const all = new Map<string, { option: OptionSpec; texts: Map<string, string[]> }>();
  for (const [action, { options }] of actions) {
    for (const option of options) {
      const known = all.get(option.name) ?? { option, texts: new Map<string, string[]>() };
      known.texts.set(option.description, [...(known.texts.get(option.description) ?? []), action]);
      all.set(option.name, known);
    }
  }
  const textOf = (texts: ReadonlyMap<string, readonly string[]>) =>
    [...texts].map(([text, of]) => `${of.join(", ")}: ${text}`).join(". ");
  return [...all.values()].map(({ option, texts }) =>
    Object.assign({}, option, { description: textOf(texts) }),
  );
}

/** The examples of an action, as a program's words begin them. */
export function examplesOf(action: MappingsAction, words: string): CommandSpec["examples"] {
  const [one, other, ...more] = mappingsActions[action].examples;
  const called = (example: Example): Example => ({ ...example, command: `${words} ${example.command}` });
  return [called(one), called(other), ...more.map(called)];
}

const words = "godwit mappings";

export const mappingsSpec: CommandSpec = {
  name: "mappings",
  group: "Mappings",
  summary: "migrate, check and show HOHO's mapping databases",
  description: `Works with the databases in which HOHO maps obfuscated symbols to readable names, in JSON and MessagePack. ${actions.map(([action, { does }]) => `${action} ${does}.`).join(" ")} The journal of a file's runs is beside it, FILE.godwit.db: \`godwit runs --url sqlite:FILE.godwit.db\` lists them.`,
  arguments: [
    {
      name: "ACTION",
      description: "migrate, validate, rollback, show or diff",
      choices: actions.map(([action]) => action),
    },
    ...several(
      "FILE",
      actions
        .map(([action, { files }]) => `${action}: ${files.map(({ description }) => description).join(", ")}`)
        .join("; "),
    ),
  ],
  options: allOptions(),
  examples: [...examplesOf("migrate", words), examplesOf("rollback", words)[0], examplesOf("show", words)[0]],
  json: "events",
  load: async () => (await import("./actions/mappings.ts")).mappings,
};
