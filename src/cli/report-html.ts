import type { RunReport } from "../audit/index.ts";
import { durationText, numberText, timeText } from "./amounts.ts";
import { htmlText } from "./html-text.ts";
import { pageHtml, tableHtml } from "./page.ts";
import { chartSvg, type ChartSpan } from "./report-chart.ts";
import { type ReportSection, reportSections, reportTitle } from "./report-sections.ts";

/** The report as one page that needs nothing else. */
export function reportHtml(report: RunReport): string {
  const title = reportTitle(report);
  const sections = reportSections(report);
  const state = htmlText(report.status.state);
  const links = sections.map((each) => `<a href="#${anchor(each)}">${htmlText(each.title)}</a>`);
  const body = `<header>
<h1>${htmlText(title)}</h1>
<p><span class="state ${state}">${state}</span> Made ${htmlText(timeText(report.madeAt))} UTC from the ledger. All times are UTC.</p>
<nav aria-label="Parts">${links.join(" ")}</nav>
</header>
<main>
${sections.map((each) => sectionHtml(each, report)).join("\n")}
</main>`;
  return pageHtml({ title, body });
}

function sectionHtml(section: ReportSection, report: RunReport): string {
  const { title, facts, tables, notes } = section;
  const parts = [`<section id="${anchor(section)}">`, `<h2>${htmlText(title)}</h2>`];
  if (facts.length > 0) {
    const items = facts.map(([name, value]) => `<dt>${htmlText(name)}</dt><dd>${htmlText(value)}</dd>`);
    parts.push(`<dl>${items.join("")}</dl>`);
  }
  if (title === "Performance") parts.push(...charts(report));
  for (const each of tables)
    if (each.rows.length > 0) parts.push(tableHtml({ ...each, caption: each.title }));
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

function anchor({ title }: ReportSection): string {
  return title.toLowerCase();
}
