import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import type { Target } from "../../src/core/target.ts";
import type { Session, SessionOptions } from "../../src/engines/engine.ts";
import { connect } from "../../src/engines/mysql/connect.ts";
import { targets, withDatabase } from "../support/servers.ts";

/** The servers of this engine, each with the reason to skip it. */
export const mysqlTargets = targets.filter((target) => target.engine === "mysql");

export interface Place {
  readonly target: Target;
  readonly mariaDb: boolean;
  /** Opens a session that is closed after the test. */
  readonly open: (options?: Partial<SessionOptions>, target?: Partial<Target>) => Promise<Session>;
}

export async function withPlace(
  name: (typeof mysqlTargets)[number]["name"],
  use: (place: Place) => Promise<void>,
) {
  await withDatabase(name, async (url) => {
    const target = parseConnectionUrl(url);
    const opened: Session[] = [];
    const open: Place["open"] = async (options = {}, changes = {}) => {
      const session = await connect.open({ ...target, ...changes }, { ...defaults, ...options });
      opened.push(session);
      return session;
    };
    try {
      await use({ target, mariaDb: name === "mariadb", open });
    } finally {
      await Promise.all(opened.map((session) => session.close()));
    }
  });
}

const defaults: SessionOptions = {
  tag: "godwit test",
  connectTimeoutMs: 5_000,
  lockTimeoutMs: 5_000,
  statementTimeoutMs: 0,
};
