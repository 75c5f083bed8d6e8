/**
 * Text of servers and files may hold control characters, with which it could move the cursor, recolour or
 * overwrite what a terminal shows. Before it is printed each of them is written out, as is what reverses the
 * direction of text.
 */
const hidden = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** The text with its control characters written out; line ends and tabs stay. */
export function visible(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(hidden, (character) => {
    return character === "\n" || character === "\t" ? character : escapeOf(character);
  });
}

/** The same on one line, white space run together, cut to a number of characters where one is given. */
export function oneLine(text: string, maxChars = Number.POSITIVE_INFINITY): string {
  if (text.length <= maxChars && plain.test(text)) return text;
  const line = visible(text.replaceAll(/\s+/g, " ").trim());
  return line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line;
}

/** Nothing to write out, run together or trim. */
const plain = /^(?:[!-~]+(?: [!-~]+)*)?$/;

const styles = new RegExp(String.raw`(\u001b\[[0-9;]*m)`);
const suspicious = /[^\P{Cc}\n\t]|\p{Bidi_Control}/u;

/**
 * The last gate before a terminal or a file: whatever was missed before is written out here. Only colours pass,
 * and only where they are wanted.
 */
export function onlyColours(text: string, colour: boolean): string {
  if (!suspicious.test(text)) return text;
  if (!colour) return visible(text);
  // Every second part is a colour, because the pattern has a group.
  return text
    .split(styles)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join("");
}

/** JSON text whose strings can harm no terminal: JSON itself leaves DEL, C1 and direction marks as they are. */
export function visibleJson(json: string): string {
  return json.replace(hidden, (character) => `\\u${hex(character).padStart(4, "0")}`);
}

function escapeOf(character: string): string {
  const code = hex(character);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
