import {
  backupCreate,
  backupList,
  type BackupOptions,
  backupPrune,
  backupPrunePlan,
  backupRestore,
  backupVerify,
} from "../../commands/backup.ts";
import type { ProjectOptions } from "../../commands/options.ts";
import { GodwitError } from "../../core/error.ts";
import type { Invocation, OptionValues } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { listText, madeText, provedText, prunedText, restoredText } from "../render-backup.ts";
import { tableText } from "../table.ts";
import { timeText } from "../amounts.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";

const actions: Readonly<Record<string, (invocation: Invocation, ...given: string[]) => Promise<number>>> = {
  create,
  verify,
  list,
  restore,
  prune,
};

/** Which options an action takes, beside those of every command. */
const options: Readonly<Record<string, readonly (keyof OptionValues)[]>> = {
  create: ["form", "output", "encrypt", "keyFile", "verify", "jobs", "scratch"],
  verify: ["keyFile", "scratch", "jobs"],
  list: ["all"],
  restore: ["keyFile", "confirm", "jobs", "plain"],
  prune: ["keep", "olderThan"],
};
const argumentsOf: Readonly<Record<string, number>> = { create: 0, verify: 1, list: 0, restore: 2, prune: 0 };

export async function backup(invocation: Invocation): Promise<number> {
  const [word = "", ...given] = invocation.arguments.filter((each) => each !== undefined);
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
  const wrong = (message: string) =>
    new GodwitError("GW1001", { message, hint: "See `godwit backup --help`.", details: { action: word } });
  if (action === undefined)
    throw wrong(`backup knows no ${JSON.stringify(word)}: expected ${Object.keys(actions).join(", ")}`);
  if (given.length > argumentsOf[word]!) throw wrong(`backup ${word} was given too many arguments`);
  const all = new Set(Object.values(options).flat());
  for (const name of all) {
    if (invocation.options[name] === undefined || options[word]!.includes(name)) continue;
    throw wrong(
      `backup ${word} has no option --${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    );
  }
  return action(invocation, ...given);
}

function withKey({ options: { keyFile, jobs } }: Invocation, project: ProjectOptions): BackupOptions {
  return { ...project, keyFile, jobs };
}

function look({ output, cwd }: Invocation) {
  return { paint: output.out.paint, cwd };
}

async function create(invocation: Invocation): Promise<number> {
  const { form, output: place, encrypt, verify: proves = false, scratch } = invocation.options;
  if (form !== undefined && form !== "portable" && form !== "native") {
    throw new GodwitError("GW1001", {
      message: `--form is ${JSON.stringify(form)}: expected portable or native`,
    });
  }
  const { result } = await running(invocation, async (project) => {
    const given = withKey(invocation, project);
    const made = await backupCreate({ ...given, form, output: place, encrypt });
    // What fails from here on is about a scratch database.
    if (proves) invocation.onFailure(() => "the backup was made, and is not verified");
    const proved = proves ? await backupVerify({ ...given, backup: made.artifact, scratch }) : null;
    return { made, proved };
  });
  const { made, proved } = result;
  invocation.output.result(
    "backup create",
    {
      artifact: made.artifact,
      file: made.file,
      durationMs: made.durationMs,
      notHeld: made.notHeld,
      missing: made.missing,
      verified: proved,
    },
    () => madeText(made, proved, look(invocation)),
  );
  return 0;
}

async function verify(invocation: Invocation, named?: string): Promise<number> {
  const { scratch } = invocation.options;
  const { result } = await running(invocation, (project) => {
    invocation.onFailure(() => "the backup is not verified; the database itself was not changed");
    return backupVerify({ ...withKey(invocation, project), backup: named, scratch });
  });
  invocation.output.result("backup verify", { ...result }, () => provedText(result, look(invocation)));
  return 0;
}

async function list(invocation: Invocation): Promise<number> {
  const backups = await backupList({ ...readingOptions(invocation), all: invocation.options.all });
  invocation.output.result("backup list", { backups }, () => listText(backups, look(invocation)));
  return 0;
}

async function restore(invocation: Invocation, file?: string, place?: string): Promise<number> {
  if (file === undefined)
    throw new GodwitError("GW1001", { message: "backup restore needs the file of the backup" });
  const where =
    place === undefined ? {} : /^[a-z][a-z0-9+]*:/i.test(place) ? { url: place } : { profile: place };
  const { result } = await running(invocation, (project) =>
    backupRestore({
      ...withKey(invocation, project),
      ...where,
      file,
      confirm: invocation.options.confirm,
      plain: invocation.options.plain,
    }),
  );
  const { manifest, runId, sha256, lacks, durationMs } = result;
  const { database, createdAt, tables, notHeld, missing } = manifest;
  invocation.output.result(
    "backup restore",
    {
      runId,
      file,
      sha256,
      backupOf: database,
      createdAt,
      tables: tables.map(({ schema, name, rows }) => ({ schema, name, rows })),
      lacks,
      notHeld,
      missing,
      durationMs,
    },
    () => restoredText(result, look(invocation)),
  );
  return 0;
}

async function prune(invocation: Invocation): Promise<number> {
  const { keep, olderThan } = invocation.options;
  const choice = { keep, olderThanMs: olderThan };
  const isAsked = await confirm(invocation, {
    what: "removes files of backups",
    describe: async () => {
      const { removed } = await backupPrunePlan({ ...readingOptions(invocation), ...choice });
      if (removed.length === 0) return null;
      const rows = removed.map(({ id, createdAt, file }) => [
        id.slice(0, 8),
        timeText(createdAt),
        oneLine(file),
      ]);
      return `These backups will be removed:\n${tableText(rows)}`;
    },
  });
  const result = isAsked
    ? (await running(invocation, (project) => backupPrune({ ...project, ...choice }))).result
    : { removed: [], relied: null, left: [] };
  invocation.output.result("backup prune", { ...result }, () => prunedText(result, look(invocation)));
  return 0;
}
