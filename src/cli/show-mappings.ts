import { basename } from "node:path";
import {
  contextOf,
  formatTimestamp,
  type Mapping,
  saidDate,
  symbolTypeName,
} from "../formats/mappings/index.ts";
import type { ShownMappings } from "../mappings/index.ts";
import { countText, numberText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { tableText } from "./table.ts";
import { padEnd, padStart, textWidth } from "./text-width.ts";
import { oneLine } from "./visible-text.ts";

export const showFormats = ["table", "tree", "json", "markdown", "stats"] as const;
export type ShowFormat = (typeof showFormats)[number];

interface To {
  readonly paint: Paint;
  readonly write: (text: string) => void;
}

/** Writes mappings as they are read; only the tree, which is by contexts, has all of its lines in memory. */
export async function writeMappings(shown: ShownMappings, format: ShowFormat, to: To): Promise<void> {
  switch (format) {
    case "table":
      return writeTable(shown, to);
    case "tree":
      return writeTree(shown, to);
    case "json":
      return writeJson(shown, to);
    case "markdown":
      return writeMarkdown(shown, to);
    case "stats":
      return writeStats(shown, to);
  }
}

const heads = ["ORIGINAL", "MAPPED", "TYPE", "CONTEXT", "CONFIDENCE", "USED", "UPDATED"];
const right: ReadonlySet<number> = new Set([4, 5]);
/** The columns are as wide as the first so many rows need; a later, wider row sticks out. */
const measured = 500;
const widestCell = 60;

async function writeTable({ mappings }: ShownMappings, { paint, write }: To): Promise<void> {
  let first: string[][] | null = [];
  let widths: number[] = [];
  let count = 0;
  const print = (cells: readonly string[]) => {
    const line = cells.map((cell, n) =>
      right.has(n) ? padStart(cell, widths[n] ?? 0) : padEnd(cell, widths[n] ?? 0),
    );
    write(`${line.join("  ").trimEnd()}\n`);
  };
  const begin = (rows: readonly string[][]) => {
    widths = heads.map((head, n) => Math.max(head.length, ...rows.map((row) => textWidth(row[n] ?? ""))));
    print(heads.map((head) => paint.bold(head)));
    for (const row of rows) print(row);
  };
  for await (const mapping of mappings) {
    count += 1;
    const row = cellsOf(mapping).map((cell) => oneLine(cell, widestCell));
    if (first === null) print(row);
    else if (first.push(row) === measured) {
      begin(first);
      first = null;
    }
  }
  if (first !== null && first.length > 0) begin(first);
  write(`${count === 0 ? "" : "\n"}${countText(count, "mapping")}\n`);
}

function cellsOf(mapping: Mapping): string[] {
  const { original, mapped, type, confidence, usageCount } = mapping;
  return [
    original,
    mapped,
    symbolTypeName(type),
    contextOf(mapping),
    confidenceText(confidence),
    String(usageCount),
    saidDate(mapping)?.slice(0, 10) ?? "",
  ];
}

function confidenceText(confidence: number): string {
  return Number.isFinite(confidence) ? confidence.toFixed(2) : String(confidence);
}

async function writeTree({ mappings }: ShownMappings, { paint, write }: To): Promise<void> {
  const contexts = new Map<string, Map<string, string[]>>();
  let count = 0;
  for await (const mapping of mappings) {
    count += 1;
    const context = contextOf(mapping);
    const types = contexts.get(context) ?? new Map<string, string[]>();
    contexts.set(context, types);
    const type = symbolTypeName(mapping.type);
    const lines = types.get(type) ?? [];
    types.set(type, lines);
    const { original, mapped, confidence } = mapping;
    lines.push(`${oneLine(original, 200)} → ${oneLine(mapped, 200)} (${confidenceText(confidence)})`);
  }
  for (const [context, types] of sortedEntries(contexts)) {
    write(`${paint.bold(oneLine(context, 200))}\n`);
    const groups = sortedEntries(types);
    for (const [n, [type, lines]] of groups.entries()) {
      const isLast = n === groups.length - 1;
      write(`${isLast ? "└── " : "├── "}${type} (${numberText(lines.length)})\n`);
      const stem = isLast ? "    " : "│   ";
      for (const [m, line] of lines.entries())
        write(`${stem}${m === lines.length - 1 ? "└── " : "├── "}${line}\n`);
    }
  }
  write(`${countText(count, "mapping")}\n`);
}

function sortedEntries<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** One object a line, so that a reader need not have all of it in memory either. */
async function writeJson({ mappings }: ShownMappings, { write }: To): Promise<void> {
  for await (const mapping of mappings) write(`${JSON.stringify(plainOf(mapping), integerAsText)}\n`);
}

function plainOf(mapping: Mapping): Record<string, unknown> {
  const { original, mapped, type, confidence, usageCount, references, originFile, note } = mapping;
  return {
    original,
    mapped,
    type: symbolTypeName(type),
    context: contextOf(mapping),
    confidence: Number.isFinite(confidence) ? confidence : String(confidence),
    lastUpdated: saidDate(mapping),
    usageCount,
    references,
    ...(originFile === null ? {} : { originFile }),
    ...(note === null ? {} : { note }),
  };
}

/** Most readers would lose digits of a larger number. */
function integerAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

async function writeMarkdown({ mappings, file }: ShownMappings, { write }: To): Promise<void> {
  write(`# Mappings of ${markdownText(basename(file))}\n\n`);
  write("| Original | Mapped | Type | Context | Confidence | Used | Updated |\n");
  write("|---|---|---|---|--:|--:|---|\n");
  for await (const mapping of mappings) write(`| ${cellsOf(mapping).map(markdownText).join(" | ")} |\n`);
}

/** As it stands, whatever it holds: what means something to Markdown or HTML is escaped. */
function markdownText(text: string): string {
  return oneLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_{}[\]()#+!|~$]/g, (sign) => `\\${sign}`);
}

async function writeStats({ mappings, counts, header }: ShownMappings, { paint, write }: To): Promise<void> {
  for await (const _ of mappings);
  const found = counts();
  const list = (title: string, entries: ReadonlyMap<string, number>, other = 0) => {
    const rows = [...entries].map(([name, count]) => [oneLine(name, 100), numberText(count)]);
    if (rows.length === 0) return;
    const more = other > 0 ? [["others", numberText(other)]] : [];
    write(`\n${paint.bold(title)}\n${tableText([...rows, ...more], { right: [1] })}`);
  };
  const { mappings: count, references, usage, confidence, oldest, newest } = found;
  const top = header();
  write(
    tableText([
      ["mappings", numberText(count)],
      ["references", numberText(references)],
      ["used", usage.toLocaleString("en-US")],
      ...(confidence === null
        ? []
        : [
            [
              "confidence",
              `${confidenceText(confidence.least)} to ${confidenceText(confidence.greatest)}, mean ${confidenceText(confidence.mean)}`,
            ],
          ]),
      ...(oldest === null || newest === null
        ? []
        : [["updated", `${formatTimestamp(oldest)} to ${formatTimestamp(newest)}`]]),
      ...(top === null
        ? []
        : [
            ["version", oneLine(top.version)],
            ["patterns", numberText(top.patterns.length)],
            ...(top.statistics === null ? [] : [["created", formatTimestamp(top.statistics.createdAt)]]),
          ]),
    ]),
  );
  list("By type", found.byType);
  list(
    "By context",
    new Map([...found.byContext].slice(0, 20)),
    othersOf(found.byContext, found.otherContexts),
  );
}

/** The same for a program. Contexts are pairs, since one may have any name. */
export async function gathered({
  mappings,
  counts,
  header,
}: ShownMappings): Promise<Record<string, unknown>> {
  for await (const _ of mappings);
  const { byType, byContext, oldest, newest, ...rest } = counts();
  return {
    ...rest,
    byType: [...byType],
    byContext: [...byContext],
    oldest: oldest === null ? null : formatTimestamp(oldest),
    newest: newest === null ? null : formatTimestamp(newest),
    version: header()?.version ?? null,
    patterns: header()?.patterns.length ?? null,
  };
}

function othersOf(byContext: ReadonlyMap<string, number>, otherContexts: number): number {
  return [...byContext.values()].slice(20).reduce((sum, count) => sum + count, otherContexts);
}
