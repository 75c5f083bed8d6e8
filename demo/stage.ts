import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import pg from "pg";
import type { Comparison } from "./expected.ts";

/** What did not hold. */
export const failures: string[] = [];

export async function run(child: ChildProcess): Promise<void> {
  const code = await ended(child);
  if (code !== 0) failures.push(`a command ended with ${code}`);
}

export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

/** What is killed can't put its terminal back: it leaves a line that isn't ended, and no cursor. */
export async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await ended(child);
  if (process.stderr.isTTY) process.stderr.write("\u001b[?25h\n");
}

export async function observe(url: string) {
  const client = new pg.Client({ connectionString: url, application_name: "demonstration" });
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}

/** Waits until the killed program's session has ended at the server. */
export async function settled(client: pg.Client): Promise<void> {
  await until(
    async () =>
      (await number(
        client,
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'godwit%'",
      )) === 0,
  );
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const start = Date.now(); !(await condition()); await sleep(20)) {
    if (Date.now() - start > 60_000) throw new Error("a state that the demonstration waits for did not come");
  }
}

export async function number(client: pg.Client, sql: string): Promise<number> {
  return Number(Object.values((await client.query(sql)).rows[0] as object)[0]);
}

export function check(what: string, found: number, expected: number): void {
  line(what, String(found), String(expected));
}

export function report(comparisons: readonly Comparison[]): void {
  for (const { what, found, expected } of comparisons) line(what, found, expected);
}

function line(what: string, found: string, expected: string): void {
  const equal = found === expected;
  if (!equal) failures.push(what);
  const mark = equal ? styleText("green", "✓") : styleText("red", "✗");
  say(`  ${mark} ${what.padEnd(44)} ${found.padEnd(34)} expected ${expected}`);
}

export function title(text: string): void {
  say(styleText(["bold", "cyan"], `\n── ${text}`));
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
