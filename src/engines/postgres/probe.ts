import type { Effect, ObjectName } from "../../core/plan.ts";
import type { Activity, ProbeRole, Session, Settlement } from "../engine.ts";
import { lock } from "./lock.ts";
import { qualifiedName } from "./qualified-name.ts";
import { dropRemains, type Remains, remainsOf } from "./rebuild-remains.ts";
import { traits } from "./traits.ts";

export const probe: ProbeRole = { capture, settle, activity };

interface IndexState {
  readonly oid: string;
  readonly name: string;
  readonly schema: string;
  readonly valid: boolean;
  /** Some session is building it right now. */
  readonly building: boolean;
}

async function capture(session: Session, effect: Effect): Promise<unknown> {
  switch (effect.type) {
    case "index-build":
      return effect.rebuild === true ? remainsOf(session, effect.table) : indexesOf(session, effect.table);
    case "definition":
      return Promise.all(effect.objects.map((object) => definition(session, object)));
    default:
      return null;
  }
}

async function settle(
  session: Session,
  effect: Effect,
  before: unknown,
  onCleaned: (index: string, table: string) => void,
): Promise<Settlement> {
  switch (effect.type) {
    case "index-build":
      if (effect.rebuild !== true) return settleIndex(session, effect, before as IndexState[], onCleaned);
      // Repeating a rebuild does the same, so it needs no answer; only its remains have to go.
      await dropRemains(session, effect.table, before as Remains[], onCleaned);
      return "not-done";
    case "definition":
      return settleDefinition(session, effect, before as (string | null)[]);
    case "repeatable":
    case "transactional":
      return "not-done";
    case "opaque":
      return "unknown";
  }
}

/**
 * Concurrent drops and detaches work in two phases, and the first alone changes the catalogue: an index counts as
 * dropped when it is gone, and a detach that is pending is finished here.
 */
async function settleDefinition(
  session: Session,
  effect: Effect & { type: "definition" },
  before: readonly (string | null)[],
): Promise<Settlement> {
  const now = await Promise.all(effect.objects.map((object) => definition(session, object)));
  if (effect.objects.every(({ kind }) => kind === "index")) {
    return now.every((text) => text === null) && before.some((text) => text !== null) ? "done" : "not-done";
  }
  await finishDetach(
    session,
    effect.objects.filter(({ kind }) => kind === "table"),
  );
  const after = await Promise.all(effect.objects.map((object) => definition(session, object)));
  return JSON.stringify(after) === JSON.stringify(before) ? "not-done" : "done";
}

async function finishDetach(session: Session, tables: readonly ObjectName[]): Promise<void> {
  for (const table of tables) {
    const [pending] = await session.query(
      `SELECT inhparent::regclass::text AS parent, inhrelid::regclass::text AS child FROM pg_inherits
        WHERE inhrelid = to_regclass($1) AND inhdetachpending`,
      [qualifiedName(table)],
    );
    if (pending === undefined) continue;
    await session.execute(
      `ALTER TABLE ${String(pending.parent)} DETACH PARTITION ${String(pending.child)} FINALIZE`,
    );
  }
}

/** A failed concurrent build leaves an invalid index, which costs writes and serves no reads: it is dropped and built again. */
async function settleIndex(
  session: Session,
  effect: Effect & { type: "index-build" },
  before: readonly IndexState[],
  onCleaned: (index: string, table: string) => void,
): Promise<Settlement> {
  const known = new Map((before ?? []).map((index) => [index.oid, index]));
  const now = await indexesOf(session, effect.table);
  const ours = now.filter((index) =>
    effect.index === undefined ? !known.has(index.oid) : index.name === effect.index,
  );
  if (ours.some((index) => index.building)) return "unknown";
  for (const index of ours.filter((candidate) => !candidate.valid)) {
    const name = `${traits.quote(index.schema)}.${traits.quote(index.name)}`;
    // Like the build itself, it waits for the transactions that are open, and blocks nobody meanwhile.
    await session.limit({ lockTimeoutMs: 0, statementTimeoutMs: 0 });
    await session.execute(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    onCleaned(index.name, effect.table.name);
  }
  // An index that was valid before the statement is not its work: the statement then fails, or skips it, by itself.
  return ours.some((index) => index.valid && !known.get(index.oid)?.valid) ? "done" : "not-done";
}

async function indexesOf(session: Session, table: ObjectName): Promise<IndexState[]> {
  const rows = await session.query(
    `SELECT i.indexrelid::text AS oid, c.relname AS name, n.nspname AS schema, i.indisvalid AS valid,
            EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid) AS building
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE i.indrelid = to_regclass($1) ORDER BY i.indexrelid`,
    [qualifiedName(table)],
  );
  return rows.map((row) => ({
    oid: String(row.oid),
    name: String(row.name),
    schema: String(row.schema),
    valid: row.valid === true,
    building: row.building === true,
  }));
}

/** A text that differs whenever the object differs; null when it is not there. */
async function definition(session: Session, object: ObjectName): Promise<string | null> {
  const [row] = await session.query(definitionQuery(object), [qualifiedName(object)]);
  return row?.definition === undefined || row.definition === null ? null : String(row.definition);
}

function definitionQuery(object: ObjectName): string {
  switch (object.kind) {
    case "type":
      return `SELECT concat(t.oid, ':', (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
                FROM pg_enum e WHERE e.enumtypid = t.oid)) AS definition FROM pg_type t WHERE t.oid = to_regtype($1)`;
    case "database":
      return "SELECT oid::text AS definition FROM pg_database WHERE quote_ident(datname) = $1";
    case "schema":
      return "SELECT oid::text AS definition FROM pg_namespace WHERE oid = to_regnamespace($1)";
    default:
      // Relations: identity, validity, and place in a partition tree (a detach may be pending).
      return `SELECT concat_ws(':', c.oid, c.relfilenode, c.relispartition, i.indisvalid, i.indisready,
                (SELECT string_agg(concat(h.inhparent, h.inhdetachpending), ',') FROM pg_inherits h WHERE h.inhrelid = c.oid))
              AS definition FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.oid = to_regclass($1)`;
  }
}

async function activity(session: Session, sessionId: string): Promise<Activity | null> {
  const [row] = await session.query(
    `SELECT a.state AS state, coalesce(p.phase, a.wait_event_type || ': ' || a.wait_event, a.state) AS phase,
            coalesce(nullif(p.blocks_total, 0), nullif(p.tuples_total, 0), p.lockers_total)::float8::text AS total,
            CASE WHEN p.blocks_total > 0 THEN p.blocks_done WHEN p.tuples_total > 0 THEN p.tuples_done
                 ELSE p.lockers_done END::float8::text AS done
       FROM pg_stat_activity a LEFT JOIN pg_stat_progress_create_index p ON p.pid = a.pid
      WHERE a.pid = $1::int`,
    [Number(sessionId)],
  );
  if (row === undefined) return null;
  return {
    idle: String(row.state).startsWith("idle"),
    phase: String(row.phase ?? ""),
    done: row.done === null ? null : Number(row.done),
    total: row.total === null ? null : Number(row.total),
    waitingFor: await lock.blockers(session, sessionId),
  };
}
