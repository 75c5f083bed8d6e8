import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { godwit, type CliOptions, type CliResult } from "./cli.ts";

/** The n-th passing (from 1) of a named place in the program at which it can be made to kill itself. */
export interface CrashPoint {
  readonly name: string;
  readonly nth: number;
}

/**
 * Every crash point that an undisturbed run passes, in order. The run must succeed. Prepare a database of its
 * own for it, since it changes that.
 */
export async function crashPoints(args: readonly string[], options: CliOptions = {}): Promise<CrashPoint[]> {
  const folder = await mkdtemp(join(tmpdir(), "godwit-crash-"));
  try {
    const trace = join(folder, "trace");
    const result = await godwit(args, { ...options, env: { ...options.env, GODWIT_CRASH_TRACE: trace } });
    assert.equal(result.code, 0, `the undisturbed run failed:\n${result.stdout}\n${result.stderr}`);
    return numbered(await readFile(trace, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the program so that it dies by SIGKILL at the point, and asserts that it did. */
export async function crashAt(
  point: CrashPoint,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const at = `${point.name}:${point.nth}`;
  const result = await godwit(args, { ...options, env: { ...options.env, GODWIT_CRASH_AT: at } });
  assert.equal(result.signal, "SIGKILL", `did not die at ${at}:\n${result.stdout}\n${result.stderr}`);
  return result;
}

/** One crash for each point of an undisturbed run: yields the point and what dies there. */
export async function* eachCrash(
  args: readonly string[],
  options: CliOptions,
): AsyncGenerator<{ point: CrashPoint; crash: (options: CliOptions) => Promise<CliResult> }> {
  const points = await crashPoints(args, options);
  assert.notEqual(points.length, 0, "the run passed no crash point");
  for (const point of points) yield { point, crash: (own) => crashAt(point, args, own) };
}

/** A line of the trace is the point's name; the number that the program may add is counted here instead. */
function numbered(trace: string): CrashPoint[] {
  const passed = new Map<string, number>();
  return trace
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const name = line.replace(/:\d+$/, "");
      const nth = (passed.get(name) ?? 0) + 1;
      passed.set(name, nth);
      return { name, nth };
    });
}
