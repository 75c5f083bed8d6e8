import { oneLine, visible } from "../visible-text.ts";
import type { Block, Document, Table } from "./document.ts";

/** As GitHub and GitLab read it. What comes from a database or a file cannot become markup. */
export function toMarkdown({ title, blocks }: Document): string {
  return `${[`# ${escaped(title)}`, ...blocks.flatMap(blockText)].join("\n\n")}\n`;
}

function blockText(block: Block): string[] {
  switch (block.kind) {
    case "heading":
      return [`${"#".repeat(block.level)} ${escaped(block.text)}`];
    case "paragraph":
      return [escaped(block.text)];
    case "table": {
      if (block.rows.length === 0) return [];
      const caption = block.caption === undefined ? [] : [`**${escaped(block.caption)}**`];
      return [...caption, tableText(block)];
    }
    case "facts":
      return block.facts.length === 0
        ? []
        : [block.facts.map(([name, value]) => `- ${escaped(name)}: ${escaped(value)}`).join("\n")];
    case "chart":
      return [];
    case "code":
      return [codeText(block.language, block.text)];
    case "list":
      return block.items.length === 0
        ? []
        : [block.items.map((item, index) => `${marks[block.style](index)} ${escaped(item)}`).join("\n")];
  }
}

const marks = {
  bullets: () => "-",
  numbers: (index: number) => `${index + 1}.`,
  boxes: () => "- [ ]",
};

function tableText({ head, rows, right = [] }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  const rule = head.map((_, column) => (right.includes(column) ? "---:" : "---"));
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
}

/** The fence is longer than any row of backticks in the text. */
function codeText(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${visible(text)}\n${fence}`;
}

function escaped(text: string): string {
  return oneLine(text, 2_000).replaceAll(/[\\`*_[\]<>|#&~]/g, (character) =>
    character === "<" ? "&lt;" : character === ">" ? "&gt;" : character === "&" ? "&amp;" : `\\${character}`,
  );
}
