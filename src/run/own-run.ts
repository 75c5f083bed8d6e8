import { hostname } from "node:os";

/** Whether this process has opened the run. A process's number alone says nothing: each container begins at 1. */
export function isOwnRun(run: { readonly pid: number; readonly host: string } | null | undefined): boolean {
  return run?.pid === process.pid && run.host === hostname();
}
