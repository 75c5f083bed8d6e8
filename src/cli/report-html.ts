import type { RunReport } from "../audit/index.ts";
import { durationText, numberText, timeText } from "./amounts.ts";
import { htmlText } from "./html-text.ts";
import { chartSvg, type ChartSpan } from "./report-chart.ts";
import { type ReportSection, type ReportTable, reportSections, reportTitle } from "./report-sections.ts";

/** One file: no script, nothing that is loaded from elsewhere, and a policy that lets a browser do neither. */
export function reportHtml(report: RunReport): string {
  const title = htmlText(reportTitle(report));
  const sections = reportSections(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
${style}
</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p><span class="state ${htmlText(report.status.state)}">${htmlText(report.status.state)}</span> Made ${htmlText(timeText(report.madeAt))} UTC from the ledger. All times are UTC.</p>
<nav aria-label="Parts">${sections.map((each) => `<a href="#${anchor(each)}">${htmlText(each.title)}</a>`).join(" ")}</nav>
</header>
<main>
${sections.map((each) => sectionHtml(each, report)).join("\n")}
</main>
</body>
</html>
`;
}

function sectionHtml(section: ReportSection, report: RunReport): string {
  const { title, facts, tables, notes } = section;
  const parts = [`<section id="${anchor(section)}">`, `<h2>${htmlText(title)}</h2>`];
  if (facts.length > 0) {
    const items = facts.map(([name, value]) => `<dt>${htmlText(name)}</dt><dd>${htmlText(value)}</dd>`);
    parts.push(`<dl>${items.join("")}</dl>`);
  }
  if (title === "Performance") parts.push(...charts(report));
  for (const each of tables) if (each.rows.length > 0) parts.push(tableHtml(each));
  parts.push(...notes.map((note) => `<p>${htmlText(note)}</p>`), "</section>");
  return parts.join("\n");
}

function charts({ status, performance }: RunReport): string[] {
  const { rate, lag, pauses } = performance;
  const from = status.startedAt;
  const to = new Date(Date.parse(from) + Math.max(1, status.durationMs)).toISOString();
  const spans = pauses.map(({ at, pausedMs, signal, reason }): ChartSpan => {
    const end = pausedMs === null ? to : new Date(Date.parse(at) + pausedMs).toISOString();
    return { from: at, to: end, label: `paused at ${timeText(at)} by ${signal}: ${reason}` };
  });
  const shared = { from, to, spans };
  const shaded = pauses.length === 0 ? "" : "; pauses are shaded";
  return [
    ...(rate.length === 0
      ? []
      : [chartSvg({ ...shared, title: `Rows a second${shaded}`, samples: rate, valueText: numberText })]),
    ...(lag.length === 0
      ? []
      : [chartSvg({ ...shared, title: `Replication lag${shaded}`, samples: lag, valueText: durationText })]),
    // Without rows or a replica the pauses still have their place in time.
    ...(rate.length + lag.length === 0 && spans.length > 0
      ? [chartSvg({ ...shared, title: "Pauses", samples: [], valueText: numberText })]
      : []),
  ];
}

function tableHtml({ title, heads, rows, right }: ReportTable): string {
  const cell = (tag: "th" | "td", text: string, column: number) =>
    `<${tag}${tag === "th" ? ' scope="col"' : ""}${right.includes(column) ? ' class="number"' : ""}>${htmlText(text)}</${tag}>`;
  const head = `<tr>${heads.map((text, column) => cell("th", text, column)).join("")}</tr>`;
  const body = rows.map(
    (cells) => `<tr>${cells.map((text, column) => cell("td", text, column)).join("")}</tr>`,
  );
  return `<div class="wide"><table><caption>${htmlText(title)}</caption><thead>${head}</thead><tbody>\n${body.join("\n")}\n</tbody></table></div>`;
}

function anchor({ title }: ReportSection): string {
  return title.toLowerCase();
}

const style = `:root { color-scheme: light dark; --line: #1a66c9; --pause: #e0a10055; --edge: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid var(--edge); }
nav a { margin-right: .8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; } dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; min-width: 50%; } caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--edge); vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 500; opacity: .7; } .number { text-align: right; font-variant-numeric: tabular-nums; }
.state { padding: .1rem .6rem; border-radius: 1rem; background: var(--soft); font-weight: 600; margin-right: .6rem; }
.state.done { background: #2a9d4a; color: #fff; } .state.blocked { background: #c62f2f; color: #fff; } .state.resumable { background: #b06f00; color: #fff; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
.grid { stroke: var(--edge); } .axis { font-size: 11px; fill: currentColor; opacity: .75; } .line { fill: none; stroke: var(--line); stroke-width: 1.8; } .dot { fill: var(--line); } .pause { fill: var(--pause); }
@media print { nav { display: none; } body { max-width: none; } }`;
