import { oneLine, visible } from "../visible-text.ts";
import type { Block, Document } from "./document.ts";

/** One page that needs nothing else: no script, no font, no picture, and nothing that could fetch one. */
export function toHtml({ title, blocks }: Document): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${blocks
  .map(blockText)
  .filter((text) => text !== "")
  .join("\n")}
</main>
</body>
</html>
`;
}

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; }
h2 { border-bottom: 1px solid #8888; margin-top: 2.5rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #8888; padding: .3rem .6rem; text-align: left; vertical-align: top; }
pre { background: #8882; overflow-x: auto; padding: .8rem; }
code { font: .9em/1.45 ui-monospace, monospace; }
ul.boxes { list-style: "\\2610\\00a0"; }
@media print { main { max-width: none; } pre { white-space: pre-wrap; } }
`;

function blockText(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`;
    case "paragraph":
      return `<p>${escaped(block.text)}</p>`;
    case "table": {
      if (block.rows.length === 0) return "";
      const cells = (tag: string, row: readonly string[]) =>
        `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
      const rows = block.rows.map((row) => cells("td", row)).join("\n");
      return `<table>\n<thead>${cells("th", block.head)}</thead>\n<tbody>\n${rows}\n</tbody>\n</table>`;
    }
    case "code":
      return `<pre><code>${escapedText(visible(block.text))}</code></pre>`;
    case "list": {
      if (block.items.length === 0) return "";
      const items = block.items.map((item) => `<li>${escaped(item)}</li>`).join("\n");
      if (block.style === "numbers") return `<ol>\n${items}\n</ol>`;
      return `<ul${block.style === "boxes" ? ' class="boxes"' : ""}>\n${items}\n</ul>`;
    }
  }
}

function escaped(text: string): string {
  return escapedText(oneLine(text, 2_000));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapedText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}
