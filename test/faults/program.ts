import assert from "node:assert/strict";
import { godwit, startGodwit, type Cli, type CliOptions, type CliResult } from "../support/cli.ts";
import type { Project } from "../support/project.ts";

/** One line of the program's output with --json: an event, the result or the error. */
export type Line = Readonly<Record<string, unknown>> & { readonly type: string };

/** Ends with its output as it was, and as the lines that it consists of. */
export interface Ended extends CliResult {
  readonly lines: readonly Line[];
  /** The code of the error that it ended with; null when there was none. */
  readonly error: string | null;
  /** The error's message. */
  readonly message: string;
}

export interface ProgramOptions {
  readonly url: string;
  readonly project: Project;
  readonly env?: CliOptions["env"];
  readonly timeoutMs?: number;
}

export const applyArgs = ["apply", "--json", "--no-schema-file"] as const;
export const rollbackArgs = ["rollback", "--to", "0", "--yes", "--json", "--no-schema-file"] as const;

/** Runs the program in the project's folder to its end. */
export async function run(args: readonly string[], options: ProgramOptions): Promise<Ended> {
  return asEnded(await godwit(args, cliOptions(options)));
}

/** The same for a run that must succeed. */
export async function runWell(args: readonly string[], options: ProgramOptions): Promise<Ended> {
  const ended = await run(args, options);
  assert.equal(ended.code, 0, failureOf(ended));
  return ended;
}

/** How a run ended, for an assertion's message: its error, and the last of what it said. */
export function failureOf({ code, signal, error, message, stdout, stderr }: Ended): string {
  return `ended with ${signal ?? code}, ${error}: ${message}\n…${stdout.slice(-1_500)}\n${stderr.slice(-1_500)}`;
}

export function start(args: readonly string[], options: ProgramOptions): Cli {
  return startGodwit(args, cliOptions(options));
}

export async function endOf(cli: Cli): Promise<Ended> {
  return asEnded(await cli.result);
}

export function cliOptions({ url, project, env, timeoutMs }: ProgramOptions): CliOptions {
  return {
    cwd: project.folder,
    env: { GODWIT_URL: url, ...env },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

export function asEnded(result: CliResult): Ended {
  const lines = linesOf(result.stdout);
  const failure = lines.find(({ type }) => type === "error");
  const error = (failure?.["error"] ?? failure) as { code?: string; message?: string } | undefined;
  return { ...result, lines, error: error?.code ?? null, message: error?.message ?? "" };
}

/** A killed program's last line may be cut off. */
export function linesOf(stdout: string): Line[] {
  return stdout
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
}

/** The events of one type. */
export function eventsOf(lines: readonly Line[], type: string): Line[] {
  return lines.filter((line) => line.type === type);
}
