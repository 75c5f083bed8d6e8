import type { Machine } from "./machine.ts";
import type { Measured } from "./measure-case.ts";
import type { MeasureCase } from "./measure-cases.ts";
import { type Program, programs } from "./programs.ts";

/** The results as Markdown: the machine, and a line for each program of each measure. */
export function renderReport(measured: readonly Measured[], machine: Machine, runs: number): string {
  const { cores, cpu, node, system } = machine;
  const memory = `${Math.round(machine.memoryBytes / 1e9)} GB`;
  const versions = Object.entries(machine.programs).map(([name, version]) => `${name} ${version}`);
  return [
    `Medians of ${runs}, programs in turns, whole processes timed from outside. ${machine.date.slice(0, 10)}.`,
    "",
    `Machine: ${cores} cores of ${cpu}, ${memory}, ${system}, Node ${node}.`,
    `Servers: ${Object.values(machine.servers).join(", ") || "none"}.`,
    `Programs: ${versions.join(", ")}.`,
    "",
    "| Measure | Program | Median | Min | Max | Godwit ÷ program | Must be | Verdict |",
    "|---|---|--:|--:|--:|--:|--:|---|",
    ...measured.flatMap(linesOf),
    "",
  ].join("\n");
}

/** Godwit's line carries the verdict, and the ratio to the fastest of those it is held against. */
function linesOf({ case: item, samples }: Measured): string[] {
  const [own, ...others] = item.programs;
  if (own === undefined) return [];
  const medianOf = (program: Program) => median(samples[program] ?? []);
  const best = others.length === 0 ? null : Math.min(...others.map(medianOf));
  const reached = best === null ? medianOf(own) : medianOf(own) / best;
  const verdict = reached <= item.target ? "ok" : `missed by ${percent(reached / item.target - 1)}`;
  const bound = best === null ? amount(item.target, item.unit) : item.target.toFixed(1);
  const line = (program: Program, ...rest: readonly string[]) => {
    const values = samples[program] ?? [];
    const numbers = [median(values), Math.min(...values), Math.max(...values)];
    const cells = [program === own ? item.title : "", programs[program].title];
    return `| ${[...cells, ...numbers.map((value) => amount(value, item.unit)), ...rest].join(" | ")} |`;
  };
  return [
    line(own, best === null ? "" : reached.toFixed(2), `≤ ${bound}`, verdict),
    ...[...others, ...(item.shown ?? [])].map((program) => {
      const counts = others.includes(program);
      return line(
        program,
        (medianOf(own) / medianOf(program)).toFixed(2),
        "",
        counts ? "" : "(for comparison)",
      );
    }),
  ];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  if (high === undefined) return Number.NaN;
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}

function amount(value: number, unit: MeasureCase["unit"]): string {
  if (unit === "bytes") return `${(value / 1e6).toFixed(0)} MB`;
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`;
}
