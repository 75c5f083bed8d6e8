import {
  mappingsDiff,
  mappingsMigrate,
  type MappingsMigrateOptions,
  mappingsPlan,
  mappingsRollback,
  mappingsRollbackPreview,
  mappingsShow,
  mappingsValidate,
} from "../../commands/mappings.ts";
import { journalUrl, type MappingsOptions } from "../../commands/mappings-project.ts";
import { GodwitError } from "../../core/error.ts";
import { faultKinds } from "../../core/mappings-steps.ts";
import type { Invocation, OptionValues } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { type MappingsAction, mappingsActions } from "../mappings-specs.ts";
import {
  diffText,
  migratedDocument,
  migratedText,
  plannedDocument,
  plannedText,
  rollbackPreviewText,
  rolledBackText,
  validatedDocument,
  validatedText,
} from "../render-mappings.ts";
import { reportError } from "../report-error.ts";
import { keepYoungGenerationSmall } from "../small-young-generation.ts";
import { gathered, showFormats, writeMappings } from "../show-mappings.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";

type Act = (invocation: Invocation, files: readonly string[]) => Promise<number>;

export const actions: Readonly<Record<MappingsAction, Act>> = {
  migrate,
  validate,
  rollback,
  show,
  diff,
};

/** The original tool's, whatever it reads. */
const defaultOutput = "decomp/mappings.msgpack";

/** What the exit code is where two files differ. */
const different = 5;

export async function mappings(invocation: Invocation): Promise<number> {
  const [word = "", ...files] = invocation.arguments;
  if (!Object.hasOwn(actions, word)) {
    throw new GodwitError("GW1001", {
      message: `mappings knows no ${JSON.stringify(word)}: expected ${Object.keys(actions).join(", ")}`,
      hint: "See `godwit mappings --help`.",
      details: { action: word },
    });
  }
  const action = word as MappingsAction;
  refuseForeignOptions(action, invocation.options);
  keepYoungGenerationSmall();
  return actions[action](invocation, files);
}

/** An option of another action would be passed over in silence. */
function refuseForeignOptions(action: MappingsAction, options: OptionValues): void {
  const own = new Set(mappingsActions[action].options.map(({ name }) => keyOf(name)));
  for (const { name } of Object.values(mappingsActions).flatMap(({ options: taken }) => taken)) {
    const key = keyOf(name);
    if (options[key] === undefined || own.has(key)) continue;
    throw new GodwitError("GW1001", {
      message: `mappings ${action} has no option ${name}`,
      hint: "See `godwit mappings --help`.",
    });
  }
}

function keyOf(name: string): keyof OptionValues {
  return name
    .replace(/^--(no-)?/, "")
    .replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) as keyof OptionValues;
}

async function migrate(invocation: Invocation, files: readonly string[]): Promise<number> {
  return migrateWith(invocation, migrateChoice(invocation.options, files));
}

async function migrateWith(invocation: Invocation, choice: MappingsMigrateOptions): Promise<number> {
  const { options, output } = invocation;
  if (options.dryRun === true) {
    const plans = await mappingsPlan({ ...choice, ...reading(invocation) });
    output.result("mappings migrate", { dryRun: true, files: plans.map(plannedDocument) }, () =>
      plans.map((plan) => plannedText(plan, look(invocation))).join("\n"),
    );
    return 0;
  }
  const { result } = await running(invocation, (project) =>
    mappingsMigrate({ ...choice, ...place(project) }),
  );
  output.result(
    "mappings migrate",
    {
      files: result.files.map(migratedDocument),
      failed: result.failed.map(({ output: file, error }) => ({ output: file, error: error.toJSON() })),
    },
    () =>
      result.files
        .map((file) =>
          migratedText(
            { ...file, program: invocation.words, url: journalUrl(file.journal) },
            look(invocation),
          ),
        )
        .join("\n"),
  );
  const { env, cwd } = invocation;
  const describe = () => null;
  // The result has them already.
  const codes = output.json
    ? result.failed.map(({ error }) => error.exitCode)
    : result.failed.map(({ error }) => reportError(error, { output, env, cwd, describe }));
  return codes[0] ?? 0;
}

/** As the original tool's command: JSON to MessagePack, and what is read is backed up as well. */
export async function migrateOriginal(invocation: Invocation): Promise<number> {
  const { jsonPath, output, backup = true, force = false } = invocation.options;
  const inputs = jsonPath === undefined ? [] : [jsonPath];
  return migrateWith(invocation, {
    inputs,
    to: "msgpack",
    out: output ?? defaultOutput,
    anyEnding: true,
    backup,
    force,
    backupInputs: true,
  });
}

function migrateChoice(
  {
    to,
    out,
    each,
    schemaVersion,
    shape,
    naming,
    clean,
    strict,
    force,
    backup,
    batch,
    jobs,
    resume,
  }: OptionValues,
  inputs: readonly string[],
): MappingsMigrateOptions {
  return {
    inputs,
    to: oneOf("--to", to, ["msgpack", "json"]),
    out,
    each,
    schemaVersion,
    shape: oneOf("--shape", shape, ["list", "keyed", "flat"]),
    naming: oneOf("--naming", naming, ["pascal", "camel", "snake"]),
    clean: clean?.flatMap((name) =>
      name === "all" ? [...faultKinds] : [oneOf("--clean", name, [...faultKinds]) ?? "duplicate"],
    ),
    strict,
    force,
    backup,
    batch,
    jobs,
    resume: resume === true,
  };
}

function oneOf<T extends string>(what: string, text: string | undefined, known: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw new GodwitError("GW1001", {
    message: `${what} is ${JSON.stringify(text)}: expected ${known.join(", ")}`,
    details: { what },
  });
}

async function validate(invocation: Invocation, files: readonly string[]): Promise<number> {
  if (files.length === 0) throw new GodwitError("GW1001", { message: "mappings validate needs a file" });
  const { output, options, env, cwd } = invocation;
  const valid: Awaited<ReturnType<typeof mappingsValidate>>[] = [];
  const failed: { file: string; error: GodwitError }[] = [];
  for (const file of files) {
    try {
      valid.push(await mappingsValidate({ ...reading(invocation), file }));
    } catch (error) {
      // With one file there is nothing else to tell.
      if (!(error instanceof GodwitError) || files.length === 1) throw error;
      failed.push({ file, error });
    }
  }
  const told = failed.map(({ file, error }) => ({ file, error: error.toJSON() }));
  output.result("mappings validate", { files: valid.map(validatedDocument), failed: told }, () =>
    valid.map((file) => validatedText(file, look(invocation))).join("\n"),
  );
  const describe = () => null;
  const codes = output.json
    ? failed.map(({ error }) => error.exitCode)
    : failed.map(({ error }) => reportError(error, { output, env, cwd, describe }));
  const isFaulty = valid.some(({ faultCounts }) => Object.values(faultCounts).some((count) => count > 0));
  return codes[0] ?? (options.strict === true && isFaulty ? 1 : 0);
}

/**
 * Says which migration it undoes, and asks where there is a terminal. A run that was killed early has left no record, and
 * whoever wants it undone would undo the one before. Without a terminal it goes on: nothing is lost by it, and --run names
 * the run that is meant.
 */
async function rollback(invocation: Invocation, files: readonly string[]): Promise<number> {
  const [file, ...more] = files;
  if (more.length > 0) throw new GodwitError("GW1001", { message: "mappings rollback takes one file" });
  const { output, options, onFailure } = invocation;
  const choice = { file, force: options.force, run: options.run };
  onFailure(() => "nothing was changed");
  if (options.dryRun === true) {
    const would = await mappingsRollbackPreview({ ...choice, ...reading(invocation) });
    output.result("mappings rollback", { dryRun: true, ...would }, () =>
      rollbackPreviewText(would, look(invocation)),
    );
    return 0;
  }
  // To a program the result tells it.
  const preview = output.json ? null : await mappingsRollbackPreview({ ...choice, ...reading(invocation) });
  if (preview !== null) {
    const text = rollbackPreviewText(preview, { ...look(invocation), paint: output.err.paint });
    let isShown = false;
    await confirm(invocation, {
      what: "undoes a migration",
      onlyOnTerminal: true,
      describe: async () => {
        isShown = true;
        return text;
      },
    });
    if (!isShown) output.err.write(text);
  }
  const { result } = await running(invocation, (project) =>
    // What was looked at, and nothing that another one has made since.
    mappingsRollback({ ...place(project), ...choice, run: preview?.undone ?? choice.run }),
  );
  const { runId, undone, migration, files: became, output: of } = result;
  output.result("mappings rollback", { runId, output: of, undone, migration, files: became }, () =>
    rolledBackText(result, look(invocation)),
  );
  return 0;
}

async function show(invocation: Invocation, files: readonly string[]): Promise<number> {
  const [named, ...more] = files;
  if (more.length > 0) throw new GodwitError("GW1001", { message: "mappings show takes one file" });
  const { context, type, search, limit, minConfidence, format, json, db } = invocation.options;
  const form = oneOf("--format", format ?? (json === true ? "json" : "table"), showFormats) ?? "table";
  const shown = await mappingsShow({
    cwd: invocation.cwd,
    file: db ?? named,
    context,
    type,
    search,
    limit,
    minConfidence,
  });
  const { out } = invocation.output;
  if (json === true && form === "stats") {
    const statistics = await gathered(shown);
    invocation.output.result("mappings show", { file: shown.file, ...statistics }, () => "");
    return 0;
  }
  await writeMappings(shown, form, { paint: out.paint, write: (text) => out.writeSoon(text) });
  out.flush();
  return 0;
}

async function diff(invocation: Invocation, files: readonly string[]): Promise<number> {
  const [before, after, ...more] = files;
  if (before === undefined || after === undefined || more.length > 0)
    throw new GodwitError("GW1001", { message: "mappings diff takes two files" });
  const result = await mappingsDiff({ cwd: invocation.cwd, before, after });
  invocation.output.result("mappings diff", { ...result }, () => diffText(result, look(invocation)));
  return result.isEqual ? 0 : different;
}

function look({ output, cwd }: Invocation) {
  return { paint: output.out.paint, cwd };
}

function reading(invocation: Invocation): MappingsOptions {
  return place(readingOptions(invocation));
}

/** Of what is for databases, what is for files as well. */
function place(options: MappingsOptions): MappingsOptions {
  const { cwd, env, profile, config, waitMs, commandLine, signal, onEvent } = options;
  return { cwd, env, profile, config, waitMs, commandLine, signal, onEvent };
}
