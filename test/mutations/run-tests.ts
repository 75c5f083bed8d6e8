import { spawn } from "node:child_process";
import { join } from "node:path";
import type { TestOutcome } from "./outcome-lines.ts";

/** A check that is off may leave a test waiting for what never comes. */
const patienceMs = 240_000;

/** Runs the tests of one file whose titles match. */
export async function runTests(
  folder: string,
  file: string,
  patterns: readonly string[],
): Promise<{ readonly outcomes: readonly TestOutcome[]; readonly isLate: boolean }> {
  // A bundle that was built before would hide what is changed in the sources.
  const { GODWIT_DIST: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const reporter = join(folder, "test/mutations/outcome-lines.ts");
  const child = spawn(
    process.execPath,
    [`--test-reporter=${reporter}`, ...patterns.map((pattern) => `--test-name-pattern=${pattern}`), file],
    { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"], detached: true },
  );
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  let isLate = false;
  const kill = () => {
    // With what it has started itself: its group has its number.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, patienceMs);
  process.once("exit", kill);
  try {
    await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  } finally {
    clearTimeout(timer);
    process.off("exit", kill);
  }
  return { outcomes: text.split("\n").flatMap(outcomeOf), isLate };
}

/** What a test prints itself stands between. */
function outcomeOf(line: string): TestOutcome[] {
  try {
    const value = JSON.parse(line) as Partial<TestOutcome> | null;
    return typeof value?.title === "string" && "asserted" in value ? [value as TestOutcome] : [];
  } catch {
    return [];
  }
}
