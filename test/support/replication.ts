import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./cli.ts";
import { administer } from "./servers.ts";

export type ReplicatedName = "postgres" | "mariadb";

export interface Replication {
  readonly primary: string;
  readonly replica: string;
  /** Starts again what a test has stopped. */
  restart(): Promise<void>;
}

/**
 * A primary and its replica, for one test file at a time: they are apart from the servers of the other tests, and
 * started when they are first asked for. Where they cannot be had, `skip` is called with the reason, or, with CI
 * set, it throws.
 */
export async function withReplication(
  name: ReplicatedName,
  skip: (reason: string) => void,
  use: (replication: Replication) => Promise<void>,
): Promise<void> {
  const urls = await started(name);
  if (urls === null) {
    if (process.env["CI"]) throw new Error(`CI is set, but there is no replica of ${name}`);
    return skip(`no replica of ${name}`);
  }
  await administer(name, async (sql) => {
    // It ends with this session, whatever becomes of the test. It is a lock of the other tests' server: the statement
    // of a file that waits for it would be seen as load of the pair.
    await sql(name === "postgres" ? "SELECT pg_advisory_lock(20260131)" : "SELECT GET_LOCK('test', 600)");
    await use({ ...urls, restart: async () => void (await started(name)) });
  });
}

async function started(name: ReplicatedName): Promise<Pick<Replication, "primary" | "replica"> | null> {
  const script = join(root, "script/databases");
  const run = promisify(execFile);
  // What cannot be started is missing from the URLs.
  await run(script, ["start", "--replicas"]).catch(() => undefined);
  const { stdout } = await run(script, ["urls"]);
  const url = (part: string) =>
    new RegExp(`^${name.toUpperCase()}_${part}_URL=(.*)$`, "m").exec(stdout)?.[1] ?? null;
  const [primary, replica] = [url("PRIMARY"), url("REPLICA")];
  return primary === null || replica === null ? null : { primary, replica };
}
