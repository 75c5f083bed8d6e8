import { GodwitError } from "../core/error.ts";
import type { Invocation } from "./command-spec.ts";
import type { Interruption } from "./interruption.ts";
import type { Output } from "./output.ts";
import { godwitProgram, parseArguments, type ProgramSpec } from "./program.ts";
import { reportError } from "./report-error.ts";
import { inspectPasswords } from "./usage-error.ts";

export interface CommandContext {
  readonly output: Output;
  readonly interruption: Interruption;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Reads the command line, carries the command out, reports what fails. Never rejects; resolves with the exit code. */
export async function runCommand(
  argv: readonly string[],
  context: CommandContext,
  program: ProgramSpec = godwitProgram,
): Promise<number> {
  const { output, interruption, env, cwd } = context;
  let describe: ((error: GodwitError) => string | null) | undefined;
  try {
    const passwordInUrl = inspectPasswords(argv);
    const parsed = parseArguments(argv, program);
    if ("text" in parsed) {
      (parsed.wanted ? output.out : output.err).write(parsed.text);
      return parsed.wanted ? 0 : 64;
    }
    if (passwordInUrl) {
      const { yellow } = output.err.paint;
      output.err.write(
        `${yellow("warning")}: the URL on the command line holds a password, which other users of this machine can read; set GODWIT_URL instead\n`,
      );
    }
    const invocation: Invocation = {
      ...parsed,
      commandLine: [program.name, ...argv.map(shellWord)].join(" "),
      words: program.mappings,
      output,
      interruption,
      env,
      cwd,
      onFailure: (describer) => (describe = describer),
    };
    const action = await parsed.command.load();
    return await action(invocation);
  } catch (error) {
    const code = reportError(error, { output, env, cwd, describe });
    const interrupted = error instanceof GodwitError && error.code === "GW4006";
    return interrupted ? (interruption.exitCode ?? code) : code;
  }
}

/** A word as a shell reads it back. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
