/** Pieces on their way from a socket to who reads them, with a bound on what waits. */
export interface PieceQueue {
  put(piece: Uint8Array): void;
  /** No more pieces will come; with an error where they end by one. */
  end(error?: unknown): void;
  /** The next piece; null at the end. Rejects with the error, after the pieces before it. */
  next(): Promise<Uint8Array | null>;
  /** Drops what waits and lets the source run on, to its end. */
  discard(): void;
}

/** More than this waiting pauses the source, a quarter of it lets it go on. */
const waitingBytes = 1_048_576;

export function pieceQueue(source: { pause(): unknown; resume(): unknown }): PieceQueue {
  let pieces: Uint8Array[] = [];
  let taken = 0;
  let bytes = 0;
  let paused = false;
  let ended: { readonly error: unknown } | null = null;
  let wake: (() => void) | null = null;

  function awaken(): void {
    wake?.();
    wake = null;
  }

  return {
    put(piece) {
      pieces.push(piece);
      bytes += piece.byteLength;
      if (!paused && bytes > waitingBytes) {
        paused = true;
        source.pause();
      }
      awaken();
    },
    end(error) {
      ended ??= { error };
      awaken();
    },
    discard() {
      pieces = [];
      taken = 0;
      bytes = 0;
      if (paused) source.resume();
      paused = false;
    },
    async next() {
      for (;;) {
        const piece = pieces[taken];
        if (piece !== undefined) {
          taken += 1;
          if (taken === pieces.length) {
            pieces = [];
            taken = 0;
          }
          bytes -= piece.byteLength;
          if (paused && bytes < waitingBytes / 4) {
            paused = false;
            source.resume();
          }
          return piece;
        }
        if (ended !== null) {
          if (ended.error !== undefined) throw ended.error;
          return null;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
