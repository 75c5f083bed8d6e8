import { StringDecoder } from "node:string_decoder";
import { GodwitError } from "../../core/error.ts";
import { mysqlLexicon } from "../../sql/lexicon.ts";
import { splitStatements } from "../../sql/split.ts";

/** Longer than any packet that a server takes: what has no end by then is no dump. */
const longestStatement = 1 << 30;

/**
 * The statements of a dump of mysqldump, as they come, without commands of the client that usually reads it. It ends each
 * at a line's end; where strings and comments end, our own tokenizer says. Throws GW2005, GW2006 as for a migration.
 */
export async function* dumpStatements(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let delimiter = ";";
  let held: string[] = [];
  let length = 0;
  for await (const line of linesOf(pieces)) {
    if (held.length === 0) {
      if (line.trim() === "" || line.startsWith("--")) continue;
      const [, next] = /^DELIMITER (\S+)\s*$/.exec(line) ?? [];
      if (next !== undefined) {
        delimiter = next;
        continue;
      }
      // The program writes no line end into a string: so a line that begins and ends as one is one.
      if (delimiter === ";" && line.startsWith("INSERT INTO `") && line.endsWith(");")) {
        yield line.slice(0, -1);
        continue;
      }
      // A remark to a client that knows a shell.
      if (/^\/\*M?!999999\\- .*\*\/\s*;?\s*$/.test(line)) continue;
    }
    held.push(line);
    length += line.length;
    if (length > longestStatement) throw unended(held[0] ?? "");
    if (!line.trimEnd().endsWith(delimiter)) continue;
    const found = whole(held.join("\n"), delimiter);
    if (found === null) continue;
    yield* found;
    [held, length] = [[], 0];
  }
  if (held.join("").trim() !== "") throw unended(held[0] ?? "");
}

/** Null where it does not end there, but inside a string or a comment. */
function whole(text: string, delimiter: string): string[] | null {
  const source = delimiter === ";" ? text : `DELIMITER ${delimiter}\n${text}\nDELIMITER ;`;
  try {
    return splitStatements(source, mysqlLexicon, "the dump").map((piece) => piece.text);
  } catch (error) {
    if (error instanceof GodwitError && error.code === "GW2004") return [];
    if (error instanceof GodwitError && error.code === "GW2005") return null;
    throw error;
  }
}

async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest: string[] = [];
  for await (const piece of pieces) {
    const lines = decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.length)).split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      yield rest.length === 0 ? line : [...rest, line].join("");
      rest = [];
    }
    if (last !== "") rest.push(last);
  }
  const last = [...rest, decoder.end()].join("");
  if (last !== "") yield last;
}

function unended(text: string): GodwitError {
  return new GodwitError("GW8213", {
    message: `the dump ends within a statement: ${text.slice(0, 100)}`,
  });
}
