import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Target } from "../../core/target.ts";
import type { ConnectRole, ServerFacts, Session, SessionOptions } from "../engine.ts";
import { isBusy } from "./driver.ts";
import { isWritable, locate, memory } from "./location.ts";
import { sessionOf, SqliteSession } from "./session.ts";
import { userName } from "./user-name.ts";

/** Sessions on database files. `mode=ro` in the URL opens the file for reading only. */
export const connect: ConnectRole = { open, facts };

async function open(target: Target, options: SessionOptions): Promise<Session> {
  const path = locate(target.database);
  const session = new SqliteSession(path, {
    ...options,
    // Nobody has to wait to find out whether the file is a database.
    lockTimeoutMs: 1,
    readOnly: target.parameters.mode === "ro",
  });
  try {
    await session.query("PRAGMA schema_version");
  } catch (error) {
    if (!isBusy(error)) {
      await session.close();
      throw error;
    }
  }
  await session.limit(options);
  return session;
}

async function facts(session: Session): Promise<ServerFacts> {
  const { path, readOnly } = sessionOf(session);
  const [row] = await session.query("SELECT sqlite_version() AS version");
  return {
    version: `SQLite ${String(row?.version)}`,
    product: "SQLite",
    database: path,
    user: userName(),
    identity: path,
    settings: "",
    host: "",
    port: null,
    unsupported: null,
    readOnly: readOnly || !canWrite(path),
    now: new Date().toISOString(),
  };
}

/** The journal is made beside the file, so the folder counts too. */
function canWrite(path: string): boolean {
  if (path === memory) return true;
  return isWritable(dirname(path)) && (!existsSync(path) || isWritable(path));
}
