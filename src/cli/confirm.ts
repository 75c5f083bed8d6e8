import { createInterface } from "node:readline/promises";
import { GodwitError } from "../core/error.ts";
import type { Invocation } from "./command-spec.ts";

/**
 * Asks before something is done that loses data or history. `--yes` answers; without a terminal nobody can, so
 * it is required. Throws GW1001 where it is missing, GW4006 for any other answer than yes.
 */
export async function confirm(
  invocation: Invocation,
  question: {
    readonly what: string;
    readonly describe: () => Promise<string>;
    /** What is lost by it; said even where --yes leaves nothing to ask. */
    readonly hazard?: string;
  },
): Promise<void> {
  const { options, output, interruption, command } = invocation;
  const { yellow } = output.err.paint;
  const hazard = question.hazard === undefined ? "" : `${yellow("warning")}: ${question.hazard}\n`;
  if (options.yes === true) {
    if (!output.json) output.err.write(hazard);
    return;
  }
  // With --json a program reads along, and it can answer no question.
  if (output.json || process.stdin.isTTY !== true || !output.err.terminal) {
    throw new GodwitError("GW1001", {
      message: `${command.name} ${question.what}, and there is no terminal to ask on: it needs --yes`,
      hint: `Look at \`godwit status\`, then pass --yes.`,
    });
  }
  output.err.write(`${await question.describe()}${hazard}`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // The terminal hands Ctrl-C over as a key while a line is read, and Ctrl-D as the end of input.
  const closed = Promise.withResolvers<string>();
  prompt.on("close", () => closed.resolve("no"));
  prompt.on("SIGINT", () => {
    output.err.write("\n");
    interruption.interrupt("SIGINT");
  });
  try {
    const ask = prompt.question("Go on? [y/N] ", { signal: interruption.signal }).catch(() => "no");
    const answer = await Promise.race([ask, closed.promise]);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    prompt.close();
  }
  throw new GodwitError("GW4006", {
    message: "not confirmed: nothing was started",
    hint: "Run it again and answer y, or pass --yes.",
  });
}
