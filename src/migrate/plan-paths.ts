import { relative, resolve, sep } from "node:path";
import type { Step } from "../core/plan.ts";

/** A file's path as a plan keeps it: within the migrations folder, wherever that is. */
export function withinFolder(path: string, folder: string): string {
  return relative(folder, path).replaceAll(sep, "/");
}

export function stepsWithin(steps: readonly Step[], folder: string): Step[] {
  return steps.map((step) => ("file" in step ? { ...step, file: withinFolder(step.file, folder) } : step));
}

/** The same on this machine; null for a path that leads out of the folder. */
export function inFolder(path: string, folder: string): string | null {
  const full = resolve(folder, path);
  return full.startsWith(folder + sep) ? full : null;
}

export function stepsInFolder(steps: readonly Step[], folder: string): Step[] {
  return steps.map((step) => {
    if (!("file" in step)) return step;
    return { ...step, file: inFolder(step.file, folder) ?? step.file };
  });
}
