import { GodwitError } from "../../core/error.ts";
import { ByteWindow } from "./byte-window.ts";
import { JsonCursor } from "./json-cursor.ts";
import { type Sniffed, sniffJson } from "./json-sniff.ts";
import { knownVersion } from "./known-version.ts";
import type { FileFormat, SchemaVersion } from "./model.ts";
import { compressionOf, decompressed } from "./msgpack-lz4.ts";
import { readWhole, refusal } from "./refusal.ts";
import type { ByteSource } from "./source.ts";

/** A window at the first byte of a database, and what that database is. */
export interface OpenDatabase {
  readonly window: ByteWindow;
  readonly format: FileFormat;
  /** Of JSON, where it stands before the first mapping. */
  readonly version: SchemaVersion | null;
}

/** Tells the format by the first bytes. Throws GW2601, GW2602, GW2603; the source is closed then. */
export async function openDatabase(source: ByteSource): Promise<OpenDatabase> {
  const window = new ByteWindow(source);
  try {
    return await recognized(window);
  } catch (error) {
    const told = await refusal(window, error, { isJson: true, index: null, name: null });
    await window.close();
    throw told;
  }
}

async function recognized(window: ByteWindow): Promise<OpenDatabase> {
  const { name } = window.source;
  if (!(await window.more())) throw notOne(name, "it is empty");
  const { bytes } = window;
  // Programs of .NET like to begin a file with it.
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) window.start = 3;
  const first =
    bytes[window.start + bytes.subarray(window.start, window.end).findIndex((byte) => byte > 0x20)];
  if (first === 0x7b) {
    const { shape, naming, version } = await sniffed(window);
    if (shape === null) throw notOne(name, "it is JSON, but in none of the shapes of a mapping database");
    const known = version === null || version === "" ? null : knownVersion(version, name);
    return { window, format: { format: "json", shape, naming }, version: known };
  }
  const compression = compressionOf(bytes.subarray(0, window.end));
  if (compression === null) throw notOne(name, `it begins with ${beginning(bytes, window.end)}`);
  const format: FileFormat = { format: "msgpack", compression };
  if (compression === "none") return { window, format, version: null };
  const inner = new ByteWindow(decompressed(window, compression));
  if (!(await inner.more())) throw notOne(name, "nothing is in its compressed blocks");
  if (compressionOf(inner.bytes.subarray(0, inner.end)) !== "none") {
    throw notOne(name, `what it holds compressed begins with ${beginning(inner.bytes, inner.end)}`);
  }
  return { window: inner, format, version: null };
}

/** The window stays where it is. */
async function sniffed(window: ByteWindow): Promise<Sniffed> {
  const cursor = new JsonCursor();
  cursor.findsRepeats = false;
  return readWhole(
    window,
    () => cursor.attach(window),
    () => {
      const found = sniffJson(cursor);
      cursor.at = window.start;
      return found;
    },
  );
}

function notOne(name: string, why: string): GodwitError {
  return new GodwitError("GW2602", {
    message: `${name} is no mapping database: ${why}.`,
    details: { file: name },
  });
}

function beginning(bytes: Buffer, end: number): string {
  return `the bytes ${bytes.subarray(0, Math.min(end, 8)).toString("hex")}`;
}
