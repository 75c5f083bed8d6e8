import type { Expression } from "../core/expression.ts";
import type { PortableTable } from "../core/portable.ts";
import type { Answer, KeyColumn, Question, Range } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import type { SourceEngine } from "./project.ts";

/** A smaller table is asked before a second session is open and its parts are known. */
const leastBytes = 32 * 1024 * 1024;
const examplesKept = 5;

/** Works on one more session of the source, which is closed afterwards. */
export type Beside = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/**
 * Asks the source what of a table's values would not fit. Of a large table with a whole number for its key, where the
 * server gives a scan one processor only, two sessions ask a half each.
 */
export async function askInParts(
  engine: SourceEngine,
  session: Session,
  beside: Beside,
  {
    table,
    key,
    questions,
    where,
  }: {
    table: PortableTable;
    key: readonly KeyColumn[];
    questions: readonly Question[];
    /** Only rows that meet it are looked at. */
    where: Expression | null;
  },
): Promise<Answer[]> {
  const ask = (on: Session, range: Range) => engine.profile.answers(on, table, key, questions, range, where);
  const { estimate } = table;
  const isCut = key.length === 1 && key[0]!.type.kind === "integer" && estimate.bytes >= leastBytes;
  if (engine.profile.takesRanges !== true || !isCut) {
    return ask(session, { by: "all" });
  }
  const ranges = await engine.chunk.split(session, {
    table,
    key,
    estimate,
    chunkBytes: Math.ceil(estimate.bytes / 2),
  });
  const [first, second, more] = ranges;
  if (first === undefined || second === undefined || more !== undefined) return ask(session, { by: "all" });
  // Both are waited for, so that neither session is closed while it is asked.
  const [one, other] = await Promise.allSettled([ask(session, first), beside((on) => ask(on, second))]);
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return one.value.map(({ rows, examples }, n): Answer => {
    const rest = other.value[n]!;
    return { rows: rows + rest.rows, examples: [...examples, ...rest.examples].slice(0, examplesKept) };
  });
}
