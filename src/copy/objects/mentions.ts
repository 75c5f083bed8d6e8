/** Whether a text of SQL holds a name, as a whole word or in quotes. Comments and strings count too: rather once too often. */
export function mentions(text: string, name: string): boolean {
  const escaped = name.replaceAll(/[\\^$.|?+()[\]{}*/-]/g, String.raw`\$&`);
  return new RegExp(`(?<![\\p{L}\\p{N}_$])${escaped}(?![\\p{L}\\p{N}_$])`, "iu").test(text);
}
