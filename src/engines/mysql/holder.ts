import type { LockHolder } from "../../core/event.ts";
import type { Row, Session } from "../engine.ts";

const statementLength = 200;

/** Columns of information_schema.processlist as `p`; the text of `since` is ISO 8601 in UTC. */
export const processColumns = `p.ID AS id, p.USER AS \`user\`, p.HOST AS host, p.COMMAND AS command, p.STATE AS state,
  LEFT(p.INFO, ${statementLength}) AS statement,
  DATE_FORMAT(UTC_TIMESTAMP(3) - INTERVAL GREATEST(CAST(p.TIME AS SIGNED), 0) SECOND, '%Y-%m-%dT%H:%i:%s.000Z') AS since`;

/**
 * What the server tells of a session: all with the PROCESS privilege or for the user's own sessions, otherwise
 * only the id. Never null: that the session is there is known already.
 */
export async function sessionHolder(session: Session, id: string): Promise<LockHolder> {
  // MySQL 9 refuses to show its process list while any session runs a statement with bytes that are no utf8mb3
  // (error 3854): then the holder is known by its number only.
  const [row] = await session
    .query(`SELECT ${processColumns} FROM information_schema.processlist p WHERE p.ID = ?`, [id])
    .catch(ignoreRefusal);
  if (row === undefined) return { sessionId: id };
  const application = await applicationOf(session, id);
  return { ...toHolder(row), ...(application === undefined ? {} : { application }) };
}

export function toHolder(row: Row): LockHolder {
  const text = (name: string) => {
    const value = row[name];
    return value === null || value === undefined || value === "" ? undefined : String(value);
  };
  const [user, host, since] = [text("user"), text("host"), text("since")];
  // A session that sleeps in its transaction blocks by what it did before: that is what has to be said.
  const statement = text("statement") ?? (text("command") === "Sleep" ? "idle" : text("state"));
  return {
    sessionId: String(row.id),
    ...(user === undefined ? {} : { user }),
    ...(host === undefined ? {} : { host }),
    ...(since === undefined ? {} : { since }),
    ...(statement === undefined ? {} : { statement }),
  };
}

/** The tag: a user variable, which follows retag; or what the session said at login. Both need the performance schema. */
async function applicationOf(session: Session, id: string): Promise<string | undefined> {
  const queries = [
    `SELECT CONVERT(v.VARIABLE_VALUE USING utf8mb4) AS tag FROM performance_schema.user_variables_by_thread v
       JOIN performance_schema.threads t USING (THREAD_ID) WHERE t.PROCESSLIST_ID = ? AND v.VARIABLE_NAME = 'godwit_tag'`,
    `SELECT ATTR_VALUE AS tag FROM performance_schema.session_account_connect_attrs
      WHERE PROCESSLIST_ID = ? AND ATTR_NAME = 'program_name'`,
  ];
  for (const sql of queries) {
    const rows = await session.query(sql, [id]).catch(ignoreRefusal);
    const tag = rows[0]?.tag;
    if (tag !== null && tag !== undefined) return Buffer.isBuffer(tag) ? tag.toString("utf8") : String(tag);
  }
  return undefined;
}

/** A table or a privilege that is missing costs only the detail. A lost connection is still an error. */
export function ignoreRefusal(error: unknown): Row[] {
  if (typeof (error as { errno?: unknown }).errno === "number" && (error as { sqlState?: unknown }).sqlState)
    return [];
  throw error;
}
