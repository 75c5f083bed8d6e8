import { redactDeep } from "../core/secret.ts";
import type { Channel } from "./channel.ts";
import { visibleJson } from "./visible-text.ts";

/** The version of every JSON document that the program prints, in its member `godwit`. */
export const documentVersion = 1;

/** What commands print on: results on stdout, everything else on stderr. */
export interface Output {
  /** Results and events are JSON documents, one a line. */
  readonly json: boolean;
  readonly out: Channel;
  readonly err: Channel;
  /** The command's result: a document, or the same as text. */
  result(command: string, document: Readonly<Record<string, unknown>>, text: () => string): void;
}

export function makeOutput(options: {
  readonly json: boolean;
  readonly out: Channel;
  readonly err: Channel;
}): Output {
  const { json, out, err } = options;
  return {
    json,
    out,
    err,
    result(command, document, text) {
      err.flush();
      out.write(json ? jsonLine({ type: "result", command, ...document }) : text());
    },
  };
}

/** One line of JSON; secrets are taken out of the values, so that the document stays well formed. */
export function jsonLine(document: Readonly<Record<string, unknown>>): string {
  const plain: unknown = JSON.parse(stringify({ godwit: documentVersion, ...document }));
  return `${visibleJson(stringify(redactDeep(plain)))}\n`;
}

/** The same for what is plain and redacted already: events, of which there are many. */
export function eventLine(event: object): string {
  return `${visibleJson(stringify({ godwit: documentVersion, ...event }))}\n`;
}

/** 64-bit integers are written as text: a JSON number would lose digits in most readers. */
function stringify(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === "bigint" ? member.toString() : member,
  );
}
