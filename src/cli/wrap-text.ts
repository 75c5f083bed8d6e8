import { textWidth } from "./text-width.ts";

/** The text in lines of at most so many cells, where its words allow; it ends with a line break. */
export function wrapText(text: string, cells: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && textWidth(line) + 1 + textWidth(word) > cells) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each) => `${each}\n`).join("");
}
