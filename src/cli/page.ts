import { htmlText } from "./html-text.ts";

/** A table of a page; `right` are columns of figures. */
export interface PageTable {
  readonly caption?: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly right?: readonly number[];
}

/** One page that needs nothing else: no script, nothing that is loaded from elsewhere, and a policy that lets a browser do neither. */
export function pageHtml({ title, body }: { readonly title: string; readonly body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${htmlText(title)}</title>
<style>
${style}
</style>
</head>
<body>
${body}
</body>
</html>
`;
}

export function tableHtml({ caption, heads, rows, right = [] }: PageTable): string {
  const cell = (tag: "th" | "td", text: string, column: number) => {
    const classes = [
      ...(right.includes(column) ? ["number"] : []),
      ...(text.length <= shortText ? ["short"] : []),
    ];
    const attributes = [
      tag === "th" ? ' scope="col"' : "",
      classes.length > 0 ? ` class="${classes.join(" ")}"` : "",
    ];
    return `<${tag}${attributes.join("")}>${htmlText(text)}</${tag}>`;
  };
  const row = (tag: "th" | "td", cells: readonly string[]) =>
    `<tr>${cells.map((text, column) => cell(tag, text, column)).join("")}</tr>`;
  const body = rows.map((cells) => row("td", cells)).join("\n");
  const above = caption === undefined ? "" : `<caption>${htmlText(caption)}</caption>`;
  return `<div class="wide"><table>${above}<thead>${row("th", heads)}</thead><tbody>\n${body}\n</tbody></table></div>`;
}

/** A cell of so many characters stays on one line: what is long beside it must not squeeze it. */
const shortText = 24;

const style = `:root { color-scheme: light dark; --line: #1a66c9; --pause: #e0a10055; --edge: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; } h1 { font-size: 1.5rem; } h3 { font-size: 1rem; }
h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid var(--edge); }
p, li { overflow-wrap: anywhere; } nav a { margin-right: .8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; } dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; min-width: 50%; } caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--edge); vertical-align: top; overflow-wrap: anywhere; min-width: 8rem; }
.short { white-space: nowrap; overflow-wrap: normal; min-width: 0; }
th { font-weight: 500; opacity: .7; } .number { text-align: right; font-variant-numeric: tabular-nums; }
pre { background: var(--soft); overflow-x: auto; padding: .8rem; } code { font: .9em/1.45 ui-monospace, monospace; }
ul.boxes { list-style: "\\2610\\00a0"; }
.state { padding: .1rem .6rem; border-radius: 1rem; background: var(--soft); font-weight: 600; margin-right: .6rem; }
.state.done { background: #23803c; color: #fff; } .state.blocked { background: #c62f2f; color: #fff; } .state.resumable { background: #955f00; color: #fff; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
.grid { stroke: var(--edge); } .axis { font-size: 11px; fill: currentColor; opacity: .75; } .line { fill: none; stroke: var(--line); stroke-width: 1.8; } .dot { fill: var(--line); } .pause { fill: var(--pause); }
@media print { nav { display: none; } body { max-width: none; } pre { white-space: pre-wrap; } }`;
