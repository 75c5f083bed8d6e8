import { padEnd, padStart, textWidth } from "./text-width.ts";

/** Rows under each other in columns two cells apart, each indented by two; the cells may be coloured. */
export function tableText(
  rows: readonly (readonly string[])[],
  options: { readonly right?: readonly number[] } = {},
): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[column] ?? "")), 0),
  );
  const right = new Set(options.right);
  const lines = rows.map((row) => {
    const cells = widths.map((width, column) => {
      const cell = row[column] ?? "";
      return right.has(column) ? padStart(cell, width) : padEnd(cell, width);
    });
    return `  ${cells.join("  ")}`.trimEnd();
  });
  return lines.map((line) => `${line}\n`).join("");
}
