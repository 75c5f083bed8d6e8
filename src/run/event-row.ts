import { canonicalJson, digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { GodwitEvent } from "../core/event.ts";
import { redactDeep } from "../core/secret.ts";
import type { Row } from "../engines/engine.ts";

/** A row of the event log. `body` is the canonical JSON of the event without its type. */
export interface EventRow {
  readonly seq: number;
  readonly runId: string;
  readonly epoch: number;
  readonly type: string;
  /** By the server's clock, ISO 8601 in UTC. */
  readonly happenedAt: string;
  readonly actor: string;
  readonly body: string;
  readonly prevHash: string;
  readonly rowHash: string;
}

export const eventColumns = [
  "seq",
  "run_id",
  "epoch",
  "type",
  "happened_at",
  "actor",
  "body",
  "prev_hash",
  "row_hash",
] as const;

/** SHA-256 over a row and the hash before it: a row that was edited, removed or moved breaks the chain. */
export function eventRowHash(row: Omit<EventRow, "rowHash">): string {
  return digest([row.prevHash, row.seq, row.runId, row.epoch, row.type, row.happenedAt, row.actor, row.body]);
}

export function toEventRow(row: Row): EventRow {
  return {
    seq: Number(row.seq),
    runId: String(row.run_id),
    epoch: Number(row.epoch),
    type: String(row.type),
    happenedAt: String(row.happened_at),
    actor: String(row.actor),
    body: String(row.body),
    prevHash: String(row.prev_hash),
    rowHash: String(row.row_hash),
  };
}

/** What an error's details can hold (the difference of an edited file) has no end of its own. */
const longestBody = 65_536;

/** What a row keeps of an event: everything but its type, without secrets. */
export function bodyOf(event: GodwitEvent): Readonly<Record<string, unknown>> {
  const { type: _, ...facts } = event.type === "run:stopped" ? { ...event, error: told(event.error) } : event;
  return redactDeep(facts);
}

export function bodyText(body: Readonly<Record<string, unknown>>): string {
  const text = canonicalJson(body);
  return text.length <= longestBody ? text : canonicalJson({ cut: text.slice(0, longestBody) });
}

/** Without its cause, which is for those who debug. */
function told(error: unknown): unknown {
  if (!(error instanceof GodwitError)) return { message: String(error) };
  const { cause: _, ...json } = error.toJSON();
  return json;
}
