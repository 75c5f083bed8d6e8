import { timeText } from "../amounts.ts";
import type { Chart } from "./document.ts";
import { htmlText } from "./html-text.ts";

const size = { width: 720, height: 200, left: 76, right: 12, top: 12, bottom: 26 };
const lines = 4;

/** A line over time as SVG inside a page: it needs no script, and its figures are told in words as well. */
export function chartSvg({ title, samples, from, to, valueText, spans }: Chart): string {
  const start = Date.parse(from);
  const length = Math.max(1, Date.parse(to) - start);
  const most = niceCeiling(Math.max(1, ...samples.map(({ value }) => value)));
  const [width, height] = [size.width - size.left - size.right, size.height - size.top - size.bottom];
  const x = (at: string) =>
    round(size.left + width * Math.min(1, Math.max(0, (Date.parse(at) - start) / length)));
  const y = (value: number) => round(size.top + height * (1 - Math.max(0, value) / most));
  const grid = Array.from({ length: lines + 1 }, (_, n) => {
    const value = (most * n) / lines;
    return `<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${y(value)}" y2="${y(value)}"/><text class="axis" x="${size.left - 6}" y="${y(value) + 4}" text-anchor="end">${htmlText(valueText(value))}</text>`;
  });
  const shaded = spans.map((span) => {
    const [left, right] = [x(span.from), x(span.to)];
    return `<rect class="pause" x="${left}" y="${size.top}" width="${Math.max(1.5, round(right - left))}" height="${height}"><title>${htmlText(span.label)}</title></rect>`;
  });
  const points = samples.map(({ at, value }) => `${x(at)},${y(value)}`).join(" ");
  const highest = samples.reduce((best, { value }) => Math.max(best, value), 0);
  const words = `${title}: at most ${valueText(highest)}, from ${timeText(from)} to ${timeText(to)}`;
  const base = size.height - 8;
  return [
    `<figure><figcaption>${htmlText(title)}</figcaption>`,
    `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${htmlText(words)}">`,
    ...(samples.length > 0 ? grid : grid.slice(0, 1)),
    ...shaded,
    `<polyline class="line" points="${points}"/>`,
    ...(samples.length === 1
      ? samples.map(({ at, value }) => `<circle class="dot" cx="${x(at)}" cy="${y(value)}" r="3"/>`)
      : []),
    `<text class="axis" x="${size.left}" y="${base}">${htmlText(timeText(from))}</text>`,
    `<text class="axis" x="${size.width - size.right}" y="${base}" text-anchor="end">${htmlText(timeText(to))}</text>`,
    "</svg></figure>",
  ].join("\n");
}

/** The next 1, 2, 2.5 or 5 times a power of ten: axes with round figures. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
