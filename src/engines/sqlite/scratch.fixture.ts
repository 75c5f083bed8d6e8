import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import type { Target } from "../../core/target.ts";
import type { Session } from "../engine.ts";
import { connect } from "./connect.ts";

/** For the tests of this folder: a folder that goes with its test. */
export function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "godwit-sqlite-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function targetOf(path: string, parameters: Record<string, string> = {}): Target {
  return {
    engine: "sqlite",
    scheme: "sqlite",
    user: "",
    password: "",
    host: "",
    port: 0,
    database: path,
    tls: { mode: "disable" },
    parameters,
    display: `sqlite:${path}`,
  };
}

export async function openAt(path: string, lockTimeoutMs = 5_000, parameters = {}): Promise<Session> {
  const options = { tag: "godwit test", connectTimeoutMs: 5_000, lockTimeoutMs, statementTimeoutMs: 0 };
  return connect.open(targetOf(path, parameters), options);
}

/** As `openAt`, closed with its test. */
export async function openFor(t: TestContext, path: string, lockTimeoutMs?: number): Promise<Session> {
  const session = await openAt(path, lockTimeoutMs);
  t.after(() => session.close());
  return session;
}

export interface Child {
  readonly process: ChildProcess;
  /** The next line it prints; null at its end. */
  line(): Promise<string | null>;
  /** Sends it a line. */
  tell(text: string): void;
  kill(): Promise<void>;
}

/**
 * Another process that runs `body`, an async function's body, with `session` on the database, some roles, `say` (prints a
 * line) and `hear` (waits for a line). With `uid` it goes on as that user, once it is loaded: the checkout may be in a
 * folder that is closed to others.
 */
export function child(t: TestContext, path: string, body: string, uid?: number): Child {
  const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const script = `
    import { createInterface } from "node:readline";
    import { openAt } from ${here("scratch.fixture.ts")};
    import { connect } from ${here("connect.ts")};
    import { errors } from ${here("errors.ts")};
    import { lock } from ${here("lock.ts")};
    const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const hear = async () => (await input.next()).value;
    const say = (text) => new Promise((done) => process.stdout.write(text + "\\n", done));
    const session = await openAt(${JSON.stringify(path)});
    ${uid === undefined ? "" : `process.setuid(${uid});`}
    ${body}
    process.exit(0);`;
  const running = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(running, "exit");
  running.stdin.on("error", () => {});
  const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
  const kill = async () => {
    running.kill("SIGKILL");
    await ended;
  };
  t.after(kill);
  return {
    process: running,
    line: async () => {
      const { value, done } = await lines.next();
      return done ? null : String(value);
    },
    tell: (text) => void running.stdin.write(`${text}\n`),
    kill,
  };
}
