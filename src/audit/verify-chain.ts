import { type EventRow, eventRowHash } from "../run/event-row.ts";

/** Something that does not fit. `seq`: the row of the event log, where it is about one. */
export interface AuditFinding {
  readonly what: "row" | "head" | "run" | "step" | "history";
  readonly seq: number | null;
  readonly message: string;
}

export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

export interface ChainReport {
  readonly rows: number;
  readonly head: ChainHead | null;
  readonly findings: readonly AuditFinding[];
}

/** Rows that do not fit are looked at closely up to this many. */
const mostSuspects = 1_000;

/**
 * Checks the numbering, each row's own hash and its link to the row before. `visit` gets every row, whether it fits
 * or not. With an expected head, a row with that hash must be there: the chain by itself cannot show that its end was
 * cut off, or written anew as a whole.
 */
export async function verifyChain(
  rows: AsyncIterable<EventRow>,
  options: { readonly expectedHead?: string | undefined; readonly visit?: (row: EventRow) => void } = {},
): Promise<ChainReport> {
  const { expectedHead, visit } = options;
  const findings: AuditFinding[] = [];
  const suspects: EventRow[] = [];
  const missing: number[] = [];
  const seen = { runs: new Set<string>(), actors: new Set<string>(), types: new Set<string>() };
  let previous: EventRow | null = null;
  let isPreviousWhole = true;
  let count = 0;
  let isExpectedSeen = false;
  for await (const row of rows) {
    visit?.(row);
    count += 1;
    const before: number = previous?.seq ?? 0;
    if (row.seq !== before + 1) {
      findings.push(gap(row.seq, before));
      for (let seq = before + 1; seq < row.seq && missing.length < mostSuspects; seq++) missing.push(seq);
    }
    const hash = eventRowHash(row);
    const isWhole = hash === row.rowHash;
    if (isWhole && isHead(row, expectedHead)) isExpectedSeen = true;
    if (!isWhole) suspects.push(row);
    else {
      seen.runs.add(row.runId);
      seen.actors.add(row.actor);
      seen.types.add(row.type);
    }
    // Of a row that does not fit itself, more is said below.
    const follows = row.prevHash === (previous?.rowHash ?? "");
    if (isWhole && isPreviousWhole && !follows && row.seq === before + 1) findings.push(broken(row, before));
    previous = row;
    isPreviousWhole = isWhole;
  }
  if (suspects.length > 0) {
    const places = [...missing, ...suspects.slice(0, mostSuspects).map(({ seq }) => seq)];
    for (const row of suspects) {
      findings.push({
        what: "row",
        seq: row.seq,
        message: `row ${row.seq} ${whatDiffers(row, places, seen)}`,
      });
    }
  }
  const head = previous === null ? null : { seq: previous.seq, hash: previous.rowHash };
  if (expectedHead !== undefined && !isExpectedSeen) findings.push(lostHead(expectedHead, head));
  return { rows: count, head, findings: findings.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)) };
}

function gap(seq: number, before: number): AuditFinding {
  const [first, last] = [before + 1, seq - 1];
  const message =
    first === last
      ? `row ${first} is missing: it was removed`
      : `rows ${first} to ${last} are missing: they were removed`;
  return { what: "row", seq: first, message };
}

function broken(row: EventRow, before: number): AuditFinding {
  const message =
    before === 0
      ? `row ${row.seq} names a row before it, and is the first`
      : `row ${row.seq} does not follow row ${before}: one of the two was written anew, with a hash of its own`;
  return { what: "row", seq: row.seq, message };
}

interface Seen {
  readonly runs: ReadonlySet<string>;
  readonly actors: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/** What of a row was changed: with the value that it had, the hash is right again. */
function whatDiffers(row: EventRow, places: readonly number[], seen: Seen): string {
  const fits = (change: Partial<EventRow>) => eventRowHash({ ...row, ...change }) === row.rowHash;
  const place = places.find((seq) => fits({ seq }));
  if (place !== undefined) return `was moved: it was row ${place}`;
  const run = [...seen.runs].find((runId) => fits({ runId }));
  if (run !== undefined) return `was edited: its run was ${run}`;
  const by = [...seen.actors].find((actor) => fits({ actor }));
  if (by !== undefined) return `was edited: its actor was ${by}`;
  const type = [...seen.types].find((each) => fits({ type: each }));
  if (type !== undefined) return `was edited: its type was ${type}`;
  for (let epoch = 1; epoch <= row.epoch + 20; epoch++) {
    if (fits({ epoch })) return `was edited: its epoch was ${epoch}`;
  }
  return "was edited: its body, its time or one of its hashes";
}

/** An expected head is a hash, its beginning, or both as `audit head` prints them: SEQ:HASH. */
function isHead(row: EventRow, expected: string | undefined): boolean {
  if (expected === undefined) return false;
  const [, seq, hash = ""] = /^(?:(\d+):)?([0-9a-f]+)$/.exec(expected.toLowerCase()) ?? [];
  return row.rowHash.startsWith(hash) && hash !== "" && (seq === undefined || Number(seq) === row.seq);
}

function lostHead(expected: string, head: ChainHead | null): AuditFinding {
  const now =
    head === null
      ? "the log is empty now"
      : `the newest row is ${head.seq} now, with ${head.hash.slice(0, 16)}…`;
  const message = `no row has the expected head ${expected}: the end of the log was cut off or written anew; ${now}`;
  return { what: "head", seq: head?.seq ?? null, message };
}
