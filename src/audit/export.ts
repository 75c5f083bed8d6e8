import { canonicalJson } from "../core/canonical.ts";
import { redact } from "../core/secret.ts";
import type { Engine, Session } from "../engines/engine.ts";
import type { EventRow } from "../run/event-row.ts";
import { eventLogVersion } from "../run/ledger.ts";
import { eventsOf, type LoggedEvent, readEvents } from "./read-events.ts";

export const auditExportFormats = ["ndjson", "json", "csv"] as const;
export type AuditExportFormat = (typeof auditExportFormats)[number];

export interface ExportChoice {
  readonly format: AuditExportFormat;
  /** Only this run's. */
  readonly runId?: string | undefined;
  /** Only what happened at that time or later, ISO 8601 in UTC. */
  readonly since?: string | undefined;
}

/**
 * The event log as text, piece by piece. NDJSON and JSON have one object a row, with all that its hash is made of; CSV
 * has one line an event, for people.
 */
export async function* exportAudit(
  engine: Engine,
  session: Session,
  { format, runId, since = "" }: ExportChoice,
): AsyncGenerator<string> {
  const version = await engine.store.version(session);
  const hasLog = version !== null && version >= eventLogVersion;
  let count = 0;
  if (format === "json") yield "[";
  if (format === "csv") yield csvLine(csvHead);
  if (hasLog) {
    for await (const row of readEvents(engine, session, runId ?? null)) {
      if (row.happenedAt < since) continue;
      if (format === "csv")
        yield eventsOf(row)
          .map((event) => csvLine(csvCells(event, row)))
          .join("");
      else if (format === "ndjson") yield `${rowText(row)}\n`;
      else yield `${count === 0 ? "" : ","}\n${rowText(row)}`;
      count += 1;
    }
  }
  if (format === "json") yield "\n]\n";
}

/** The version of an exported row's shape. */
const rowVersion = 1;

/** The body is JSON in canonical form already, so its text is that of which the hash was made. */
function rowText({ body, ...row }: EventRow): string {
  return redact(`${canonicalJson({ godwit: rowVersion, ...row }).slice(0, -1)},"body":${bodyText(body)}}`);
}

/** A body that someone has spoilt is exported as the text that it is. */
function bodyText(body: string): string {
  try {
    JSON.parse(body);
    return body;
  } catch {
    return JSON.stringify(body);
  }
}

const csvHead = ["seq", "at", "run", "epoch", "actor", "type", "facts", "row_hash"];

function csvCells(
  { seq, at, runId, epoch, actor, type, facts }: LoggedEvent,
  { rowHash }: EventRow,
): string[] {
  return [String(seq), at, runId, String(epoch), actor, type, canonicalJson(facts), rowHash];
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** A spreadsheet takes a cell that begins so for a formula, and would carry out what somebody else has written. */
function csvCell(text: string): string {
  const safe = redact(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
