import { catalog } from "../core/error-catalog.ts";
import type { CommandGroup, CommandSpec, OptionSpec } from "./command-spec.ts";
import { mappingsSpec } from "./mappings-specs.ts";

/** In the order of the help. */
export const commandGroups: readonly CommandGroup[] = [
  "Start",
  "Migrations",
  "History",
  "Copies",
  "Backups",
  "Mappings",
  "Runs",
  "Server",
  "Help",
];

/** Options of every command; they may stand before or after its name. */
export const globalOptions: readonly OptionSpec[] = [
  {
    name: "--url",
    value: "URL",
    kind: "url",
    description:
      "the database. Other users of this machine can read it in the list of processes: with a password in it, set GODWIT_URL instead",
  },
  { name: "--migrations", value: "DIR", kind: "folder", description: "the folder of the migrations" },
  { name: "--profile", value: "NAME", kind: "text", description: "a profile of the configuration file" },
  { name: "--config", value: "FILE", kind: "file", description: "the configuration file" },
  { name: "--json", description: "print JSON, one document a line" },
  { name: "--yes", description: "answer yes to questions" },
  { name: "--no-color", description: "print without colours" },
];

const to: OptionSpec = {
  name: "--to",
  value: "VERSION",
  kind: "text",
  description: "up to and with this version",
};
const wait: OptionSpec = {
  name: "--wait",
  value: "DURATION",
  kind: "milliseconds",
  description: "how long to wait while another run holds the lock, e.g. 5m (default: not at all)",
};
const limits: readonly OptionSpec[] = [
  {
    name: "--lock-timeout",
    value: "DURATION",
    kind: "duration",
    description: "how long a statement may wait for a lock, e.g. 2s",
  },
  {
    name: "--statement-timeout",
    value: "DURATION",
    kind: "duration",
    description: "how long a statement may run, e.g. 15m",
  },
  {
    name: "--lock-retries",
    value: "COUNT",
    kind: "count",
    description: "how often a statement that got no lock is tried again",
  },
];
const selection: readonly OptionSpec[] = [
  {
    name: "--tables",
    value: "NAMES",
    kind: "names",
    description: "only these tables, with commas between them; * stands for anything",
  },
  { name: "--exclude", value: "NAMES", kind: "names", description: "not these tables" },
  {
    name: "--rules",
    value: "FILES",
    kind: "names",
    description: "mapping rules: an AWS DMS table mapping, its task settings, or YAML",
  },
];
const outputFile: OptionSpec = {
  name: "--output",
  short: "-o",
  value: "FILE",
  kind: "file",
  description: "write into this file instead of printing",
};
/** Of what writes a plan for review. */
const freezing: readonly OptionSpec[] = [
  {
    name: "--output",
    short: "-o",
    value: "FILE",
    kind: "file",
    description: "write the plan to a file, for review, approval and `godwit apply FILE`",
  },
  {
    name: "--as",
    value: "NAME",
    kind: "text",
    description: "whose plan it is (default: GODWIT_ACTOR, or the system's user)",
  },
  { name: "--ticket", value: "TICKET", kind: "text", description: "the change ticket that it belongs to" },
];
/** Of what changes a database. */
const gates: readonly OptionSpec[] = [
  {
    name: "--confirm",
    value: "NAME",
    kind: "text",
    description: "the database's name, where the environment demands that it is typed",
  },
  {
    name: "--skip-gate",
    value: "NAME=REASON",
    kind: "pairs",
    description: "pass a gate that is closed, for a reason that is kept, where the configuration allows it",
  },
];
const dangers: OptionSpec = {
  name: "--allow",
  value: "DANGERS",
  kind: "names",
  description: "dangers that you agree to, each by the name that the plan gives it",
};
const noSchemaFile: OptionSpec = { name: "--no-schema-file", description: "leave the schema file as it is" };

export const commandSpecs: readonly CommandSpec[] = [
  {
    name: "init",
    group: "Start",
    summary: "write a configuration and make the migrations folder",
    description:
      "Writes godwit.config.yaml into the current folder and makes the migrations folder, or takes one that is there. Overwrites nothing.",
    options: [{ name: "--print-schema", description: "print the JSON schema of the configuration instead" }],
    examples: [
      { command: "godwit init", description: "Begin in the current folder" },
      { command: "godwit init --migrations db/migrations", description: "Keep migrations where they are" },
    ],
    json: "document",
    load: async () => (await import("./actions/init.ts")).init,
  },
  {
    name: "new",
    group: "Start",
    summary: "make the files of a new migration",
    description: "Makes an up file and a down file, named as the folder's other migrations are.",
    arguments: [{ name: "NAME", description: "what it does, e.g. add_orders" }],
    options: [
      { name: "--ts", description: "a TypeScript migration instead of SQL files" },
      {
        name: "--repeatable",
        description: "a migration that runs again whenever it changes, e.g. for a view",
      },
    ],
    examples: [
      { command: "godwit new add_orders", description: "A pair of SQL files" },
      { command: "godwit new fill_totals --ts", description: "A migration in TypeScript" },
    ],
    json: "document",
    load: async () => (await import("./actions/new.ts")).create,
  },
  {
    name: "status",
    group: "Migrations",
    summary: "show which migrations are applied and which are pending",
    description:
      "Compares the folder with the database's history. Reads only, takes no lock, and works while another run is going on.",
    options: [{ name: "--exit-code", description: "exit with 2 when something is pending or wrong" }],
    examples: [
      { command: "godwit status", description: "Show all migrations" },
      { command: "godwit status --exit-code", description: "Fail a build while migrations are pending" },
    ],
    json: "document",
    load: async () => (await import("./actions/status.ts")).status,
  },
  {
    name: "plan",
    group: "Migrations",
    summary: "show what apply would run, with its transactions",
    description:
      "Prints the steps that `godwit apply` would carry out now, in order. With -o the plan is written to a file: with the database's state, the steps and their way back, under one hash, so that what is reviewed is what runs. With FILE it prints such a plan. Changes nothing in the database.",
    arguments: [{ name: "FILE", description: "a plan that was written with -o", isOptional: true }],
    options: [
      to,
      ...freezing,
      {
        name: "--format",
        value: "FORM",
        kind: "text",
        description: "text, or markdown or html: a document for a review, written to the file of -o",
      },
      {
        name: "--with",
        value: "PARTS",
        kind: "names",
        description: "of such a document: runbook, what to type; checklist, what to tick off and sign",
      },
    ],
    examples: [
      { command: "godwit plan", description: "Show the SQL of all that is pending" },
      { command: "godwit plan -o plan.json", description: "Write it down for review" },
      {
        command: "godwit plan plan.json --format html --with runbook,checklist -o plan.html",
        description: "Make a document of it",
      },
      { command: "godwit plan --json > plan.json", description: "Keep the plan as a document" },
    ],
    json: "document",
    load: async () => (await import("./actions/plan.ts")).plan,
  },
  {
    name: "rehearse",
    group: "Migrations",
    summary: "try a plan on a scratch database: forward, back and forward",
    description:
      "Makes a scratch database with the target's schema and without its rows, carries the plan out there, undoes it by the down files and carries it out again. The schema after the way back must be the one before, and both ways forward must make the same. What came of it, with the times, is kept in the target's ledger, where the gate of that name looks. Nothing else of the target is changed.",
    arguments: [
      { name: "FILE", description: "a plan that was written with `godwit plan -o`", isOptional: true },
    ],
    options: [
      to,
      {
        name: "--scratch",
        value: "DATABASE",
        kind: "text",
        description:
          "an empty database to use, as a URL or a profile (default: the configuration's, or one that is made beside the target)",
      },
      ...limits,
    ],
    examples: [
      { command: "godwit rehearse", description: "Try all that is pending" },
      { command: "godwit rehearse plan.json", description: "Try a plan that is under review" },
    ],
    json: "document",
    load: async () => (await import("./actions/rehearse.ts")).rehearse,
  },
  {
    name: "approve",
    group: "Migrations",
    summary: "add your approval to a plan",
    description:
      "Adds an approval to a plan's file, bound to the plan's hash: an edited plan has none. The author of a plan cannot approve it, and nobody can twice. With --key the approval is signed; where the configuration lists approvers with their keys, only signed ones count. Asks no database.",
    arguments: [{ name: "FILE", description: "a plan that was written with `godwit plan -o`" }],
    options: [
      { name: "--as", value: "NAME", kind: "text", description: "who approves" },
      {
        name: "--ticket",
        value: "TICKET",
        kind: "text",
        description: "the change ticket that it belongs to",
      },
      {
        name: "--key",
        value: "FILE",
        kind: "file",
        description:
          "sign with this Ed25519 key: OpenSSH's format or PEM, or a .pub file whose other half ssh-agent has",
      },
      {
        name: "--allow",
        value: "DANGERS",
        kind: "names",
        description: "dangers of the plan that you agree to, each by the name that the plan gives it",
      },
    ],
    examples: [
      { command: "godwit approve plan.json --as bob", description: "Approve what was reviewed" },
      {
        command: "godwit approve plan.json --as bob --ticket OPS-17 --key ~/.ssh/id_ed25519",
        description: "The same for a ticket, and signed",
      },
    ],
    json: "document",
    load: async () => (await import("./actions/approve.ts")).approve,
  },
  {
    name: "apply",
    group: "Migrations",
    summary: "apply the pending migrations",
    description:
      "Applies what is pending, in order, or continues a run that was interrupted. It can be stopped at any time and run again. With FILE exactly the plan in it is carried out, whatever the folder holds by now; it is refused where the database has changed since.",
    arguments: [
      { name: "FILE", description: "a plan that was written with `godwit plan -o`", isOptional: true },
    ],
    options: [
      to,
      { name: "--dry-run", description: "print what would run, like `godwit plan`" },
      {
        name: "--source",
        value: "DATABASE",
        kind: "text",
        description: "of a copy's plan: what is read, a URL or a profile (default: the plan's profile)",
      },
      { name: "--target", value: "DATABASE", kind: "text", description: "and what is written" },
      {
        name: "--allow-out-of-order",
        description: "also apply migrations that are older than the newest applied one",
      },
      ...gates,
      dangers,
      wait,
      ...limits,
      noSchemaFile,
    ],
    examples: [
      { command: "godwit apply", description: "Apply all that is pending" },
      {
        command: "godwit apply --wait 5m --lock-timeout 1s",
        description: "Let another run finish first; be gentle to a busy table",
      },
      { command: "godwit apply --to 20260131093000", description: "Stop after a version" },
      { command: "godwit apply plan.json", description: "Carry out the plan that was reviewed" },
    ],
    json: "events",
    load: async () => (await import("./actions/apply.ts")).apply,
  },
  {
    name: "rollback",
    group: "Migrations",
    summary: "undo the newest migrations by their down files",
    description:
      "Undoes migrations in the reverse of the order in which they were applied, or continues a rollback that was interrupted. Down files may drop tables and the data in them, so it asks first; without a terminal it needs --yes. Repeatable migrations run again with the next apply.",
    options: [
      {
        name: "--steps",
        value: "COUNT",
        kind: "count",
        least: 1,
        description: "how many migrations (default: 1)",
      },
      {
        name: "--to",
        value: "VERSION",
        kind: "text",
        description: "undo everything newer than this version; 0 for everything",
      },
      { name: "--dry-run", description: "print what would run; with -o, write it to a file for review" },
      ...freezing,
      ...gates,
      {
        name: "--allow",
        value: "NAMES",
        kind: "names",
        description:
          "what may be lost: dangers by the names that the plan gives them, and overwrite-changed-rows, which puts kept rows back over what was written since",
      },
      wait,
      ...limits,
      noSchemaFile,
    ],
    examples: [
      { command: "godwit rollback", description: "Undo the newest migration" },
      { command: "godwit rollback --to 20260131093000 --yes", description: "Go back to a version, unasked" },
    ],
    json: "events",
    load: async () => (await import("./actions/rollback.ts")).rollback,
  },
  {
    name: "redo",
    group: "Migrations",
    summary: "undo the newest migration and apply it again",
    description:
      "For a migration that is still being written. Asks first, as rollback does. Repeatable migrations run again with the next apply.",
    options: [...gates, dangers, wait, ...limits, noSchemaFile],
    examples: [
      { command: "godwit redo", description: "Try the newest migration once more" },
      { command: "godwit redo --yes", description: "The same without a question" },
    ],
    json: "events",
    load: async () => (await import("./actions/redo.ts")).redo,
  },
  {
    name: "validate",
    group: "History",
    summary: "check files and history, and that they agree",
    description:
      "Parses every migration, up and down, checks the history's seals, and compares both. Finds all problems and changes nothing.",
    options: [],
    examples: [
      { command: "godwit validate", description: "Check everything" },
      { command: "godwit validate --json", description: "The same for a program" },
    ],
    json: "document",
    load: async () => (await import("./actions/validate.ts")).validate,
  },
  {
    name: "repair",
    group: "History",
    summary: "correct the history, or settle a blocked run",
    description:
      "Writes rows into the history that say what was decided; nothing is overwritten, and no migration is run. --forget and --reseal ask first; without a terminal they need --yes. A half-applied migration that is forgotten starts again from its first statement: undo by hand what took effect before.",
    options: [
      { name: "--accept", value: "VERSION", kind: "list", description: "take edited files as they are now" },
      { name: "--accept-all", description: "take all edited files as they are now" },
      {
        name: "--forget",
        value: "VERSION",
        kind: "list",
        description:
          "drop migrations from the history, as if they had never been applied, also half-applied ones",
      },
      { name: "--reseal", description: "accept a history that was altered by hand" },
      { name: "--done", value: "KEY", kind: "list", description: "this step of the blocked run took effect" },
      { name: "--not-done", value: "KEY", kind: "list", description: "this step did not" },
      wait,
    ],
    examples: [
      { command: "godwit repair --accept 20260131093000", description: "Accept an edited file" },
      {
        command: "godwit repair --done 20260131093000/up/2",
        description: "Say that a statement of a blocked run took effect",
      },
    ],
    json: "events",
    load: async () => (await import("./actions/repair.ts")).repair,
  },
  {
    name: "baseline",
    group: "History",
    summary: "take over a database that was made without Godwit",
    description:
      "Records that this version and all older ones are applied, without running them, and prints which files that are. On a terminal it asks first.",
    arguments: [{ name: "VERSION", description: "the newest version that the database has" }],
    options: [{ name: "--without-file", description: "take a version of which there is no file" }, wait],
    examples: [
      { command: "godwit baseline 20260131093000", description: "Begin with the migrations after this one" },
      { command: "godwit baseline 12", description: "The same with numbered files" },
    ],
    json: "events",
    load: async () => (await import("./actions/baseline.ts")).baseline,
  },
  {
    name: "snapshots",
    group: "History",
    summary: "list the rows that data changes have kept, or drop them",
    description:
      "Lists the tables in which migrations with `-- godwit: snapshot` keep the rows that they changed. They stay until they are dropped, also after a rollback has put the rows back. Dropping asks first; without a terminal it needs --yes, and --confirm where the environment demands the database's name.",
    options: [
      {
        name: "--drop",
        value: "IDS",
        kind: "names",
        description:
          "drop these, with commas between them; restored stands for those that were put back, all for all",
      },
      ...gates,
      wait,
    ],
    examples: [
      { command: "godwit snapshots", description: "List them" },
      { command: "godwit snapshots --drop restored --yes", description: "Drop what is not needed any more" },
    ],
    json: "events",
    load: async () => (await import("./actions/snapshots.ts")).snapshots,
  },
  {
    name: "copy",
    group: "Copies",
    summary: "copy a database into another one",
    description:
      "Copies tables, rows, keys, constraints, counters and views from SOURCE to TARGET, which may be of another engine, and then proves by digests that both hold the same. Before anything is written, the data are searched for values that the target's types cannot keep. Views are kept where they give the same rows; triggers and routines go along within one engine, and are drafted into a file between two. A copy that was interrupted is continued by the same command. SOURCE and TARGET are connection URLs or names of profiles.",
    arguments: [
      { name: "SOURCE", description: "what is read: a URL, or a profile" },
      { name: "TARGET", description: "what is written: a URL, or a profile" },
    ],
    options: [
      ...selection,
      { name: "--schema-only", description: "make the tables, and copy no rows" },
      { name: "--data-only", description: "copy rows into tables that are there" },
      {
        name: "--mode",
        value: "MODE",
        kind: "text",
        description:
          "create (the default; the tables must not be there), truncate (they are emptied first), refresh (new ones are loaded beside them and swapped in at once), upsert (rows replace those of the same key) or incremental (upsert of the rows whose --watermark has grown since the last time)",
      },
      {
        name: "--watermark",
        value: "COLUMN",
        kind: "text",
        description:
          "a column of each table that grows whenever a row is written; how far it was copied is kept for the next --mode incremental",
      },
      {
        name: "--phases",
        value: "HOW",
        kind: "text",
        description:
          "copy at most 1,000 rows of one table, then that table, then its schema, then the rest, and prove each phase before the next: auto goes on by itself, stop ends at each gate and goes on with the same command",
      },
      {
        name: "--phase-rows",
        value: "ROWS",
        kind: "rows",
        description: "how many rows the first phase copies at most, 100 to 100,000 (default: 1,000)",
      },
      {
        name: "--jobs",
        value: "COUNT",
        kind: "count",
        least: 1,
        description: "how many chunks are copied, indexes built and tables compared at once (default: 2)",
      },
      {
        name: "--chunk-size",
        value: "SIZE",
        kind: "bytes",
        description:
          "about how much is copied in one transaction, such as 64MB; what a kill undoes is copied again (default: 16MB)",
      },
      {
        name: "--allow",
        value: "LOSSES",
        kind: "names",
        description: "losses that may happen, each by the name that the plan gives it",
      },
      {
        name: "--quarantine",
        description:
          "set rows that the target refuses aside instead of stopping at the first; the copy then counts as not verified and exits with 5",
      },
      {
        name: "--quarantine-limit",
        value: "COUNT",
        kind: "count",
        description: "how many rows may be set aside (default: 1000)",
      },
      {
        name: "--drafts",
        value: "FILE",
        kind: "file",
        description:
          "where views, triggers and routines that are left undone are written, with drafts in the target's language (default: godwit-undone-DATABASE.sql)",
      },
      {
        name: "--plan",
        description: "only show what would be done, decided and lost; with -o, write it down for review",
      },
      ...freezing,
      { name: "--resume", value: "RUN", kind: "text", description: "continue this interrupted copy" },
      {
        name: "--restart",
        description: "give an unfinished copy up: drop the tables that it made, and begin anew",
      },
      ...gates,
      wait,
      ...limits.filter(({ name }) => name !== "--statement-timeout"),
    ],
    examples: [
      {
        command: "godwit copy old new --plan",
        description: "Show the decisions, between two profiles",
      },
      { command: "godwit copy sqlite:shop.db new", description: "Copy a file into a server" },
      {
        command: "godwit copy old new --tables 'sales.*' --exclude sales.log",
        description: "Copy some tables",
      },
    ],
    json: "events",
    load: async () => (await import("./actions/copy.ts")).copy,
  },
  {
    name: "verify",
    group: "Copies",
    summary: "prove that two databases hold the same",
    description:
      "Compares the tables of SOURCE with those of TARGET by digests that the servers compute, and finds the rows that differ. Foreign keys of the target are checked as well, and what interrupted jobs have left there is named. Changes nothing; exits with 5 where the two differ.",
    arguments: [
      { name: "SOURCE", description: "a URL, or a profile" },
      { name: "TARGET", description: "a URL, or a profile" },
    ],
    options: [
      ...selection,
      { name: "--columns", value: "NAMES", kind: "names", description: "only these columns" },
      {
        name: "--where",
        value: "CONDITION",
        kind: "text",
        description: "only rows that meet it, as the source's engine writes it",
      },
      {
        name: "--sample",
        value: "PERCENT",
        kind: "percent",
        description: "only a part of each table, chosen by chance",
      },
      {
        name: "--allow",
        value: "LOSSES",
        kind: "names",
        description:
          "losses that the copy was allowed, by the same names: such values are compared as they were copied",
      },
      {
        name: "--ulps",
        value: "COUNT",
        kind: "count",
        description:
          "how many representable floating-point numbers apart two values may be (default: 1); they are told",
      },
      {
        name: "--jobs",
        value: "COUNT",
        kind: "count",
        least: 1,
        description: "how many tables are compared at once (default: 2)",
      },
    ],
    examples: [
      { command: "godwit verify old new", description: "Compare everything" },
      { command: "godwit verify old new --sample 5%", description: "Look at a part" },
    ],
    json: "events",
    load: async () => (await import("./actions/verify.ts")).verify,
  },
  {
    name: "ctl",
    group: "Server",
    summary: "pause, resume, stop or slow down a run",
    description:
      "Tells a run that is going on, from any host that reaches its database, through a row in its ledger; the run takes it within a second or so, and heeds it before its next statement or batch. What it was told holds when the run is interrupted and goes on: a paused run stays paused until `resume`. `stop` ends the run once; the same command that began it goes on with it. `throttle 30%` lets it work at a third of its speed, `throttle 100%` at all of it. `chunk-size 4MB` holds for the tables of a copy that are not begun yet. `status` shows the runs that are not done, and what they were told.",
    arguments: [
      {
        name: "ACTION",
        description: "what the run is told",
        choices: ["status", "pause", "resume", "stop", "throttle", "chunk-size"],
      },
      { name: "VALUE", description: "of throttle a percentage, of chunk-size a size", isOptional: true },
      {
        name: "RUN",
        description: "the run's id, or how it begins (default: the one run that is not done)",
        isOptional: true,
      },
    ],
    options: [],
    examples: [
      { command: "godwit ctl pause", description: "Hold the run before its next statement or batch" },
      { command: "godwit ctl throttle 30% 0192ab34", description: "Slow a copy down" },
      { command: "godwit ctl status --json", description: "What was it told?" },
    ],
    json: "document",
    load: async () => (await import("./actions/ctl.ts")).ctl,
  },
  {
    name: "runs",
    group: "Runs",
    summary: "list the runs of the database",
    description: "Lists what ran on the database, the newest first, with how it ended. Changes nothing.",
    options: [
      {
        name: "--limit",
        value: "COUNT",
        kind: "count",
        least: 1,
        description: "so many of the newest (default: 20)",
      },
    ],
    examples: [
      { command: "godwit runs", description: "The newest runs" },
      { command: "godwit runs --limit 200 --json", description: "More of them, for a program" },
    ],
    json: "document",
    load: async () => (await import("./actions/runs.ts")).runs,
  },
  {
    name: "report",
    group: "Runs",
    summary: "tell what became of a run",
    description:
      "Makes the final report of a run from the ledger, over all its attempts: status, what was migrated, backups, validation, scripts, performance and downtime. As HTML it is one file with charts, which needs no script and loads nothing. Changes nothing.",
    arguments: [
      { name: "RUN", description: "a run's id, or its beginning; default the newest run", isOptional: true },
    ],
    options: [
      {
        name: "--format",
        value: "FORMAT",
        kind: "text",
        description: "json, markdown or html (default: by the file's ending, else markdown)",
      },
      outputFile,
    ],
    examples: [
      { command: "godwit report", description: "What became of the newest run" },
      { command: "godwit report 0192ab34 -o report.html", description: "A page to hand on" },
    ],
    json: "document",
    load: async () => (await import("./actions/report.ts")).report,
  },
  {
    name: "audit",
    group: "Runs",
    summary: "check or export the event log of all runs",
    description:
      "Every event of a run is kept in the ledger, in a chain of hashes. `verify` checks the chain, and runs, steps and the history against it, and names each row that was edited, removed or moved; it exits with 5 where something does not fit. A chain by itself cannot show that its end was cut off or written anew as a whole: keep what `head` prints somewhere else, and give it to `verify --expect-head`. `export` writes the events out. Changes nothing.",
    arguments: [
      { name: "ACTION", description: "verify, head or export", choices: ["verify", "head", "export"] },
    ],
    options: [
      {
        name: "--expect-head",
        value: "HASH",
        kind: "text",
        description: "verify: the log must still have this head, as `godwit audit head` printed it",
      },
      { name: "--run", value: "ID", kind: "text", description: "export: only the events of this run" },
      {
        name: "--since",
        value: "TIME",
        kind: "text",
        description: "export: only later events; a date, a time, or how long ago, e.g. 24h",
      },
      {
        name: "--format",
        value: "FORMAT",
        kind: "text",
        description: "export: ndjson, json or csv (default: ndjson)",
      },
      outputFile,
    ],
    examples: [
      { command: "godwit audit verify", description: "Check the whole log" },
      { command: "godwit audit export --format csv -o events.csv", description: "Hand it to an auditor" },
    ],
    json: "document",
    load: async () => (await import("./actions/audit.ts")).audit,
  },
  {
    name: "backup",
    group: "Backups",
    summary: "make backups, prove them, restore them",
    description:
      "create writes a backup of the database into a file and verify restores it into a scratch database and compares: only then it counts. list shows the backups of the database, restore puts one BACKUP, a file, into an empty database (DATABASE, or the configured one), prune removes old ones. verify takes a file or the beginning of an id, and without BACKUP the newest.",
    arguments: [
      {
        name: "ACTION",
        description: "create, verify, list, restore or prune",
        choices: ["create", "verify", "list", "restore", "prune"],
      },
      { name: "BACKUP", description: "verify, restore: which backup", isOptional: true },
      { name: "DATABASE", description: "restore: a URL or a profile", isOptional: true },
    ],
    options: [
      {
        name: "--form",
        value: "FORM",
        kind: "text",
        description:
          "create: portable (default), which needs no other program, or native, by the server's own dump program",
      },
      {
        name: "--output",
        value: "PATH",
        kind: "file",
        description: "create: a file that is not there yet, or a folder (default: backupFolder)",
      },
      {
        name: "--encrypt",
        description: "create: encrypt with the key of GODWIT_BACKUP_KEY or of the key file (AES-256-GCM)",
      },
      {
        name: "--key-file",
        value: "FILE",
        kind: "file",
        description: "create, verify, restore: the file of the key (default: backupKeyFile)",
      },
      { name: "--verify", description: "create: verify it as well" },
      {
        name: "--scratch",
        value: "URL",
        kind: "url",
        description: "verify: an empty database for the proof (default: one is made beside, and dropped)",
      },
      {
        name: "--confirm",
        value: "NAME",
        kind: "text",
        description:
          "restore: the name of the database whose content may be replaced, or that is not called as the backup's was",
      },
      {
        name: "--jobs",
        value: "COUNT",
        kind: "count",
        least: 1,
        description: "create, verify, restore: sessions that work at the same time (default: 2)",
      },
      {
        name: "--plain",
        description:
          "restore: take the file though it is not encrypted and there is a key, or is not what the target's ledger has under its name",
      },
      { name: "--all", description: "list: also those that were removed" },
      { name: "--keep", value: "COUNT", kind: "count", description: "prune: so many of the newest stay" },
      {
        name: "--older-than",
        value: "DURATION",
        kind: "milliseconds",
        description: "prune: only those that are older, e.g. 720h",
      },
      wait,
      ...limits.filter(({ name }) => name !== "--statement-timeout"),
    ],
    examples: [
      { command: "godwit backup create --verify", description: "Make a backup that counts" },
      { command: "godwit backup list", description: "See what there is" },
      {
        command:
          "godwit backup restore backups/shop-20260131T093000Z-1a2b3c4d.godwit restored --confirm shop2",
        description: "Restore into the database of another profile",
      },
      { command: "godwit backup prune --keep 7 --yes", description: "Keep the seven newest" },
    ],
    json: "events",
    load: async () => (await import("./actions/backup.ts")).backup,
  },
  mappingsSpec,
  {
    name: "wait",
    group: "Server",
    summary: "wait until the server accepts connections",
    description: "Tries to connect until it works. A refused password or a missing database fails at once.",
    options: [
      {
        name: "--timeout",
        value: "DURATION",
        kind: "milliseconds",
        description: "how long to try (default: 1m)",
      },
    ],
    examples: [
      { command: "godwit wait && godwit apply", description: "Start together with the server" },
      { command: "godwit wait --timeout 5m", description: "Be patient" },
    ],
    json: "document",
    load: async () => (await import("./actions/wait.ts")).wait,
  },
  {
    name: "doctor",
    group: "Server",
    summary: "look for what would trouble a run",
    description:
      "Checks the server, privileges, settings, the migrations and the history, and says how to correct what it finds. Changes nothing.",
    options: [],
    examples: [
      { command: "godwit doctor", description: "Check everything" },
      { command: "godwit doctor --profile production", description: "Check another database" },
    ],
    json: "document",
    load: async () => (await import("./actions/doctor.ts")).doctor,
  },
  {
    name: "explain",
    group: "Help",
    summary: "explain an error code",
    description: "Says why an error happens and how to get out of it.",
    arguments: [{ name: "CODE", description: "e.g. GW4001", choices: Object.keys(catalog) }],
    options: [],
    examples: [
      { command: "godwit explain GW4001", description: "Explain one error" },
      { command: "godwit explain 5001", description: "The letters may be left out" },
    ],
    json: "document",
    load: async () => (await import("./actions/explain.ts")).explain,
  },
  {
    name: "completion",
    group: "Help",
    summary: "print a completion script for a shell",
    description: "Prints a script that completes commands, options and files.",
    arguments: [{ name: "SHELL", description: "bash, zsh or fish", choices: ["bash", "zsh", "fish"] }],
    options: [],
    examples: [
      { command: 'eval "$(godwit completion bash)"', description: "In ~/.bashrc" },
      {
        command: "godwit completion fish > ~/.config/fish/completions/godwit.fish",
        description: "For fish",
      },
    ],
    json: "none",
    load: async () => (await import("./actions/completion.ts")).completion,
  },
];
