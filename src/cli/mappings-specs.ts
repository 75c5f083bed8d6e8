import { faultKinds } from "../core/mappings-steps.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command-spec.ts";

/** What each action on mapping databases takes. `godwit mappings` has them all, `hoho decomp` a command for each. */
export type MappingsAction = "migrate" | "validate" | "rollback" | "show" | "diff";

const force = (description: string): OptionSpec => ({ name: "--force", description });

export const showOptions: readonly OptionSpec[] = [
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
];

export const mappingsOptions: Readonly<Record<MappingsAction, readonly OptionSpec[]>> = {
  migrate: [
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
    { name: "--backup", description: "back up what is replaced (the default)" },
    { name: "--no-backup", description: "make no backup; then there is no way back" },
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
  ],
  validate: [{ name: "--strict", description: "exit with 1 where there are faults that --clean could mend" }],
  rollback: [
    force("put the old bytes back although the file was changed since"),
    {
      name: "--run",
      value: "RUN",
      kind: "text",
      description:
        "only where it is this run that would be undone, by the beginning of its id; for scripts, which cannot look first",
    },
  ],
  show: showOptions,
  diff: [],
};

export const mappingsWait: OptionSpec = {
  name: "--wait",
  value: "DURATION",
  kind: "milliseconds",
  description: "how long to wait while another run works on the output, e.g. 5m (default: not at all)",
};

/** The options of all actions, each with the actions that take it. */
function allOptions(): OptionSpec[] {
  const all = new Map<string, { option: OptionSpec; actions: string[]; texts: string[] }>();
  for (const [action, options] of Object.entries(mappingsOptions)) {
    for (const option of options) {
      const known = all.get(option.name);
      if (known === undefined)
        all.set(option.name, { option, actions: [action], texts: [option.description] });
      else {
        known.actions.push(action);
        known.texts.push(option.description);
      }
    }
  }
  const text = (actions: readonly string[], texts: readonly string[]) =>
    actions.map((action, n) => `${action}: ${texts[n] ?? ""}`).join(". ");
  return [
    ...[...all.values()].map(({ option, actions, texts }) =>
      Object.assign({}, option, { description: text(actions, texts) }),
    ),
    mappingsWait,
  ];
}

export const fileArgument: ArgumentSpec = {
  name: "FILE",
  description:
    "migrate: what is read (default: decomp/mappings.json, decomp/learned-mappings.json and decomp/mappings/global-mappings.json, those that exist); validate: files; rollback: the migrated file (default: decomp/mappings.msgpack); show: one file; diff: two",
  isOptional: true,
  isVariadic: true,
};

export const mappingsSpec: CommandSpec = {
  name: "mappings",
  group: "Mappings",
  summary: "migrate, check and show HOHO's mapping databases",
  description:
    "Works with the databases in which HOHO maps obfuscated symbols to readable names, in JSON and MessagePack. migrate reads files, checks all of them, backs up what it replaces, writes the new file beside, reads it back and then puts it in its place, so that a kill at any moment leaves the old file or the new one; the same command goes on with an interrupted run. rollback puts the old bytes back. validate reads and checks, show prints, diff compares by meaning and exits with 5 where two files differ. The journal of a file's runs is beside it, FILE.godwit.db: `godwit runs --url sqlite:FILE.godwit.db` lists them.",
  arguments: [
    {
      name: "ACTION",
      description: "migrate, validate, rollback, show or diff",
      choices: ["migrate", "validate", "rollback", "show", "diff"],
    },
    fileArgument,
  ],
  options: allOptions(),
  examples: [
    {
      command: "godwit mappings migrate --dry-run",
      description: "See what would become of the files in decomp/",
    },
    { command: "godwit mappings migrate", description: "JSON to MessagePack, with a comparison at the end" },
    {
      command: "godwit mappings migrate decomp/mappings.msgpack --to json --out export.json",
      description: "And back",
    },
    { command: "godwit mappings rollback decomp/mappings.msgpack", description: "Undo it" },
    {
      command: "godwit mappings show --type class --min-confidence 0.9 --format markdown",
      description: "Show some of them",
    },
  ],
  json: "events",
  load: async () => (await import("./actions/mappings.ts")).mappings,
};
