import type { Machine } from "./machine.ts";
import type { Measured, Sample } from "./measure-case.ts";
import type { MeasureCase } from "./measure-cases.ts";
import { isInstalled, type Program, programs } from "./programs.ts";

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

/** Godwit's line carries the verdict, and the ratio to the one of those it is held against that counts. */
function linesOf({ case: item, samples }: Measured): string[] {
  const [own, ...named] = item.programs;
  if (own === undefined) return [];
  const valuesOf = (program: Program) =>
    (samples[program] ?? []).map(({ ms, peakBytes }) => (item.unit === "ms" ? ms : peakBytes));
  const medianOf = (program: Program) => median(valuesOf(program));
  const others = named.filter(isInstalled);
  const counting = item.againstSlowest === true ? Math.max : Math.min;
  const best = others.length === 0 ? null : counting(...others.map(medianOf));
  const reached = best === null ? medianOf(own) : medianOf(own) / best;
  // A time without anything to hold it against says nothing.
  const isJudged = named.length === 0 || best !== null;
  const bound = named.length === 0 ? amount(item.target, item.unit) : String(item.target);
  const line = (program: Program, ...rest: readonly string[]) => {
    const values = valuesOf(program);
    const numbers = [median(values), Math.min(...values), Math.max(...values)];
    const cells = [program === own ? item.title : "", programs[program].title];
    return `| ${[...cells, ...numbers.map((value) => amount(value, item.unit)), ...rest].join(" | ")} |`;
  };
  return [
    line(
      own,
      best === null ? "" : reached.toFixed(2),
      `≤ ${bound}`,
      isJudged ? verdict(reached, item.target) : "nothing to compare with",
    ),
    ...[...others, ...(item.shown ?? [])].map((program) => {
      const counts = others.includes(program);
      return line(
        program,
        (medianOf(own) / medianOf(program)).toFixed(2),
        "",
        counts ? "" : "(for comparison)",
      );
    }),
    ...named
      .filter((program) => !isInstalled(program))
      .map((program) => `| | ${programs[program].title} | not installed | | | | | |`),
    ...alsoLines(item, samples[own] ?? []),
  ];
}

/** What else was measured of Godwit in the same runs. */
function alsoLines({ also }: MeasureCase, samples: readonly Sample[]): string[] {
  if (also === undefined) return [];
  const shares = samples.flatMap(({ ownCpuMs, serversCpuMs }) =>
    ownCpuMs === null || serversCpuMs === null ? [] : ownCpuMs / (ownCpuMs + serversCpuMs),
  );
  const peaks = samples.map(({ peakBytes }) => peakBytes);
  const line = (title: string, values: readonly number[], most: number, form: (value: number) => string) =>
    values.length === 0
      ? `| ${title} | godwit | not measured | | | | ≤ ${form(most)} | |`
      : `| ${title} | godwit | ${[median(values), Math.min(...values), Math.max(...values)].map(form).join(" | ")} | | ≤ ${form(most)} | ${verdict(median(values), most)} |`;
  return [
    ...(also.cpuShare === undefined
      ? []
      : [line("— its part of all CPU, servers included", shares, also.cpuShare, percent)]),
    line("— its peak memory", peaks, also.peakBytes, (bytes) => amount(bytes, "bytes")),
  ];
}

function verdict(reached: number, target: number): string {
  return reached <= target ? "ok" : `missed by ${percent(reached / target - 1)}`;
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
