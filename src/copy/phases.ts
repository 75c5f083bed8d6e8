import { digest } from "../core/canonical.ts";
import type { CopyPhase, CopyRowsStep, CopyTable } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import type { CopyChoice, CopyPhases } from "./project.ts";

const defaultPhaseRows = 1_000;

interface Phase {
  readonly title: string;
  readonly tables: readonly CopyTable[];
  readonly firstRows: number | null;
}

/**
 * The step that copies all tables, as several: some rows of one table, that table, its schema, the database. Each holds
 * the tables of those before it as well, and proves what it has added before the next one begins.
 */
export function inPhases(
  step: CopyRowsStep,
  compared: ReadonlyMap<string, CopyTable>,
  { phases, phaseRows = defaultPhaseRows }: Pick<CopyChoice, "phaseRows"> & { readonly phases: CopyPhases },
): CopyRowsStep[] {
  const list = phasesOf(step.tables, phaseRows);
  return list.map(({ title, tables, firstRows }, index) => {
    const number = index + 1;
    const isLast = number === list.length;
    const earlier = list[index - 1];
    const before = new Set(earlier?.firstRows === null ? earlier.tables : []);
    const added = tables.filter((table) => !before.has(table));
    const phase: CopyPhase = {
      number,
      of: list.length,
      title,
      chunksOf: step.key,
      firstRows,
      // The comparison at the end of the copy proves all of it.
      compares: isLast ? [] : added.flatMap((table) => compared.get(tableKey(table.target)) ?? []),
      stops: phases === "stop" && !isLast,
    };
    return Object.assign({}, step, {
      key: `rows/${number}`,
      title: `phase ${number}: ${title}`,
      hash: digest([step.hash, phase]),
      tables,
      phase,
    });
  });
}

function phasesOf(all: readonly CopyTable[], rows: number): Phase[] {
  const first = firstTable(all, rows);
  if (first === null) return [{ title: "the database", tables: all, firstRows: null }];
  const name = titleOf(first);
  const others = all.filter((table) => table !== first);
  const { schema } = first.placed ?? first.target;
  const isBeside = (table: CopyTable) => (table.placed ?? table.target).schema === schema;
  const beside = others.filter(isBeside);
  const phases: Phase[] = [
    { title: `at most ${rows.toLocaleString("en-US")} rows of ${name}`, tables: [first], firstRows: rows },
    { title: `the table ${name}`, tables: [first], firstRows: null },
  ];
  if (beside.length > 0 && beside.length < others.length) {
    // In the order of the whole, but for what is done already.
    phases.push({ title: `the schema ${schema}`, tables: [first, ...beside], firstRows: null });
  }
  if (others.length > 0) {
    const later = others.filter((table) => !isBeside(table));
    phases.push({ title: "the database", tables: [first, ...beside, ...later], firstRows: null });
  }
  return phases;
}

/** The smallest that has more rows than the first phase copies, else the largest; none that needs others' rows first. */
function firstTable(all: readonly CopyTable[], rows: number): CopyTable | null {
  const free = all.filter(({ after = [] }) => after.length === 0);
  const large = free.filter(({ estimate }) => estimate.rows > rows);
  const bySize = (a: CopyTable, b: CopyTable) => a.estimate.bytes - b.estimate.bytes;
  return large.toSorted(bySize)[0] ?? free.toSorted(bySize).at(-1) ?? null;
}

function titleOf({ placed, target }: CopyTable): string {
  return tableKey(placed ?? target);
}
