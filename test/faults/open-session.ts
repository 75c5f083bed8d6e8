import mysql from "mysql2/promise";
import pg from "pg";
import type { ServerName } from "../support/servers.ts";

/** A session of a test's own that stays open, to hold a lock or a transaction. Disposal ends it, and those with it. */
export interface OpenSession extends AsyncDisposable {
  readonly id: string;
  sql(text: string): Promise<unknown>;
}

/** MySQL's list of sessions shows no application, so those of the tests are told by their numbers. */
const own = new Set<string>();

export function isOwnSession(id: string): boolean {
  return own.has(id);
}

export async function openSession(
  name: ServerName,
  url: string,
  application = "blocker",
): Promise<OpenSession> {
  if (name === "postgres") {
    const client = new pg.Client({ connectionString: url, application_name: application });
    client.on("error", () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    return {
      id: String(rows[0]?.pid),
      sql: (text) => client.query(text),
      [Symbol.asyncDispose]: () => client.end().catch(() => undefined),
    };
  }
  const connection = await mysql.createConnection({ uri: url });
  connection.on("error", () => undefined);
  own.add(String(connection.threadId));
  return {
    id: String(connection.threadId),
    sql: async (text) => (await connection.query(text))[0],
    [Symbol.asyncDispose]: async () => connection.destroy(),
  };
}
