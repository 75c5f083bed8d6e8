import { htmlText } from "../html-text.ts";
import { pageHtml, tableHtml } from "../page.ts";
import { oneLine } from "../visible-text.ts";
import type { Block, Document } from "./document.ts";

/** The document as one page that needs nothing else. */
export function toHtml({ title, blocks }: Document): string {
  const parts = blocks.map(blockText).filter((text) => text !== "");
  return pageHtml({ title, body: `<main>\n<h1>${escaped(title)}</h1>\n${parts.join("\n")}\n</main>` });
}

function blockText(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`;
    case "paragraph":
      return `<p>${escaped(block.text)}</p>`;
    case "table":
      return block.rows.length === 0
        ? ""
        : tableHtml({
            heads: block.head,
            rows: block.rows.map((row) => row.map((cell) => oneLine(cell, 2_000))),
          });
    case "code":
      return `<pre><code>${htmlText(block.text)}</code></pre>`;
    case "list": {
      if (block.items.length === 0) return "";
      const items = block.items.map((item) => `<li>${escaped(item)}</li>`).join("\n");
      if (block.style === "numbers") return `<ol>\n${items}\n</ol>`;
      return `<ul${block.style === "boxes" ? ' class="boxes"' : ""}>\n${items}\n</ul>`;
    }
  }
}

function escaped(text: string): string {
  return htmlText(oneLine(text, 2_000));
}
