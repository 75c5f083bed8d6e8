import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { once } from "node:events";
import { GodwitError } from "../core/error.ts";

export interface ClientProgram {
  readonly path: string;
  /** What it says of itself: "pg_dump (PostgreSQL) 15.18". */
  readonly version: string;
}

const saysWithinMs = 10_000;
const keptErrorBytes = 8_192;

/** The first of these programs that PATH has, in an absolute folder; null where it has none. */
export async function findProgram(names: readonly string[]): Promise<ClientProgram | null> {
  for (const name of names) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      // What stands in the current folder could be anybody's.
      if (!folder.startsWith("/")) continue;
      const path = join(folder, name);
      const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      const version = await versionOf(path);
      if (version !== null) return { path, version };
    }
  }
  return null;
}

function versionOf(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(path, ["--version"], { timeout: saysWithinMs, env: plainEnvironment() }, (error, stdout) =>
      resolve(error === null ? stdout.trim() : null),
    );
  });
}

/** Nothing of this process's own reaches a client program but what finds it: its variables could lead it elsewhere. */
function plainEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", LC_ALL: "C" };
}

export interface ProgramCall {
  readonly path: string;
  readonly words: readonly string[];
  /** With the password: command lines can be read by every user of the machine. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What the program writes. Rejects at its end where it failed, with what it said. Throws GW8213. */
export async function* programOutput(call: ProgramCall): AsyncGenerator<Uint8Array> {
  const { child, ended } = start(call);
  child.stdin.end();
  try {
    for await (const piece of child.stdout) yield piece as Buffer;
    await ended;
  } finally {
    child.kill("SIGTERM");
    ended.catch(() => {});
  }
}

/** Writes all pieces to the program, and waits for its end. Throws GW8213. */
export async function feedProgram(call: ProgramCall, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const { child, ended } = start(call);
  child.stdout.resume();
  // A program that ends early breaks the pipe; why, it says itself.
  child.stdin.on("error", () => {});
  let isOver = false;
  const over = ended.finally(() => (isOver = true));
  over.catch(() => {});
  try {
    for await (const piece of pieces) {
      if (isOver) break;
      if (!child.stdin.write(piece)) await Promise.race([once(child.stdin, "drain"), over.catch(() => {})]);
    }
    child.stdin.end();
    await over;
  } finally {
    // What is not whole must not be taken for the end of the dump.
    if (!isOver) child.kill("SIGTERM");
    await over.catch(() => {});
  }
}

function start({ path, words, env, signal }: ProgramCall): {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<void>;
} {
  const child = spawn(path, words, { env: { ...plainEnvironment(), ...env }, stdio: "pipe", signal });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-keptErrorBytes);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", (error) => reject(failed(path, error.message)));
    child.on("close", (code, killed) => {
      if (code === 0) resolve();
      else reject(failed(path, said.trim() || `it ended with ${killed ?? code}`));
    });
  });
  ended.catch(() => {});
  return { child, ended };
}

function failed(path: string, said: string): GodwitError {
  return new GodwitError("GW8213", { message: `${path}: ${said}`, details: { program: path } });
}
