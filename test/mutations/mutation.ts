/** A safety check, and the test that has to fail where the check is switched off. */
export interface Mutation {
  /** In kebab-case, for the command line. */
  readonly name: string;
  /** What the check holds, in a few words. */
  readonly holds: string;
  /** From the checkout's root. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly text: string;
  /** What stands there when the check is off. */
  readonly becomes: string;
  /** The test's file, from the checkout's root. */
  readonly test: string;
  /** A part of the test's title as it stands in the file, also with the holes of a template. */
  readonly title: string;
  /** Which of the tests of that title: what stands in the holes, or the suite's title. */
  readonly on?: string;
}

/** For `--test-name-pattern`. The title of a suite comes before that of its test. */
export function patternOf({ title, on }: Pick<Mutation, "title" | "on">): string {
  const pattern = title
    .split(/\$\{[^}]*\}/)
    .map(escaped)
    .join(".*");
  return on === undefined ? pattern : `^(?=.*\\b${escaped(on)}\\b).*${pattern}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
