import { basename } from "node:path";
import type { Emit, ProgressWords } from "../../core/event.ts";

export interface FileProgress {
  /** How far it has come: so many mappings and bytes, and which share of the whole, from 0 to 1. */
  reach(now: { readonly mappings: number; readonly bytes: number; readonly share: number }): void;
  finish(): void;
}

export interface ProgressOptions {
  readonly emit: Emit;
  readonly key: string;
  readonly file: string;
  readonly words: ProgressWords;
  /** How many there will be; 0 where nobody knows. */
  readonly mappings: number;
  /** Of what is read. */
  readonly bytes: number;
  /** Nothing is written meanwhile. */
  readonly reads: boolean;
}

/** Each part is an event, and a row of the event log; one of a small file is a batch of this size. */
const mostParts = 100;
const partBytes = 1024 * 1024;

/** Tells how far the reading or writing of one file has come, as is told of tables that are copied. */
export function fileProgress({
  emit,
  key,
  file,
  words,
  mappings,
  bytes,
  reads,
}: ProgressOptions): FileProgress {
  const table = basename(file);
  const start = performance.now();
  const parts = Math.max(1, Math.min(mostParts, Math.ceil(bytes / partBytes)));
  let told = { mappings: 0, bytes: 0, part: 0, at: start };
  let last = 0;
  emit({ type: "table:started", key, table, rows: mappings, bytes, chunks: parts, done: 0, words });
  return {
    reach(now) {
      last = now.mappings;
      const part = Math.min(parts, Math.floor(now.share * parts));
      while (told.part < part) {
        const at = performance.now();
        emit({
          type: "chunk:finished",
          key,
          table,
          chunk: told.part,
          rows: now.mappings - told.mappings,
          bytes: now.bytes - told.bytes,
          durationMs: Math.round(at - told.at),
          ...(reads ? { reads } : {}),
        });
        told = { mappings: now.mappings, bytes: now.bytes, part: told.part + 1, at };
      }
    },
    finish() {
      emit({
        type: "table:finished",
        key,
        table,
        rows: last,
        bytes,
        durationMs: Math.round(performance.now() - start),
      });
    },
  };
}
