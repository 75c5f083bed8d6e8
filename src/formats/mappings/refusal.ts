import { GodwitError } from "../../core/error.ts";
import { type ByteWindow, Malformed, needMore } from "./byte-window.ts";
import { shown } from "./json-cursor.ts";

/** What was being read, as far as it is known. */
export interface Reading {
  readonly isJson: boolean;
  /** The mapping's number, from 0; null outside of the mappings. */
  readonly index: number | null;
  readonly name: string | null;
}

/** The error for the user of what a decoder threw; anything that is no finding about the file is given back as it is. */
export async function refusal(window: ByteWindow, error: unknown, reading: Reading): Promise<unknown> {
  if (error !== needMore && !(error instanceof Malformed)) return error;
  const at = error instanceof Malformed ? error.at : window.end;
  const what = error instanceof Malformed ? error.message : "the file ends before the value does";
  const { name: file } = window.source;
  const offset = window.base + at;
  const place = reading.isJson ? await window.placeOf(at) : null;
  const { index, name } = reading;
  const where = [
    `at byte ${offset}`,
    ...(place === null ? [] : [`(line ${place.line}, column ${place.column})`]),
    ...(index === null ? [] : [`in mapping ${index + 1}${name === null ? "" : ` (${shown(name)})`}`]),
  ].join(" ");
  return new GodwitError("GW2601", {
    message: `${file} is malformed ${where}: ${what}.`,
    details: {
      file,
      offset,
      ...place,
      ...(index === null ? {} : { mapping: index + 1 }),
      ...(name === null ? {} : { name }),
      expectation: what,
    },
  });
}

/**
 * Reads one value that may reach beyond the window, with as much more of the source as it takes. `read` starts at the
 * window's start each time; `attach` shows its decoder the new window.
 */
export async function readWhole<T>(
  window: ByteWindow,
  attach: () => { at: number },
  read: () => T,
): Promise<T> {
  for (;;) {
    const decoder = attach();
    try {
      const value = read();
      window.start = decoder.at;
      return value;
    } catch (error) {
      if (error !== needMore || !(await window.more())) throw error;
    }
  }
}
