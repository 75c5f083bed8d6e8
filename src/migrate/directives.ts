import { parseDuration } from "../config/duration.ts";
import { GodwitError } from "../core/error.ts";
import type { StepLimits } from "../core/plan.ts";
import type { Engine } from "../engines/engine.ts";

/** What a file's `-- godwit: …` comments ask for. */
export interface Directives {
  /** Each statement by itself instead of one transaction. */
  readonly noTransaction: boolean;
  readonly limits: StepLimits;
  /** Those that hold for the statement behind them, or for their place; the others hold for the whole file. */
  readonly marks: readonly Mark[];
}

export interface Mark {
  /** Keep the rows of the next statement, or don't; put kept rows back here. */
  readonly word: "snapshot" | "no-snapshot" | "restore";
  readonly line: number;
  readonly offset: number;
}

const markWords: ReadonlySet<string> = new Set(["snapshot", "no-snapshot", "restore"]);

/** Throws GW2010 for an unknown word or a malformed duration. */
export function readDirectives(engine: Engine, text: string, file: string): Directives {
  // The usual file has none: no need to look at its tokens.
  if (!/godwit:/i.test(text)) return { noTransaction: false, limits: {}, marks: [] };
  let noTransaction = false;
  const limits: { -readonly [K in keyof StepLimits]: StepLimits[K] } = {};
  const marks: Mark[] = [];
  for (const { words, line, offset } of engine.syntax.directives(text, file)) {
    const [word = "", value, ...rest] = words;
    const what = `${file}:${line}: ${word}`;
    const duration = () => parseDuration(value, { what, code: "GW2010" });
    if (word === "no-transaction" && value === undefined) noTransaction = true;
    else if (word === "lock-timeout" && rest.length === 0) limits.lockTimeoutMs = duration();
    else if (word === "statement-timeout" && rest.length === 0) limits.statementTimeoutMs = duration();
    else if (markWords.has(word) && value === undefined) {
      marks.push({ word: word as Mark["word"], line, offset });
    } else {
      throw new GodwitError("GW2010", {
        message: `${file}:${line}: unknown directive: ${words.join(" ")}`,
        details: { file, line },
      });
    }
  }
  return { noTransaction, limits, marks };
}
