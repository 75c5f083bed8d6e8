/**
 * Where a syntax error lies, as an offset in code points. The server tells the rest of the statement from that
 * place on, cut to 80 characters, and its line: "… near 'FORM t' at line 2". Undefined where that text cannot
 * be found again, or stands twice in the line.
 */
export function syntaxErrorPosition(sql: string, message: string): number | undefined {
  const match = /near '([\s\S]*)' at line (\d+)/.exec(message);
  if (match === null) return undefined;
  const [, near = "", lineText = "1"] = match;
  if (near === "") return codePoints(sql);
  const lineStart = startOfLine(sql, Number(lineText));
  if (lineStart === undefined) return undefined;
  const lineEnd = sql.indexOf("\n", lineStart);
  const found = sql.indexOf(near, lineStart);
  if (found < 0) return undefined;
  // A short rest, as of a text that the server cut at a quote, can stand twice: then the place is not known.
  const again = sql.indexOf(near, found + 1);
  if (again >= 0 && (lineEnd < 0 || again < lineEnd) && found + near.length !== sql.length) return undefined;
  return codePoints(sql.slice(0, found));
}

function startOfLine(sql: string, line: number): number | undefined {
  let start = 0;
  for (let current = 1; current < line; current++) {
    const end = sql.indexOf("\n", start);
    if (end < 0) return undefined;
    start = end + 1;
  }
  return start;
}

function codePoints(text: string): number {
  return Array.from(text).length;
}
