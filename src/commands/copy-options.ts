import type { CopyProject, SourceEngine, TargetEngine } from "../copy/index.ts";
import { GodwitError } from "../core/error.ts";
import type { Engine } from "../engines/engine.ts";
import { readRulesFiles } from "./rules-files.ts";
import { isUrl, sideOf } from "./side.ts";
import {
  emitterOf,
  gatesFor,
  openConfig,
  type ProjectOptions,
  settingsOfRuns,
  runSettingsOf,
} from "./options.ts";

/** What a copy or a comparison takes beside its choices. */
export interface CopyProjectOptions extends Omit<
  ProjectOptions,
  "url" | "profile" | "migrations" | "schemaFile" | "outOfOrder"
> {
  /** A connection URL, or the name of a profile of the configuration. */
  readonly source: string;
  readonly target: string;
  /** Files of mapping rules: AWS DMS table mappings, its task settings, or YAML; see docs/reference/rules.md. */
  readonly rules?: string | readonly string[] | undefined;
}

/** Opens both sides. Throws GW1002 to GW1006, GW7006 for an engine that cannot be copied from or to. */
export async function openCopyProject(options: CopyProjectOptions): Promise<CopyProject> {
  const { source, target, rules, ...rest } = options;
  // A file that is wrong is told before a server is asked for anything.
  const read = rules === undefined ? undefined : await readRulesFiles(rules, options.cwd ?? process.cwd());
  const [from, to] = [await sideOf(source, rest), await sideOf(target, rest)];
  const named = targetPlace({ ...rest, target });
  const config = await openConfig(named, settingsOfRuns);
  if (!isSource(from.engine)) throw unable(from.engine, "from");
  if (!isTarget(to.engine)) throw unable(to.engine, "to");
  return {
    source: { engine: from.engine, target: from.target },
    target: { engine: to.engine, target: to.target },
    settings: runSettingsOf(config, config.connectTimeoutMs),
    gates: gatesFor(config, named),
    emit: emitterOf(options),
    signal: options.signal,
    waitMs: options.waitMs ?? 0,
    phases: config.copyPhases === "off" ? undefined : config.copyPhases,
    commandLine: options.commandLine,
    rules: read,
  };
}

/** Where the target's settings are: its profile's, or those beside the URL. */
export function targetPlace({
  target,
  ...rest
}: Omit<CopyProjectOptions, "source" | "rules">): ProjectOptions {
  return { ...rest, ...(isUrl(target) ? { url: target } : { profile: target }) };
}

function isSource(engine: Engine): engine is SourceEngine {
  const { normalize, profile, snapshot, chunk, read } = engine;
  return [normalize, profile, snapshot, chunk, read].every((role) => role !== undefined);
}

function isTarget(engine: Engine): engine is TargetEngine {
  const { normalize, render, write } = engine;
  return [normalize, render, write].every((role) => role !== undefined);
}

function unable({ traits }: Engine, direction: "from" | "to"): GodwitError {
  return new GodwitError("GW7006", { message: `${traits.title} cannot be copied ${direction}` });
}
