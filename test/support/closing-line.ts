import type { TestEvent } from "node:test/reporters";

/** A reporter of `node --test`: one line, "N passed, N failed, N skipped", over all files. */
export default async function* closingLine(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    // The summary without a file is the one over all of them.
    if (event.type !== "test:summary" || event.data.file !== undefined) continue;
    const { passed, failed, cancelled, skipped, todo } = event.data.counts as Record<string, number>;
    yield `${passed} passed, ${(failed ?? 0) + (cancelled ?? 0)} failed, ${(skipped ?? 0) + (todo ?? 0)} skipped\n`;
  }
}
