import type { Session } from "../engine.ts";
import { copyOut } from "./copy-out.ts";
import { plainEscapes } from "./wire-escapes.ts";

/**
 * The rows of a query as texts, under `dataSettings`, one after another. For results that may be long: the driver
 * would collect all of them, and would print times in the session's own zone.
 */
export async function* copyRows(session: Session, query: string): AsyncGenerator<(string | null)[]> {
  let rest: Buffer | null = null;
  for await (const piece of copyOut(session, `COPY (${query}) TO STDOUT`, plainEscapes())) {
    const bytes: Buffer = rest === null ? piece : Buffer.concat([rest, piece]);
    const end = bytes.lastIndexOf(newline);
    rest = end === bytes.length - 1 ? null : bytes.subarray(end + 1);
    if (end === -1) continue;
    for (const line of bytes.toString("utf8", 0, end).split("\n")) yield line.split("\t").map(field);
  }
}

export async function collectRows(session: Session, query: string): Promise<(string | null)[][]> {
  const all: (string | null)[][] = [];
  for await (const row of copyRows(session, query)) all.push(row);
  return all;
}

function field(text: string): string | null {
  if (text === "\\N") return null;
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(.)/g, (_, escape: string) => escapes[escape] ?? escape);
}

const newline = 0x0a;
const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r" };
