import type { Engine, Session } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import { eventColumns, type EventRow, toEventRow } from "../run/event-row.ts";

/** An event as it happened; those that share a row have its number. */
export interface LoggedEvent {
  readonly seq: number;
  readonly runId: string;
  readonly epoch: number;
  readonly type: string;
  readonly at: string;
  readonly actor: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

const rowsAtOnce = 1_000;

/** The rows of the event log in their order, of one run or of all, some at a time. */
export async function* readEvents(
  engine: Engine,
  session: Session,
  runId: string | null = null,
): AsyncGenerator<EventRow> {
  const sql = withPlaceholders(
    engine.traits,
    `SELECT ${eventColumns.join(", ")} FROM ${engine.store.table("event")}
      WHERE seq > ?${runId === null ? "" : " AND run_id = ?"} ORDER BY seq LIMIT ${rowsAtOnce}`,
  );
  for (let last: number | null = 0; last !== null;) {
    const rows: readonly EventRow[] = (await session.query(sql, runId === null ? [last] : [last, runId])).map(
      toEventRow,
    );
    yield* rows;
    last = rows.length < rowsAtOnce ? null : (rows.at(-1)?.seq ?? null);
  }
}

/** The events of a row: its own, after those that are kept with it. A body that is no JSON object has no facts. */
export function eventsOf(row: EventRow): LoggedEvent[] {
  const { seq, runId, epoch, actor } = row;
  const { events = [], ...facts } = parsed(row.body);
  const inner = Array.isArray(events) ? (events as readonly unknown[]) : [];
  return [
    ...inner.map((each) => {
      const { type, at, ...own } = each as Record<string, unknown>;
      return { seq, runId, epoch, actor, type: String(type), at: String(at), facts: own };
    }),
    { seq, runId, epoch, actor, type: row.type, at: row.happenedAt, facts },
  ];
}

function parsed(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
