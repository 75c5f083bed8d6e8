/** A text with headings, tables and code, before it is written as Markdown, HTML or for the terminal. */
export interface Document {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: "heading"; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  /** A table without rows is not shown. */
  | {
      readonly kind: "table";
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: "code"; readonly language: "sql" | "sh"; readonly text: string }
  | {
      readonly kind: "list";
      readonly style: "bullets" | "numbers" | "boxes";
      readonly items: readonly string[];
    };

export const heading = (level: 2 | 3, text: string): Block => ({ kind: "heading", level, text });
export const paragraph = (text: string): Block => ({ kind: "paragraph", text });
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): Block => ({
  kind: "table",
  head,
  rows,
});
export const sql = (text: string): Block => ({ kind: "code", language: "sql", text });
export const shell = (text: string): Block => ({ kind: "code", language: "sh", text });
export const list = (style: "bullets" | "numbers" | "boxes", items: readonly string[]): Block => ({
  kind: "list",
  style,
  items,
});
