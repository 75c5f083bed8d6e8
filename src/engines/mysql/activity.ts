import type { Activity, Row, Session } from "../engine.ts";
import { blockers, exactBlockers } from "./blockers.ts";
import { ignoreRefusal } from "./holder.ts";

/** What another session does now, from the process list; null when there is no such session. */
export async function activity(session: Session, sessionId: string): Promise<Activity | null> {
  const row = await processOf(session, sessionId);
  if (row === null) return null;
  const idle = row.COMMAND === "Sleep";
  const state = String(row.STATE ?? "");
  // "Waiting for table metadata lock" and the like: then the likely ones are worth naming as well.
  const waits = /^Waiting for .*lock/i.test(state);
  const progress = idle ? null : (ofMariaDb(row) ?? (await ofMySql(session, sessionId)));
  return {
    idle,
    phase: progress?.phase ?? state,
    done: progress?.done ?? null,
    total: progress?.total ?? null,
    waitingFor: idle ? [] : await (waits ? blockers : exactBlockers)(session, sessionId),
  };
}

/** ER_CANNOT_CONVERT_STRING. */
const notConvertible = 3854;

/**
 * The session's row of the process list. MySQL 9 can't show that list while any session runs a statement with bytes
 * that are no utf8mb3; its performance schema can be asked for the one row, without the statement.
 */
async function processOf(session: Session, sessionId: string): Promise<Row | null> {
  try {
    const list = "SELECT p.* FROM information_schema.processlist p WHERE p.ID = ?";
    return (await session.query(list, [sessionId]))[0] ?? null;
  } catch (error) {
    if ((error as { errno?: number }).errno !== notConvertible) throw error;
    const threads = `SELECT PROCESSLIST_COMMAND AS COMMAND, PROCESSLIST_STATE AS STATE
      FROM performance_schema.threads WHERE PROCESSLIST_ID = ?`;
    return (await session.query(threads, [sessionId]))[0] ?? null;
  }
}

type Progress = { readonly phase: string; readonly done: number; readonly total: number };

/** MariaDB counts per cent of a stage, and the stages. */
function ofMariaDb(row: Row): Progress | null {
  const stages = Number(row.MAX_STAGE ?? 0);
  if (!(stages > 0)) return null;
  const stage = Number(row.STAGE);
  const done = (Math.max(stage - 1, 0) * 100 + Number(row.PROGRESS)) / stages;
  return {
    phase: `${String(row.STATE ?? "")} (stage ${stage} of ${stages})`,
    done: Math.round(done * 100) / 100,
    total: 100,
  };
}

/** MySQL counts pages, where the consumer events_stages_current is switched on. */
async function ofMySql(session: Session, sessionId: string): Promise<Progress | null> {
  const rows = await session
    .query(
      `SELECT s.EVENT_NAME AS name, s.WORK_COMPLETED AS done, s.WORK_ESTIMATED AS total
         FROM performance_schema.threads t JOIN performance_schema.events_stages_current s USING (THREAD_ID)
        WHERE t.PROCESSLIST_ID = ? AND s.WORK_ESTIMATED > 0`,
      [sessionId],
    )
    .catch(ignoreRefusal);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    phase: String(row.name).replace(/^stage\/\w+\//, ""),
    done: Number(row.done),
    total: Number(row.total),
  };
}
