import { createInterface } from "node:readline/promises";
import { GodwitError } from "../core/error.ts";
import type { Invocation } from "./command-spec.ts";

export interface Question {
  /** What the command does, for the refusal where nobody can be asked. */
  readonly what: string;
  /** What will be done; null when there is nothing to ask about. A word that is to be typed stands for a plain yes. */
  readonly describe: () => Promise<string | { readonly text: string; readonly word: string } | null>;
  /** Where there is no terminal it goes on unasked. */
  readonly onlyOnTerminal?: boolean;
  /** --yes is no answer to it. Default true. */
  readonly yesCounts?: boolean;
}

/**
 * Asks before something is done that loses data or history. `--yes` answers; without a terminal nobody can, so
 * it is required. Resolves with whether there is anything to do. Throws GW1001 where it is missing, GW4006 for any
 * other answer than yes.
 */
export async function confirm(invocation: Invocation, question: Question): Promise<boolean> {
  const { options, output, interruption, command } = invocation;
  if (options.yes === true && question.yesCounts !== false) return true;
  // With --json a program reads along, and it can answer no question.
  if (output.json || process.stdin.isTTY !== true || !output.err.terminal) {
    if (question.onlyOnTerminal === true) return true;
    throw new GodwitError("GW1001", {
      message: `${command.name} ${question.what}, and there is no terminal to ask on: it needs --yes`,
      hint: `Look at \`godwit status\`, then pass --yes.`,
    });
  }
  const described = await question.describe();
  if (described === null) return false;
  const { text, word } = typeof described === "string" ? { text: described, word: null } : described;
  output.err.write(text);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // The terminal hands Ctrl-C over as a key while a line is read, and Ctrl-D as the end of input.
  const closed = Promise.withResolvers<string>();
  prompt.on("close", () => closed.resolve("no"));
  prompt.on("SIGINT", () => {
    output.err.write("\n");
    interruption.interrupt("SIGINT");
  });
  try {
    const line = word === null ? "Go on? [y/N] " : `Type ${word} to go on: `;
    const ask = prompt.question(line, { signal: interruption.signal }).catch(() => "no");
    const answer = await Promise.race([ask, closed.promise]);
    if (word === null ? /^y(es)?$/i.test(answer.trim()) : answer.trim() === word) return true;
  } finally {
    prompt.close();
  }
  throw new GodwitError("GW4006", {
    message: "not confirmed: nothing was started",
    hint: `Run it again and ${word === null ? "answer y" : `type ${word}`}, or pass ${question.yesCounts === false ? `--confirm ${word}` : "--yes"}.`,
  });
}
