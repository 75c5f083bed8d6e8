import { GodwitError } from "../../core/error.ts";

const newline = 10;

/** Passes pieces of COPY text on, and counts their rows. */
export interface RowCount {
  /** Rows that ended so far. */
  readonly rows: number;
  /** Counts a piece. Throws GW7002 at a row that is longer than the limit. */
  count(piece: Uint8Array): void;
  /** Throws where the last row has no end: its source broke off. */
  finish(): void;
}

export function rowCount(limitBytes: number, table: string): RowCount {
  let rows = 0;
  /** Of the row that is not ended yet. */
  let begun = 0;

  function check(bytes: number): void {
    if (bytes <= limitBytes) return;
    throw new GodwitError("GW7002", {
      message: `row ${rows + 1} of this part of ${table} has more than ${limitBytes} bytes, and the target takes no longer text`,
      details: { table, row: rows + 1, limitBytes },
    });
  }

  return {
    get rows() {
      return rows;
    },
    count(piece) {
      let at = 0;
      for (;;) {
        const end = piece.indexOf(newline, at);
        if (end === -1) break;
        check(begun + end - at);
        rows += 1;
        begun = 0;
        at = end + 1;
      }
      begun += piece.length - at;
      check(begun);
    },
    finish() {
      if (begun > 0) throw new Error(`the rows of ${table} end within row ${rows + 1}`);
    },
  };
}
