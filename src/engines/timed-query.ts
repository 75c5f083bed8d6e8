import type { Lexicon } from "../sql/lexicon.ts";
import { splitStatements } from "../sql/split.ts";
import type { ErrorsRole, Reading, Session } from "./engine.ts";
import { reading } from "./reading.ts";

/**
 * How long a query takes, in milliseconds, with the way to the server and back. It runs in a transaction that may not
 * write, and has to be one statement that reads: behind a COMMIT of its own nothing would keep it from writing.
 */
export async function timedQuery(
  session: Session,
  errors: ErrorsRole,
  lexicon: Lexicon,
  sql: string,
): Promise<Reading<number>> {
  const refused = refusal(sql, lexicon);
  if (refused !== null) return { unknown: refused };
  return reading(errors, undefined, async () => {
    await session.execute("START TRANSACTION READ ONLY");
    let isDone = false;
    try {
      const start = performance.now();
      await session.execute(sql);
      const value = performance.now() - start;
      isDone = true;
      return { value };
    } finally {
      // A rollback would count among the server's failed transactions.
      await (isDone ? session.commit() : session.rollback());
    }
  });
}

const reads: ReadonlySet<string> = new Set(["SELECT", "WITH", "TABLE", "VALUES", "("]);

function refusal(sql: string, lexicon: Lexicon): string | null {
  let words: readonly string[];
  try {
    words = splitStatements(sql, lexicon, "the probe").map(({ tokens: [first] }) =>
      first === undefined ? "" : sql.slice(first.start, first.end),
    );
  } catch (error) {
    return (error as Error).message;
  }
  if (words.length !== 1) return "the probe is more than one statement";
  const [word = ""] = words;
  return reads.has(word.toUpperCase()) ? null : `the probe begins with ${word}: only a query can be one`;
}
