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
  /** Literally in the title of the test. */
  readonly title: string;
  /** Which of the tests of that title: its beginning, where a title names an engine or a pairing. */
  readonly on?: string;
}

/** For `--test-name-pattern`. A suite's title comes before that of its test. */
export function patternOf({ title, on }: Pick<Mutation, "title" | "on">): string {
  return on === undefined ? escaped(title) : `(^| )${escaped(on)}.*${escaped(title)}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
