import { digest, sha256 } from "../core/canonical.ts";
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
  /** Number of the newest row of a rollback, 0 when there is none. */
  readonly lastRollback: number;
  /** Hash of the newest row, "" when there is none. */
  readonly head: string;
}

/** The history is a list of what was done; the present state is its fold. */
export function foldHistory(rows: readonly HistoryRow[]): History {
  const applied = new Map<string, AppliedMigration>();
  let baseline: string | null = null;
  let lastRollback = 0;
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
        lastRollback = row.seq;
        applied.delete(row.version);
        break;
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
  return { applied, baseline, lastRollback, head: rows.at(-1)?.rowHash ?? "" };
}

/** How often the history says that a version was applied. */
export function applicationsOf(rows: readonly HistoryRow[], version: string): number {
  return rows.filter((row) => row.action === "apply" && row.version === version).length;
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

/**
 * Checks that the texts which the history keeps are those that it has hashes of: they are shown when a file is
 * edited. Those before a reseal row were accepted with it. Throws GW5004 naming the first that is not.
 */
export async function verifySources(
  history: readonly HistoryRow[],
  sourcesAfter: (seq: number) => AsyncIterable<{ readonly seq: number; readonly source: string }>,
): Promise<void> {
  const rows = new Map(history.map((row) => [row.seq, row]));
  const seal = history.findLast((row) => row.action === "reseal");
  for await (const { seq, source } of sourcesAfter(seal?.seq ?? 0)) {
    const row = rows.get(seq);
    // One that came after the history was read is for the next look.
    if (row !== undefined && !isSource(source, row.rawHash))
      throw altered(row, "keeps a text that was edited");
  }
}

/** The hash is over the file's bytes, of which a byte order mark is not part of the text. */
export function isSource(source: string, rawHash: string): boolean {
  return sha256(source) === rawHash || sha256(`\uFEFF${source}`) === rawHash;
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
