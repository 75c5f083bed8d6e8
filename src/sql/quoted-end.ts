/**
 * The offset after the quoted text that opens at `start`, or -1 when it has no end. The quote is doubled to
 * stand for itself; with `escapes` a backslash takes the next character along.
 */
export function quotedEnd(text: string, start: number, escapes: boolean): number {
  const quote = text[start]!;
  let at = start + 1;
  if (!escapes) {
    for (;;) {
      const end = text.indexOf(quote, at);
      if (end < 0) return -1;
      if (text[end + 1] !== quote) return end + 1;
      at = end + 2;
    }
  }
  const code = quote.charCodeAt(0);
  for (; at < text.length; at++) {
    const here = text.charCodeAt(at);
    if (here === 92 /* \ */) at++;
    else if (here === code) {
      if (text.charCodeAt(at + 1) !== code) return at + 1;
      at++;
    }
  }
  return -1;
}

/** The offset after the block comment that opens at `start`, or -1. */
export function blockCommentEnd(text: string, start: number, nested: boolean): number {
  if (!nested) {
    const end = text.indexOf("*/", start + 2);
    return end < 0 ? -1 : end + 2;
  }
  let depth = 1;
  for (let at = start + 2; at < text.length - 1; at++) {
    const code = text.charCodeAt(at);
    if (code === 42 /* * */ && text.charCodeAt(at + 1) === 47) {
      at++;
      if (--depth === 0) return at + 1;
    } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      at++;
      depth++;
    }
  }
  return -1;
}

// Sticky, so that it looks at one place only. The tag is a name without dollar signs; $1 is a parameter.
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

/** The offset after the dollar-quoted body that opens at `start`, 0 where none does, -1 where it has no end. */
export function dollarEnd(text: string, start: number): number {
  dollarTag.lastIndex = start;
  const tag = dollarTag.exec(text)?.[0];
  if (tag === undefined) return 0;
  const end = text.indexOf(tag, start + tag.length);
  return end < 0 ? -1 : end + tag.length;
}
