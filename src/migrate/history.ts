import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import { type HistoryRow, historyRowHash, type LedgerState } from "../run/ledger.ts";
import { compareVersions } from "./version.ts";

/** What the history says of one migration now. */
export interface AppliedMigration {
  readonly version: string;
  readonly name: string;
  readonly kind: HistoryRow["kind"];
  readonly rawHash: string;
  readonly sqlHash: string;
  readonly seq: number;
  readonly appliedAt: string;
  readonly durationMs: number;
}

export interface History {
  readonly applied: ReadonlyMap<string, AppliedMigration>;
  /** Versions up to this one count as applied; null where there is no baseline. */
  readonly baseline: string | null;
  /** Hash of the newest row, "" when there is none. */
  readonly head: string;
}

/** The history is a list of what was done; the present state is its fold. */
export function foldHistory(rows: readonly HistoryRow[]): History {
  const applied = new Map<string, AppliedMigration>();
  let baseline: string | null = null;
  for (const row of rows) {
    switch (row.action) {
      case "apply":
        applied.set(row.version, row);
        break;
      case "accept": {
        const known = applied.get(row.version);
        if (known !== undefined) {
          applied.set(row.version, { ...known, name: row.name, rawHash: row.rawHash, sqlHash: row.sqlHash });
        }
        break;
      }
      case "rollback":
      case "forget":
        applied.delete(row.version);
        break;
      case "baseline":
        baseline = row.version;
        break;
      case "reseal":
        break;
    }
  }
  return { applied, baseline, head: rows.at(-1)?.rowHash ?? "" };
}

/** Whether a version lies at or below the baseline. */
export function belowBaseline(history: History, version: string): boolean {
  return history.baseline !== null && compareVersions(version, history.baseline) <= 0;
}

/**
 * Checks the hash chain: each row's own hash, its link to the row before, the numbering, and that the newest row
 * which a step recorded is there. A reseal row accepts everything before it as it was then. Throws GW5004 naming
 * the first row that does not fit.
 */
export function verifyHistory({
  history,
  lastRecordedSeq,
}: Pick<LedgerState, "history" | "lastRecordedSeq">): void {
  const sealIndex = history.findLastIndex((row) => row.action === "reseal");
  const seal = history[sealIndex];
  if (seal !== undefined && seal.sqlHash !== contentHash(history.slice(0, sealIndex))) {
    throw altered(seal, "the rows before it are not those that were accepted");
  }
  for (let index = Math.max(sealIndex, 0); index < history.length; index++) {
    const row = history[index];
    if (row === undefined) break;
    if (historyRowHash(row) !== row.rowHash) throw altered(row, "was edited");
    if (index === sealIndex) continue;
    const previous = history[index - 1];
    if (row.prevHash !== (previous?.rowHash ?? "") || row.seq !== (previous?.seq ?? 0) + 1) {
      throw altered(
        row,
        `does not follow ${previous === undefined ? "the start" : `row ${previous.seq}`}: a row was removed or moved`,
      );
    }
  }
  const last = history.at(-1)?.seq ?? 0;
  if (last < lastRecordedSeq) {
    throw new GodwitError("GW5004", {
      message: `history row ${lastRecordedSeq} was recorded, but the newest row is ${last}: the end of the history was removed`,
      details: { seq: lastRecordedSeq, last },
    });
  }
}

/** What a reseal row carries: a hash over all rows as they stand. */
export function contentHash(rows: readonly HistoryRow[]): string {
  return digest(rows.map((row) => [historyRowHash(row), row.rowHash]));
}

function altered(row: HistoryRow, what: string): GodwitError {
  return new GodwitError("GW5004", {
    message: `history row ${row.seq} (${row.action} ${row.name}, ${row.appliedAt}) ${what}`,
    details: { seq: row.seq, version: row.version },
  });
}
