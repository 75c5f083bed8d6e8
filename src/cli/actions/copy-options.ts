import type { CopyOptions } from "../../commands/copy.ts";
import type { StampedEvent } from "../../core/event.ts";
import { type CopyMode, copyModes, type CopyPhases, copyPhases } from "../../copy/index.ts";
import { GodwitError } from "../../core/error.ts";
import type { Invocation } from "../command-spec.ts";

/** What a copy or a comparison takes, from the command line. */
export function copyOptions(
  { options, arguments: [source = "", target = ""], interruption, env, cwd }: Invocation,
  onEvent: (event: StampedEvent) => void,
): CopyOptions {
  const {
    config,
    lockTimeout,
    lockRetries,
    tables,
    exclude,
    rules,
    schemaOnly,
    dataOnly,
    mode,
    watermark,
    jobs,
    phases,
    phaseRows,
    chunkSize,
    quarantine,
    quarantineLimit = 1_000,
    allow,
    drafts,
    resume,
    restart,
  } = options;
  return {
    source,
    target,
    cwd,
    env,
    config,
    lockTimeout,
    lockRetries,
    confirm: options.confirm,
    skipGates: options.skipGate,
    waitMs: options.wait,
    signal: interruption.signal,
    onEvent,
    tables,
    exclude,
    rules,
    schemaOnly,
    dataOnly,
    mode: modeOf(mode),
    watermark,
    jobs,
    phases: phasesOf(phases),
    phaseRows,
    chunkBytes: chunkSize,
    quarantine: quarantine === true ? quarantineLimit : undefined,
    allow,
    drafts: drafts ?? true,
    // A copy's has a value.
    resume: resume === true ? undefined : resume,
    restart,
  };
}

function phasesOf(text: string | undefined): CopyPhases | undefined {
  const phases = copyPhases.find((each) => each === text);
  if (text === undefined || phases !== undefined) return phases;
  throw new GodwitError("GW1001", {
    message: `--phases is ${JSON.stringify(text)}: expected ${copyPhases.join(" or ")}`,
    details: { what: "--phases" },
  });
}

function modeOf(text: string | undefined): CopyMode | undefined {
  const mode = copyModes.find((each) => each === text);
  if (text === undefined || mode !== undefined) return mode;
  throw new GodwitError("GW1001", {
    message: `--mode is ${JSON.stringify(text)}: expected ${copyModes.join(", ")}`,
    details: { what: "--mode" },
  });
}
