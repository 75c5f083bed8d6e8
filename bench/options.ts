import { parseArgs } from "node:util";

export interface Options {
  /** Samples of each program in each measure. */
  readonly runs: number;
  /** Names of measures, or beginnings of names; empty for all. */
  readonly only: readonly string[];
}

/** Reads the command line; ends the process with 64 when it is wrong. */
export function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { runs: { type: "string", default: "5" }, only: { type: "string", default: "" } },
    });
    if (!/^[1-9]\d{0,2}$/.test(values.runs)) throw new Error("--runs takes a whole number from 1 to 999");
    return { runs: Number(values.runs), only: values.only.split(",").filter((name) => name !== "") };
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exit(64);
  }
}
