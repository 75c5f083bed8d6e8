import type { CopyRowsStep, Plan } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import { readRequest } from "../run/perform/copy-request.ts";
import type { CopyProject } from "./project.ts";
import { withSession } from "./with-session.ts";

/** What a look at the largest table tells: the least that the rows take, however fast the target is. */
export interface ReadingTime {
  /** The source's table that was read for a moment. */
  readonly measured: string;
  /** Of one session, in the form in which rows travel. */
  readonly bytesPerSecond: number;
  /** For all tables, by all sessions, if each is as fast as one alone. */
  readonly ms: number;
}

const sampleMs = 500;
/** Of less, the time says more about the machine's other work than about the source; a slow one is given longer. */
const leastBytes = 1_000_000;
const longestMs = 5_000;
const newline = 10;

/** Null where there are no rows to copy, no statistics, or too little to measure. Rows are read and thrown away. */
export async function readingTime(project: CopyProject, plan: Plan): Promise<ReadingTime | null> {
  // The last of several phases has all tables.
  const step = plan.steps.findLast((one): one is CopyRowsStep => one.kind === "copy-rows");
  const table = step?.tables.toSorted((a, b) => b.estimate.bytes - a.estimate.bytes)[0];
  if (step === undefined || table === undefined || table.estimate.rows < 1 || table.estimate.bytes < 1)
    return null;
  const { engine } = project.source;
  const request = readRequest(table, { range: { by: "all" } }, project.target.engine.write.form);
  const found = await withSession(project, "source", async (session) => {
    const start = performance.now();
    let [bytes, rows] = [0, 0];
    for await (const piece of engine.read.rows(session, request)) {
      bytes += piece.length;
      for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, at + 1)) rows++;
      const ms = performance.now() - start;
      if (ms > longestMs || (ms > sampleMs && bytes >= leastBytes)) break;
    }
    return { bytes, rows, ms: performance.now() - start };
  });
  if (found.rows === 0 || (found.bytes < leastBytes && found.ms < longestMs)) return null;
  const perByte = found.bytes / found.rows / (table.estimate.bytes / table.estimate.rows);
  const total = step.tables.reduce((sum, { estimate }) => sum + estimate.bytes, 0) * perByte;
  const bytesPerSecond = (found.bytes / found.ms) * 1_000;
  const sessions = engine.traits.statementsOutliveClient ? step.jobs : 1;
  return {
    measured: tableKey(table.source),
    bytesPerSecond: Math.round(bytesPerSecond),
    ms: Math.round((total / bytesPerSecond / sessions) * 1_000),
  };
}
