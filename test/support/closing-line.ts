import type { TestEvent } from "node:test/reporters";

/** A reporter of `node --test`: one line, "N passed, N failed, N skipped", over all files. */
export default async function* closingLine(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let files = 0;
  for await (const event of events) {
    if (event.type !== "test:summary") continue;
    const counts = event.data.counts as Readonly<Record<string, number>>;
    const count = (name: string): number => counts[name] ?? 0;
    if (event.data.file !== undefined) {
      files += 1;
      passed += count("passed");
      continue;
    }
    // The last summary is over all files. It counts a file in which no test ran as a test that passed, and a file
    // that could not be loaded as one that failed: only the second is wanted.
    const failed = count("failed") + count("cancelled");
    // All in one process, there is no other summary.
    if (files === 0) passed = count("passed");
    yield `${passed} passed, ${failed} failed, ${count("skipped") + count("todo")} skipped\n`;
  }
}
