import { GodwitError } from "../../core/error.ts";
import type { CopyPhase, CopyRowsStep, CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Session } from "../../engines/engine.ts";
import type { ChunkLedger, ChunkRecord } from "../chunk-ledger.ts";
import { compareTable } from "../compare/compare-table.ts";
import { rangeCondition } from "../compare/range-condition.ts";
import { sameSum } from "../compare/same-rows.ts";
import type { StepContext } from "./context.ts";
import { sourceFailure, type SourceSide } from "./source-side.ts";
import { tableTitle } from "./table-title.ts";

/** Differing rows that an error lists of each table. */
const listed = 20;

export interface PhaseGate {
  readonly context: StepContext;
  readonly source: SourceSide;
  readonly reader: Session;
  readonly step: CopyRowsStep;
  readonly chunks: ChunkLedger;
}

/**
 * Holds what a phase has copied against the source, in the snapshot that was copied. Throws GW8311 where it differs. It
 * is part of the phase's step: a run that was killed here finds its rows brought to the newest snapshot first.
 */
export async function passPhaseGate(gate: PhaseGate): Promise<void> {
  const { context, step, chunks } = gate;
  const { phase } = step;
  if (phase === undefined || phase.compares.length === 0) return;
  const records = Map.groupBy(await chunks.read(context.session), ({ table }) => table);
  const name = `phase ${phase.number} of ${phase.of}`;
  const different: { table: string; differences: number; rows: unknown }[] = [];
  let rows = 0n;
  for (const table of phase.compares) {
    await context.guard.pass(step.key);
    const done = (records.get(tableKey(table.target)) ?? []).filter(({ state }) => state === "done");
    rows += done.reduce((sum, record) => sum + record.rows, 0n);
    const found = await differences(gate, table, { done, isWhole: phase.firstRows === null });
    if (found.differences > 0) different.push({ table: tableTitle(table), ...found });
  }
  const told = different.map((each) => `${each.table} in ${each.differences} rows`).join(", ");
  const outcome = different.length === 0 ? "passed" : "failed";
  const reason =
    different.length === 0 ? `${rows} rows are the same on both sides` : `the target differs: ${told}`;
  context.emit({ type: "gate:settled", gate: name, outcome, reason });
  if (different.length === 0) return;
  throw new GodwitError("GW8311", {
    message: `${name} (${phase.title}): the target differs from the source: ${told}`,
    details: { phase: phase.number, tables: different },
    outcome: "changed",
  });
}

async function differences(
  { context, source, reader, step }: PhaseGate,
  table: CopyTable,
  { done, isWhole }: { readonly done: readonly ChunkRecord[]; readonly isWhole: boolean },
): Promise<{ differences: number; rows: unknown }> {
  const { crew, engine, session, signal } = context;
  const failure = (error: unknown) => sourceFailure(source, error);
  const options = {
    source: { engine: source.engine, session: reader, failure },
    target: { engine, session },
    table,
    signal,
    pass: () => context.guard.pass(step.key, { sessions: [reader, session] }),
  };
  const ranges = done.map(({ range }) => range);
  const [range] = ranges;
  const part = isWhole || range === undefined ? { where: null } : rangeCondition(table, range);
  return crew.working([reader], async () => {
    if (part === null) {
      // Where the range means nothing to the target, all that is there is what was copied of it.
      return { differences: (await sameSum(options, ranges)) ? 0 : 1, rows: [] };
    }
    const found = await compareTable({ ...options, where: part.where, ulps: 1, listed });
    return { differences: found.differences, rows: found.listed };
  });
}

/** The phase is recorded by then: the run goes on with the next one. */
export function stoppedAtGate({ ledger }: StepContext, phase: CopyPhase): GodwitError {
  return new GodwitError("GW8312", {
    message: `phase ${phase.number} of ${phase.of} is copied and proved: ${phase.title}`,
    hint: `Look at it, then go on: \`godwit copy SOURCE TARGET --resume ${ledger.runId}\`, with \`--phases auto\` to the end.`,
    details: { phase: phase.number, of: phase.of, runId: ledger.runId },
    outcome: "changed",
  });
}
