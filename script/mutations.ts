/**
 * Proves that tests hold the safety checks. In one temporary copy of the checkout each check of test/mutations/ is
 * switched off in turn, and the test that its entry names has to fail by an assertion. Before that the test has to pass.
 *   mutations [NAME...]   all, or those whose names begin so
 *   mutations --list      the checks, each with its file and its test
 * One line a check: caught, SURVIVED or stale (its text is not found once, or its tests do not run unchanged). The exit
 * code is 1 unless all are caught.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { CopiedCheckout } from "../test/mutations/copied-checkout.ts";
import { mutations } from "../test/mutations/list.ts";
import { type Mutation, patternOf } from "../test/mutations/mutation.ts";
import { runTests } from "../test/mutations/run-tests.ts";

const usage = `Switches each safety check off, in a copy of the checkout, and demands that its test fails.
  script/mutations [NAME...]   all checks, or those whose names begin so
  script/mutations --list      the checks, with their files and tests
`;

type Outcome = "caught" | "SURVIVED" | "stale";
interface Result {
  readonly outcome: Outcome;
  /** Why it is not caught. */
  readonly why: string;
}

process.exitCode = await main(process.argv.slice(2));

async function main(names: readonly string[]): Promise<number> {
  if (names.includes("--help")) return print(usage, 0);
  const strange = names.filter(
    (name) => name !== "--list" && !mutations.some((mutation) => isNamed(mutation, name)),
  );
  if (strange.length > 0) {
    process.stderr.write(`no check is named ${strange.join(", ")}; --list shows all\n`);
    return 64;
  }
  const wanted = names.filter((name) => name !== "--list");
  const chosen = mutations.filter(
    (mutation) => wanted.length === 0 || wanted.some((name) => isNamed(mutation, name)),
  );
  if (names.includes("--list")) return print(chosen.map(described).join(""), 0);
  const counts: Record<Outcome, number> = { caught: 0, SURVIVED: 0, stale: 0 };
  using checkout = new CopiedCheckout();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      checkout[Symbol.dispose]();
      process.exit(1);
    });
  }
  for (const [file, group] of Map.groupBy(chosen, ({ test }) => test)) {
    const sound = await soundTitles(checkout, file, group);
    for (const mutation of group) {
      const start = performance.now();
      const { outcome, why } = await resultOf(checkout, mutation, sound);
      counts[outcome] += 1;
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      process.stdout.write(
        `${outcome.padEnd(8)} ${mutation.name}${why === "" ? "" : `: ${why}`} (${seconds} s)\n`,
      );
    }
  }
  const { caught, SURVIVED: survived, stale } = counts;
  return print(`${caught} caught, ${survived} survived, ${stale} stale\n`, survived + stale === 0 ? 0 : 1);
}

function isNamed(mutation: Mutation, name: string): boolean {
  return mutation.name.startsWith(name);
}

function described({ name, holds, file, test, title, on }: Mutation): string {
  return `${name}\n  ${holds}\n  ${file}\n  ${test}: ${on === undefined ? "" : `${on} … `}${title}\n`;
}

function print(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}

/** Titles that match each pattern and pass as long as nothing is changed; a pattern with others has none. */
async function soundTitles(
  { path }: CopiedCheckout,
  file: string,
  group: readonly Mutation[],
): Promise<ReadonlyMap<string, number>> {
  const patterns = [...new Set(group.map(patternOf))];
  const { outcomes: found } = await runTests(path, file, patterns);
  return new Map(
    patterns.map((pattern) => {
      const matching = found.filter(({ title }) => new RegExp(pattern).test(title));
      const isSound = matching.every(({ is }) => is !== "failed");
      return [pattern, isSound ? matching.filter(({ is }) => is === "passed").length : 0];
    }),
  );
}

async function resultOf(
  { path }: CopiedCheckout,
  mutation: Mutation,
  sound: ReadonlyMap<string, number>,
): Promise<Result> {
  const file = join(path, mutation.file);
  const source = readFileSync(file, "utf8");
  const found = source.split(mutation.text).length - 1;
  if (found !== 1) return { outcome: "stale", why: `its text is ${found} times in ${mutation.file}` };
  const pattern = patternOf(mutation);
  if ((sound.get(pattern) ?? 0) === 0)
    return { outcome: "stale", why: `unchanged, no test passes: ${mutation.title}` };
  // Not replaceAll's patterns: a replacement may have dollar signs.
  const changed = source.split(mutation.text).join(mutation.becomes);
  try {
    stripTypeScriptTypes(changed);
  } catch (error) {
    return { outcome: "stale", why: `what it becomes is no TypeScript: ${(error as Error).message}` };
  }
  writeFileSync(file, changed);
  try {
    const { outcomes, isLate } = await runTests(path, mutation.test, [pattern]);
    const failed = outcomes.filter(({ is }) => is === "failed");
    if (failed.some(({ asserted }) => asserted)) return { outcome: "caught", why: "" };
    if (isLate) return { outcome: "SURVIVED", why: "its test did not come to an end" };
    const [first] = failed;
    if (first !== undefined) return { outcome: "SURVIVED", why: `no assertion failed: ${first.message}` };
    return {
      outcome: "SURVIVED",
      why: outcomes.length === 0 ? "no test ran" : `its test passes: ${mutation.title}`,
    };
  } finally {
    writeFileSync(file, source);
  }
}
