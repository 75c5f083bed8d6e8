import { execFile, execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A PostgreSQL server of a test's own, which may be stopped as it likes. */
export interface PrivatePostgres extends AsyncDisposable {
  readonly url: string;
  /** Ends every session: `fast` with a word to the client, `immediate` like a crash. Then starts it again. */
  restart(mode: "fast" | "immediate"): Promise<void>;
  /** Before its disposal, where something that it uses is to go first. */
  stop(): Promise<void>;
}

/** For node:test's `skip`: the reason why there is no server to be had, or false. Throws when CI is set. */
export function privatePostgresSkip(): string | false {
  try {
    execFileSync(program("initdb"), ["--version"], { stdio: "ignore" });
    return false;
  } catch (cause) {
    if (process.env["CI"]) throw new Error("CI is set, but initdb does not run here", { cause });
    return "initdb is not installed";
  }
}

export async function startPrivatePostgres(): Promise<PrivatePostgres> {
  const account = unprivileged();
  const folder = await mkdtemp(join(tmpdir(), "godwit-postgres-"));
  await chmod(folder, 0o755);
  if (account !== null) await chown(folder, account.uid, account.gid);
  const data = join(folder, "data");
  const port = await freePort();
  const call = (name: string, ...args: string[]) =>
    // With pipes it would wait for the server, which inherits them.
    promisify(execFile)(program(name), args, { ...account, cwd: folder, env: { PATH: process.env["PATH"] } });
  const control = (...args: string[]) => call("pg_ctl", ...args, "-w", "-D", data, "-l", join(folder, "log"));
  const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
  await call(
    "initdb",
    "-D",
    data,
    "-U",
    "tester",
    "-A",
    "trust",
    "--no-sync",
    "--encoding=UTF8",
    "--locale=C",
  );
  await control("start", "-o", options);
  return {
    url: `postgres://tester@127.0.0.1:${port}/postgres`,
    restart: async (mode) => void (await control("restart", "-m", mode, "-o", options)),
    stop: async () => void (await control("stop", "-m", "immediate")),
    async [Symbol.asyncDispose]() {
      await control("stop", "-m", "immediate").catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Debian keeps the server's programs by version, outside of PATH. */
function program(name: string): string {
  const folder = "/usr/lib/postgresql";
  try {
    const [newest] = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
    return newest === undefined ? name : join(folder, newest, "bin", name);
  } catch {
    return name;
  }
}

/** The server refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | null {
  if (userInfo().uid !== 0) return null;
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
