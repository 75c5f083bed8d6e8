import { JsonBytes } from "./json-bytes.ts";
import { shown } from "./json-cursor.ts";
import { JsonEncoder } from "./json-encode.ts";
import { refuseIfTooLong } from "./json-writer.ts";
import { type SidecarHead, sidecarVersion } from "./sidecar-reader.ts";
import type { ByteSink } from "./sink.ts";
import type { KeptAside } from "./versions.ts";

const flushBytes = 256 * 1024;
/** For the first line, which is known last: without a history it has some 120 bytes. */
const reservedBytes = 512;

/** Writes what is kept aside of one database as its mappings go by. */
export interface SidecarWriter {
  /** In the order of the mappings. */
  write(aside: readonly KeptAside[]): Promise<void>;
  /** Writes the first line, and only with it the file is a sidecar. Resolves with the number of entries. */
  finish(head: Omit<SidecarHead, "entries">): Promise<number>;
}

/**
 * The first line tells the content that the file belongs to, which is known last. Of a file that does not fit into
 * memory spaces stand there until then, which its reader refuses; a line that needs more room moves what follows it.
 */
export function createSidecarWriter(sink: ByteSink): SidecarWriter {
  const out = new JsonBytes();
  let entries = 0;
  let isBegun = false;
  return {
    async write(aside) {
      for (const kept of aside) {
        const line = lineOf(kept);
        refuseIfTooLong(Buffer.byteLength(line), `What is kept aside of ${shown(kept.original)}`);
        out.text(line);
        entries++;
        if (out.length < flushBytes) continue;
        if (!isBegun) await sink.write(reserved(""));
        isBegun = true;
        await sink.write(out.take());
      }
    },
    async finish(head) {
      const line = headLine({ ...head, entries });
      if (!isBegun) await sink.write(Buffer.from(`${line}\n`));
      await sink.write(out.take());
      if (!isBegun) return entries;
      if (sink.replace === null) throw new Error("The first line of a sidecar is written last");
      await sink.replace(0, reservedBytes, reserved(line));
      return entries;
    },
  };
}

function reserved(line: string): Buffer {
  return Buffer.from(`${line.padEnd(reservedBytes - 1)}\n`);
}

function headLine({ content, history, entries }: SidecarHead): string {
  const out = new JsonBytes();
  const encoder = new JsonEncoder(out, "pascal");
  out.text(`{"Sidecar":"${sidecarVersion}","Content":"${content}","Entries":${entries},"History":[`);
  for (const [index, record] of history.entries()) {
    if (index > 0) out.text(",");
    encoder.record(record);
  }
  out.text("]}");
  return out.take().toString("utf8");
}

function lineOf({ index, original, context, originFile, note }: KeptAside): string {
  const line = { Index: index, Original: original, Context: context, OriginFile: originFile, Note: note };
  return `${JSON.stringify(line)}\n`;
}
