import { openChannel } from "./channel.ts";
import { openInterruption } from "./interruption.ts";
import { makeOutput } from "./output.ts";
import { wantsColour } from "./paint.ts";
import { runCommand } from "./run-command.ts";
import { reportError } from "./report-error.ts";

/** How long the process may linger after its work, for what a migration's script has left open. */
const lingerMs = 1_000;

/**
 * The command line: runs one command to its end and resolves with the exit code. `argv` is without the program's
 * own name. It takes over the process's signals and output streams, so call it once and in a process of its own.
 */
export async function main(argv: readonly string[], name: "godwit" | "hoho" = "godwit"): Promise<number> {
  const { env } = process;
  const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const noColour = words.includes("--no-color");
  const open = (stream: NodeJS.WriteStream) =>
    openChannel(stream, {
      colour: wantsColour({ noColour, env, terminal: stream.isTTY === true }),
      onBroken: () => interruption.pipeClosed(),
    });
  const out = open(process.stdout);
  const err = open(process.stderr);
  const output = makeOutput({ json: words.includes("--json"), out, err });
  // process.exit runs the exit listeners, which put the terminal's cursor back.
  const interruption = openInterruption({
    say: (text) => err.write(text),
    exit: (code) => process.exit(code),
  });
  const report = { output, env, cwd: process.cwd() };
  const crash = (error: unknown): void => {
    reportError(error, report);
    process.exit(1);
  };
  // A promise that a migration's script forgot: what the database has is in the ledger, so to end is safe.
  process.on("uncaughtException", crash);
  process.on("exit", flush);
  try {
    const context = { ...report, interruption };
    return name === "godwit"
      ? await runCommand(argv, context)
      : await (await import("./hoho.ts")).runHoho(argv, context);
  } finally {
    process.off("uncaughtException", crash);
    interruption[Symbol.dispose]();
    flush();
    setTimeout(() => process.exit(), lingerMs).unref();
  }

  function flush(): void {
    out.flush();
    err.flush();
  }
}
