import type { TestEvent } from "node:test/reporters";

/** What became of one test. */
export interface TestOutcome {
  /** With the titles of its suites before it. */
  readonly title: string;
  readonly is: "passed" | "skipped" | "failed";
  /** Of a failed one: whether an assertion said so, and not a file that does not load. */
  readonly asserted: boolean;
  readonly message: string;
}

/** A reporter of one test file: each test as a line of JSON. */
export default async function* outcomeLines(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const suites: string[] = [];
  for await (const event of events) {
    if (event.type === "test:start") suites[event.data.nesting] = event.data.name;
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { name, nesting, details } = event.data;
    if (details.type === "suite") continue;
    const error = event.type === "test:fail" ? event.data.details.error : null;
    const outcome: TestOutcome = {
      title: [...suites.slice(0, nesting), name].join(" "),
      is: error !== null ? "failed" : (event.data.skip ?? false) === false ? "passed" : "skipped",
      asserted: isAsserted(error),
      message: error === null ? "" : firstLine(error.cause ?? error),
    };
    yield `${JSON.stringify(outcome)}\n`;
  }
}

/** Somewhere in it: a failing test may fail in its clean-up as well, and several at once. */
function isAsserted(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code, cause, suppressed, error: later, errors = [] } = error as Readonly<Record<string, unknown>>;
  if (code === "ERR_ASSERTION") return true;
  return [cause, suppressed, later, ...(errors as unknown[])].some(isAsserted);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n")[0] ?? "";
}
