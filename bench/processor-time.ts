import { readdirSync, readFileSync } from "node:fs";

/** Linux counts in hundredths of a second, whatever its own clock does. */
const tickMs = 10;

/** What this process's children have used of the processors, of those that have ended; null where no one tells. */
export function cpuOfChildrenMs(): number | null {
  return statOf("self")?.childrenMs ?? null;
}

/** What a process has used so far, all threads together. */
export function cpuOfProcessMs(pid: number): number | null {
  return statOf(pid)?.ownMs ?? null;
}

/**
 * What the parent of a process, and all its children, have used so far, with those that have ended. PostgreSQL has a
 * process for each session; its postmaster waits for each one that ends, and so takes its time over.
 */
export function cpuOfTreeMs(child: number): number | null {
  const parent = statOf(child)?.parent;
  const root = parent === undefined ? null : statOf(parent);
  if (parent === undefined || root === null) return null;
  const living = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(name) ?? [])
    .filter((stat) => stat.parent === parent);
  return living.reduce(
    (sum, { ownMs, childrenMs }) => sum + ownMs + childrenMs,
    root.ownMs + root.childrenMs,
  );
}

interface Stat {
  readonly parent: number;
  readonly ownMs: number;
  readonly childrenMs: number;
}

/** Null where there is no such process, and on systems without /proc. */
function statOf(pid: number | string): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // The name stands in brackets and may hold anything; after it come state, parent, and at 12 to 15 the times.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ms = (at: number) => Number(fields[at]) * tickMs;
  return { parent: Number(fields[1]), ownMs: ms(11) + ms(12), childrenMs: ms(13) + ms(14) };
}
