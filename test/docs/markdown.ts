import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/cli.ts";

/** A fenced block of a page. */
export interface Block {
  /** Its language: the first word after the fence. */
  readonly language: string;
  /** The words after it, `name=value` or `name`: what the tests do with the block. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

export interface Page {
  /** From the checkout's root. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The text without its fenced blocks. */
  readonly prose: string;
  /** What `<!-- test: … -->` asks for: an engine whose server the page's commands need. */
  readonly needs: string | null;
  /** The engine of a second database, which the page copies from. */
  readonly reads: string | null;
}

/** Pages that are written by hand: those at the root and in docs/. */
export function readPages(): Page[] {
  return [...globSync("*.md", { cwd: root }), ...globSync("docs/**/*.md", { cwd: root })]
    .sort()
    .map((path) => readPage(path, readFileSync(join(root, path), "utf8")));
}

export function readPage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { head: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of text.split("\n").entries()) {
    if (open === null && line.startsWith("```"))
      open = { head: line.slice(3).trim(), line: index + 1, lines: [] };
    else if (open === null) prose.push(line);
    else if (line === "```") {
      blocks.push(blockOf(open));
      open = null;
    } else open.lines.push(line);
  }
  if (open !== null) throw new Error(`${path}:${open.line}: the block has no end`);
  const [, reads = null, needs = null] = /<!-- test: (?:(\w+) to )?(\w+) -->/.exec(text) ?? [];
  return { path, text, blocks, prose: prose.join("\n"), needs, reads };
}

function blockOf({ head, line, lines }: { head: string; line: number; lines: readonly string[] }): Block {
  const [language = "", ...words] = head.split(/\s+/);
  const attributes = new Map(
    words.map((word) => {
      const equals = word.indexOf("=");
      return equals < 0 ? [word, ""] : [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
  return { language, attributes, text: lines.join("\n"), line };
}

/** Targets of a page's links and images, without those in code. */
export function linksOf({ prose }: Page): string[] {
  const plain = prose.replaceAll(/`[^`\n]*`/g, "");
  const inline = [...plain.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target);
  const listed = [...plain.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)].map(([, target = ""]) => target);
  return [...inline, ...listed];
}

/** The anchors that GitHub makes of a page's headings. */
export function anchorsOf({ prose }: Page): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...prose.matchAll(/^#{1,6}\s+(.*?)\s*$/gm)].map(([, title = ""]) => {
    const slug = title
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}
