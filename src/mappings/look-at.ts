import { statSync } from "node:fs";
import type { Emit } from "../core/event.ts";
import { GodwitError } from "../core/error.ts";
import { fileProgress, type FileProgress } from "../run/mappings/file-progress.ts";
import type { LookWork, Looked } from "../run/mappings/look.ts";
import { doMappingsWork } from "../run/mappings/own-thread.ts";

export interface LookContext {
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  readonly ownThread: boolean;
}

/** Reads all of the files, tells how far that is, and changes nothing. Throws what the reader throws, and GW4006. */
export async function lookAt(work: LookWork, { emit, signal, ownThread }: LookContext): Promise<Looked> {
  const files = new Map<string, { readonly progress: FileProgress; readonly whole: number }>();
  const looked = await doMappingsWork("look", work, {
    ownThread,
    onReached: async ({ file, bytes, mappings }) => {
      if (signal?.aborted === true)
        throw new GodwitError("GW4006", { message: "interrupted while reading; nothing was changed" });
      let own = files.get(file);
      if (own === undefined) {
        const whole = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
        const words = { counted: "mappings", doing: "reading", done: "read" };
        own = {
          progress: fileProgress({ emit, key: "look", file, words, mappings: 0, bytes: whole, reads: true }),
          whole,
        };
        files.set(file, own);
      }
      own.progress.reach({ mappings, bytes, share: own.whole === 0 ? 1 : bytes / own.whole });
    },
  });
  for (const { progress } of files.values()) progress.finish();
  return looked;
}
