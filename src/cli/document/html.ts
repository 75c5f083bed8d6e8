import { oneLine } from "../visible-text.ts";
import { chartSvg } from "./chart.ts";
import type { Block, Document, Table } from "./document.ts";
import { htmlText } from "./html-text.ts";

/** One page that needs nothing else: no script, no font, no picture, and nothing that could fetch one. */
export function toHtml({ title, blocks }: Document): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
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

/** A cell of so many characters stays on one line: what is long beside it must not squeeze it. */
const shortText = 24;

const style = `
:root { color-scheme: light dark; --line: #1a66c9; --pause: #e0a10055; --edge: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; } h1 { font-size: 1.5rem; } h3 { font-size: 1rem; }
h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid var(--edge); }
p, li { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; } dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; min-width: 50%; } caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--edge); vertical-align: top; overflow-wrap: anywhere; min-width: 8rem; }
.short { white-space: nowrap; overflow-wrap: normal; min-width: 0; }
th { font-weight: 500; opacity: .7; } .figure { text-align: right; font-variant-numeric: tabular-nums; }
pre { background: var(--soft); overflow-x: auto; padding: .8rem; } code { font: .9em/1.45 ui-monospace, monospace; }
ul.boxes { list-style: "\\2610\\00a0"; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
.grid { stroke: var(--edge); } .axis { font-size: 11px; fill: currentColor; opacity: .75; } .line { fill: none; stroke: var(--line); stroke-width: 1.8; } .dot { fill: var(--line); } .pause { fill: var(--pause); }
@media print { body { max-width: none; } pre { white-space: pre-wrap; } }
`;

function blockText(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`;
    case "paragraph":
      return `<p>${escaped(block.text)}</p>`;
    case "table":
      return block.rows.length === 0 ? "" : tableHtml(block);
    case "facts": {
      const items = block.facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
      return items.length === 0 ? "" : `<dl>\n${items.join("\n")}\n</dl>`;
    }
    case "chart":
      return chartSvg(block);
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

function tableHtml({ caption, head, rows, right = [] }: Table): string {
  const cells = (tag: string, row: readonly string[]) => {
    const each = row.map((cell, column) => {
      const classes = [
        ...(right.includes(column) ? ["figure"] : []),
        ...(cell.length <= shortText ? ["short"] : []),
      ];
      const style = classes.length === 0 ? "" : ` class="${classes.join(" ")}"`;
      return `<${tag}${style}>${escaped(cell)}</${tag}>`;
    });
    return `<tr>${each.join("")}</tr>`;
  };
  const title = caption === undefined ? "" : `<caption>${escaped(caption)}</caption>\n`;
  const body = rows.map((row) => cells("td", row)).join("\n");
  return `<div class="wide"><table>\n${title}<thead>${cells("th", head)}</thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}

function escaped(text: string): string {
  return htmlText(oneLine(text, 2_000));
}
