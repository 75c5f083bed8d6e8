import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { until } from "./until.ts";

/** The checkout's root. */
export const root = join(import.meta.dirname, "../..");

export interface CliOptions {
  readonly cwd?: string;
  /** Added to a small, clean environment; `undefined` removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is closed after it. */
  readonly input?: string;
  /** SIGKILL after it; default 60,000. */
  readonly timeoutMs?: number;
}

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as a running child. */
export interface Cli extends AsyncDisposable {
  readonly pid: number;
  /** Output up to now. */
  readonly stdout: string;
  readonly stderr: string;
  /** Settles at the end, whatever the exit code. */
  readonly result: Promise<CliResult>;
  kill(signal?: NodeJS.Signals): void;
  /** Waits for a match on either stream; fails when the program ends before it. */
  saw(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
}

/** Runs `godwit ARGS` to its end. Never rejects for an exit code; rejects when the time is over. */
export async function godwit(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  await using cli = startGodwit(args, options);
  return await cli.result;
}

/** Starts `godwit ARGS` with the Node that runs the tests; disposal kills it. */
export function startGodwit(args: readonly string[], options: CliOptions = {}): Cli {
  const { timeoutMs = 60_000 } = options;
  const child = spawn(process.execPath, [join(root, "bin/godwit"), ...args], {
    cwd: options.cwd ?? root,
    env: environment(options.env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  }
  // A program that ends without reading its input breaks the pipe; that is no fault of the test.
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const command = `godwit ${args.join(" ")}`;
  const result = ended(child, output, timeoutMs, command);
  result.catch(() => undefined); // whoever awaits it gets the rejection
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    result,
    kill: (signal = "SIGKILL") => void child.kill(signal),
    saw: (pattern, within = 60_000) =>
      until(
        () => {
          const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
          if (match === null && (child.exitCode ?? child.signalCode) !== null) {
            throw new Error(`${command} ended without ${pattern}:\n${output.stdout}\n${output.stderr}`);
          }
          return match;
        },
        { timeoutMs: within, what: `${pattern} in the output of ${command}` },
      ),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await result.catch(() => undefined);
    },
  };
}

function ended(
  child: ChildProcess,
  output: { stdout: string; stderr: string },
  timeoutMs: number,
  command: string,
): Promise<CliResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CliResult>();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  child.once("error", reject);
  // "close" comes after the last output, "exit" may not.
  child.once("close", (code, signal) => {
    clearTimeout(timer);
    if (late) reject(new Error(`${command} ran over ${timeoutMs} ms:\n${output.stdout}\n${output.stderr}`));
    else resolve({ code, signal, ...output });
  });
  return promise;
}

/** Nothing of the developer's own settings reaches the program, so that a test means the same everywhere. */
function environment(extra: CliOptions["env"] = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, GODWIT_DIST } = process.env;
  const merged = { PATH, HOME, TMPDIR, GODWIT_DIST, NO_COLOR: "1", TZ: "UTC", ...extra };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}
