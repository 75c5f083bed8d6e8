/** One command of a `console` block, with the output that the page shows. */
export interface Shown {
  /** As typed, with the lines of its here-document. */
  readonly command: string;
  readonly output: readonly string[];
}

/** Cuts a `console` block at its prompts: `$ command`, the lines of a here-document, then output. */
export function readTranscript(text: string): Shown[] {
  const shown: { command: string; output: string[] }[] = [];
  let end: string | null = null;
  for (const line of text.split("\n")) {
    const last = shown.at(-1);
    if (end !== null && last !== undefined) {
      last.command += `\n${line}`;
      if (line === end) end = null;
    } else if (line.startsWith("$ ")) {
      shown.push({ command: line.slice(2), output: [] });
      end = /<<'?(\w+)'?/.exec(line)?.[1] ?? null;
    } else if (last === undefined) throw new Error(`the block begins with output: ${line}`);
    else last.output.push(line);
  }
  if (end !== null) throw new Error(`the here-document has no ${end}`);
  return shown;
}

export interface Normalizer {
  readonly normalize: (text: string) => string;
  /** Numbers that are made anew each time, with the labels that replace them. */
  readonly numbers: ReadonlyMap<string, string>;
}

/**
 * Replaces what differs from run to run: times, durations, versions of software, addresses, and the numbers that
 * are made anew each time. The latter are numbered in the order in which they appear, so that the same number
 * must stand in the same places.
 */
export function normalizer(): Normalizer {
  const numbers = new Map<string, string>();
  const numbered = (kind: string) => (text: string) => {
    const known = numbers.get(text) ?? `<${kind} ${numbers.size + 1}>`;
    numbers.set(text, known);
    return known;
  };
  const version = numbered("version");
  const run = numbered("run");
  const rules: readonly [RegExp, string | ((text: string) => string)][] = [
    [/\b(?:postgres(?:ql)?|mysql|mariadb):\/\/[^\s"']+/g, "<url>"],
    [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, "<time>"],
    [/\b\d+(?:\.\d+)? (?:ms|s|min|h)\b/g, "<duration>"],
    [/\b\d+(?:\.\d+)? times\b/g, "<factor>"],
    // A moment is written without zeros at its end, so a file that holds one has a byte more or less.
    [/(?<=\breduction +)\d+(?:\.\d+)? %/g, "<part>"],
    [/\b\d{8}-\d{6}\b/g, "<time>"],
    [/"sessionId":"[\d-]+"/g, '"sessionId":<id>'],
    [/"durationMs":\d+/g, '"durationMs":<n>'],
    [/\b(SQLite|PostgreSQL|MariaDB|MySQL|Node) \d+(?:\.\d+)+/g, "$1 <version>"],
    [/\b(session|process) [\d-]+/g, "$1 <id>"],
    [/\b\d+(?:\.\d+)? MB\b/g, "<size>"],
    [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, run],
    [/(?<=\b(?:apply|rollback|run) )[\da-f]{8}\b/g, run],
    [/(?<!\d)\d{14}(?!\d)/g, version],
    // Columns are as wide as their widest text.
    [/ {2,}(?=\S)/g, "  "],
    [/[─-]{3,}/g, "---"],
    [/ +$/gm, ""],
  ];
  const normalize = (text: string) =>
    rules.reduce(
      (changed, [pattern, by]) =>
        typeof by === "string" ? changed.replaceAll(pattern, by) : changed.replaceAll(pattern, by),
      text,
    );
  return { normalize, numbers };
}

/** A text with the numbers of one normalizer, rewritten with those that stand in the same places of another. */
export function renumbered(text: string, from: Normalizer, to: Normalizer): string {
  const byLabel = new Map([...to.numbers].map(([number, label]) => [label, number]));
  return [...from.numbers].reduce(
    (changed, [number, label]) => changed.replaceAll(number, byLabel.get(label) ?? number),
    text,
  );
}

/** Whether the lines match; a shown line `…` stands for any lines. */
export function matches(shown: readonly string[], actual: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return actual.length === 0;
  if (first === "…")
    return actual.some((_, index) => matches(rest, actual.slice(index))) || rest.length === 0;
  return first === actual[0] && matches(rest, actual.slice(1));
}
