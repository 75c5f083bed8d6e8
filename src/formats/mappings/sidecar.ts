import { Malformed, needMore } from "./byte-window.ts";
import { ByteWindow } from "./byte-window.ts";
import { JsonBytes } from "./json-bytes.ts";
import { JsonCursor } from "./json-cursor.ts";
import { JsonEncoder } from "./json-encode.ts";
import { spellings } from "./json-known-names.ts";
import { integer, readObject } from "./json-parts.ts";
import { readRecord } from "./json-schema.ts";
import type { MigrationRecord } from "./model.ts";
import { readWhole, refusal } from "./refusal.ts";
import type { ByteSource } from "./source.ts";
import type { KeptAside } from "./versions.ts";

/** What stands first in a sidecar file. */
export interface SidecarHead {
  /** The content of the downgraded file that it belongs to: see ContentDigest. */
  readonly content: string;
  readonly history: readonly MigrationRecord[];
  readonly entries: number;
}

const headNames = spellings(["Sidecar", "Content", "Entries", "History"]);
const entryNames = spellings(["Index", "Original", "Context", "OriginFile", "Note"]);
const sidecarVersion = "1";

/** The first line of a sidecar file. */
export function sidecarHead({ content, history, entries }: SidecarHead): string {
  const out = new JsonBytes();
  const encoder = new JsonEncoder(out, "pascal");
  out.text(`{"Sidecar":"${sidecarVersion}","Content":"${content}","Entries":${entries},"History":[`);
  for (const [index, record] of history.entries()) {
    if (index > 0) out.text(",");
    encoder.record(record);
  }
  out.text("]}\n");
  return out.take().toString("utf8");
}

/** The lines after it, one an entry, in the order of the mappings. */
export function sidecarLines(aside: readonly KeptAside[]): string {
  return aside
    .map(({ index, original, context, originFile, note }) => {
      const line = { Index: index, Original: original, Context: context, OriginFile: originFile, Note: note };
      return `${JSON.stringify(line)}\n`;
    })
    .join("");
}

/** Throws GW2601 with the place for a file that is none, is cut off, or has other entries than its head counts. */
export async function readSidecar(source: ByteSource): Promise<{
  readonly head: SidecarHead;
  readonly aside: readonly KeptAside[];
}> {
  const window = new ByteWindow(source);
  const cursor = new JsonCursor();
  const whole = <T>(read: () => T) => readWhole(window, () => cursor.attach(window), read);
  try {
    const head = await whole(() => readHead(cursor));
    const aside: KeptAside[] = [];
    while (aside.length < head.entries) aside.push(await whole(() => readEntry(cursor)));
    if (!(await isAtEnd(window, cursor))) {
      throw cursor.unexpected(`the end of the file after ${head.entries} entries`);
    }
    return { head, aside };
  } catch (error) {
    throw await refusal(window, error, { isJson: true, index: null, name: null });
  } finally {
    await window.close();
  }
}

function readHead(cursor: JsonCursor): SidecarHead {
  cursor.next();
  const start = cursor.at;
  let [version, content, entries] = ["", "", -1 as number | bigint];
  const history: MigrationRecord[] = [];
  readObject(cursor, "the head of a sidecar", headNames, (member) => {
    if (member === 0) version = cursor.string("Sidecar");
    else if (member === 1) content = cursor.string("Content");
    else if (member === 2) entries = integer(cursor, "Entries");
    else {
      cursor.expect(0x5b, "to begin History");
      if (cursor.next() === 0x5d) cursor.at++;
      else {
        do history.push(readRecord(cursor));
        while (cursor.another(0x5d, "in History"));
      }
    }
    return true;
  });
  if (version !== sidecarVersion || typeof entries !== "number" || entries < 0) {
    throw new Malformed(
      start,
      `expected the head of a sidecar of version ${sidecarVersion}, found another object`,
    );
  }
  return { content, entries, history };
}

function readEntry(cursor: JsonCursor): KeptAside {
  cursor.next();
  const start = cursor.at;
  let index: number | bigint = -1;
  let [original, context]: [string, string | null] = ["", null];
  let [originFile, note]: [string | null, string | null] = [null, null];
  const text = (what: string) => (cursor.isNull() ? null : cursor.string(what));
  const { bits, members } = readObject(cursor, "an entry of a sidecar", entryNames, (member) => {
    if (member === 0) index = integer(cursor, "Index");
    else if (member === 1) original = cursor.string("Original");
    else if (member === 2) context = text("Context");
    else if (member === 3) originFile = text("OriginFile");
    else note = text("Note");
    return true;
  });
  if (bits !== 0b11111 || members !== null || typeof index !== "number" || index < 0) {
    throw new Malformed(start, "expected an entry as Godwit writes it, found another object");
  }
  return { index, original, context, originFile, note };
}

async function isAtEnd(window: ByteWindow, cursor: JsonCursor): Promise<boolean> {
  for (;;) {
    cursor.attach(window);
    try {
      cursor.next();
      return false;
    } catch (error) {
      if (error !== needMore) throw error;
      window.start = window.end;
      if (!(await window.more())) return true;
    }
  }
}
