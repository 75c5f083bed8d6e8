import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cpuOfChildrenMs } from "./processor-time.ts";
import type { Command } from "./programs.ts";

export interface RunOptions {
  readonly cwd: string;
  /** The file that takes both streams: a pipe would have to be emptied by this process, on the same cores. */
  readonly log: string;
  /** Where Node's compiled code is kept between runs, as a user's home folder keeps it. */
  readonly cache: string;
  /** Measure the peak memory, for Node programs only. */
  readonly memory: boolean;
}

export interface RanProcess {
  readonly ms: number;
  /** 0 where it was not asked for. */
  readonly peakBytes: number;
  /** Of all its processes together; null where the system does not tell. */
  readonly cpuMs: number | null;
}

/** Runs a whole process and times it from outside. Throws with the end of its output when it fails. */
export function runProcess(command: Command, options: RunOptions): RanProcess {
  const log = openSync(options.log, "w");
  const peak = `${options.log}.peak`;
  rmSync(peak, { force: true });
  const args = options.memory
    ? ["--require", join(import.meta.dirname, "peak-memory.cjs"), ...command.args]
    : command.args;
  try {
    const cpuBefore = cpuOfChildrenMs();
    const began = process.hrtime.bigint();
    const result = spawnSync(command.file, args, {
      cwd: options.cwd,
      // Nothing of the caller's settings reaches the programs.
      env: {
        PATH: process.env.PATH,
        HOME: options.cwd,
        XDG_CACHE_HOME: options.cache,
        ...command.env,
        ...(options.memory ? { GODWIT_BENCH_PEAK: peak } : {}),
      },
      stdio: ["ignore", log, log],
      timeout: 600_000,
      killSignal: "SIGKILL",
    });
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    const cpuAfter = cpuOfChildrenMs();
    if (result.error !== undefined) throw new Error(`${command.file}: ${result.error.message}`);
    if (result.status !== 0) {
      const end = readFileSync(options.log, "utf8").slice(-2000);
      throw new Error(
        `${command.file} ${command.args.join(" ")} ended with ${result.status ?? result.signal}:\n${end}`,
      );
    }
    return {
      ms,
      peakBytes: options.memory ? peakBytes(peak) : 0,
      cpuMs: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore,
    };
  } finally {
    closeSync(log);
  }
}

function peakBytes(path: string): number {
  const bytes = Number(readFileSync(path, "utf8"));
  if (bytes > 0) return bytes;
  throw new Error("the measured process did not tell its peak memory");
}
