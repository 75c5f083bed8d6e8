/** A text with headings, tables and code, before it is written as Markdown, HTML or for the terminal. */
export interface Document {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: "heading"; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  /** A table without rows is not shown. */
  | Table
  | { readonly kind: "facts"; readonly facts: readonly Fact[] }
  | Chart
  | { readonly kind: "code"; readonly language: "sql" | "sh"; readonly text: string }
  | {
      readonly kind: "list";
      readonly style: "bullets" | "numbers" | "boxes";
      readonly items: readonly string[];
    };

export interface Table {
  readonly kind: "table";
  readonly caption?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of figures, which stand to the right. */
  readonly right?: readonly number[];
}

export type Fact = readonly [name: string, value: string];

/** A line over time. Only a page can show it. */
export interface Chart {
  readonly kind: "chart";
  readonly title: string;
  readonly samples: readonly { readonly at: string; readonly value: number }[];
  /** Of the time axis, ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly valueText: (value: number) => string;
  /** Shaded, each with its reason. */
  readonly spans: readonly ChartSpan[];
}

export interface ChartSpan {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

export const heading = (level: 2 | 3, text: string): Block => ({ kind: "heading", level, text });
export const paragraph = (text: string): Block => ({ kind: "paragraph", text });
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): Block => ({
  kind: "table",
  head,
  rows,
});
export const facts = (list: readonly Fact[]): Block => ({ kind: "facts", facts: list });
export const sql = (text: string): Block => ({ kind: "code", language: "sql", text });
export const shell = (text: string): Block => ({ kind: "code", language: "sh", text });
export const list = (style: "bullets" | "numbers" | "boxes", items: readonly string[]): Block => ({
  kind: "list",
  style,
  items,
});
