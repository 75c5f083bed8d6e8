import { ByteWindow, Malformed, needMore } from "./byte-window.ts";
import { JsonCursor } from "./json-cursor.ts";
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
export const sidecarVersion = "1";

/** One pass over a sidecar file, with bounded memory. */
export interface SidecarReader extends AsyncDisposable {
  readonly head: SidecarHead;
  /**
   * In the order of their mappings, in batches. Can be called once. Throws GW2601 with the place for a file that is cut
   * off, has other entries than its head counts, or has them in another order.
   */
  entries(): AsyncGenerator<readonly KeptAside[], void, void>;
}

const batchEntries = 1024;

/** Throws GW2601 with the place for a file that is none. Where `entries` is not called, it has to be disposed of. */
export async function openSidecar(source: ByteSource): Promise<SidecarReader> {
  const window = new ByteWindow(source);
  const cursor = new JsonCursor();
  const told = (error: unknown) => refusal(window, error, { isJson: true, index: null, name: null });
  let head: SidecarHead;
  try {
    head = await readWhole(
      window,
      () => cursor.attach(window),
      () => readHead(cursor),
    );
  } catch (error) {
    const refused = await told(error);
    await window.close();
    throw refused;
  }
  return {
    head,
    async *entries() {
      try {
        yield* readEntries(window, cursor, head.entries);
      } catch (error) {
        throw await told(error);
      } finally {
        await window.close();
      }
    },
    [Symbol.asyncDispose]: () => window.close(),
  };
}

/** Reads all of a sidecar, and shows each entry. Throws what {@link openSidecar} and its reader throw. */
export async function checkSidecar(
  source: ByteSource,
  onEntry: (entry: KeptAside) => void = () => {},
): Promise<SidecarHead> {
  const { head, entries } = await openSidecar(source);
  for await (const batch of entries()) for (const entry of batch) onEntry(entry);
  return head;
}

async function* readEntries(
  window: ByteWindow,
  cursor: JsonCursor,
  count: number,
): AsyncGenerator<readonly KeptAside[], void, void> {
  let last = -1;
  for (let done = 0; done < count;) {
    const entries: KeptAside[] = [];
    cursor.attach(window);
    const most = Math.min(batchEntries, count - done);
    const failure = fill(entries, most, window, cursor, last);
    if (entries.length > 0) {
      last = entries.at(-1)!.index;
      done += entries.length;
      yield entries;
    }
    if (failure !== undefined && (failure !== needMore || !(await window.more()))) throw failure;
  }
  if (!(await isAtEnd(window, cursor))) throw cursor.unexpected(`the end of the file after ${count} entries`);
}

/** As many as are in the window; what ended it early. */
function fill(
  entries: KeptAside[],
  most: number,
  window: ByteWindow,
  cursor: JsonCursor,
  last: number,
): unknown {
  try {
    while (entries.length < most) {
      entries.push(readEntry(cursor, entries.at(-1)?.index ?? last));
      window.start = cursor.at;
    }
    return undefined;
  } catch (error) {
    return error;
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

/** `last` is the number of the mapping before. */
function readEntry(cursor: JsonCursor, last: number): KeptAside {
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
  if (index <= last) {
    throw new Malformed(
      start,
      `expected entries in the order of their mappings, found that of ${index} after that of ${last}`,
    );
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
