import { execFileSync, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { userInfo, tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.ts";

export interface Pgbouncer extends AsyncDisposable {
  /** The URL given at the start, by way of pgbouncer. */
  readonly url: string;
  /** Its log up to now. */
  readonly log: string;
}

/** For node:test's `skip`: the reason why there is no pgbouncer, or false. Throws when CI is set. */
export function pgbouncerSkip(): string | false {
  try {
    execFileSync("pgbouncer", ["--version"], { stdio: "ignore" });
    return false;
  } catch (cause) {
    if (process.env["CI"]) throw new Error("CI is set, but pgbouncer does not run here", { cause });
    return "pgbouncer is not installed";
  }
}

/**
 * Starts a pgbouncer before the server of `url`, in transaction mode unless told otherwise. It asks for the
 * password of `url` and, as pgbouncer does by default, refuses startup parameters that it does not know.
 */
export async function startPgbouncer(
  url: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Pgbouncer> {
  const own = new URL(url);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "godwit-pgbouncer-"));
  await chmod(folder, 0o755);
  const config = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: join(folder, "users"),
    pool_mode: "transaction",
    ...settings,
  };
  const lines = Object.entries(config).map(([name, value]) => `${name} = ${value}`);
  await writeFile(
    join(folder, "ini"),
    `[databases]\n* = host=${own.hostname} port=${own.port || 5432}\n[pgbouncer]\n${lines.join("\n")}\n`,
  );
  const quoted = (text: string): string => `"${decodeURIComponent(text).replaceAll('"', '""')}"`;
  await writeFile(join(folder, "users"), `${quoted(own.username)} ${quoted(own.password)}\n`);

  const child = spawn("pgbouncer", [join(folder, "ini")], {
    ...account(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(() => {
      if (child.exitCode !== null) throw new Error(`pgbouncer ended: ${log}`);
      return accepts(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  own.hostname = "127.0.0.1";
  own.port = String(port);
  return {
    url: own.href,
    get log() {
      return log;
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** pgbouncer refuses to run as root. */
function account(): { uid?: number; gid?: number } {
  if (userInfo().uid !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
