import { appendFileSync } from "node:fs";

/**
 * Named places at which a test kills the process: GODWIT_CRASH_AT=point:n sends SIGKILL at the n-th passing;
 * GODWIT_CRASH_TRACE=file lists the points passed. The published build replaces both variables by undefined,
 * so that nothing of this is left in it (script/build.ts).
 */
const target = process.env.GODWIT_CRASH_AT;
const trace = process.env.GODWIT_CRASH_TRACE;
const passed = new Map<string, number>();

export function crashPoint(name: string): void {
  if (target === undefined && trace === undefined) return;
  const count = (passed.get(name) ?? 0) + 1;
  passed.set(name, count);
  if (trace !== undefined) appendFileSync(trace, `${name}:${count}\n`);
  if (target === `${name}:${count}`) process.kill(process.pid, "SIGKILL");
}
