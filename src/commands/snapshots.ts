import { dropSnapshots as dropKept, readSnapshots, type RowSnapshot } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface DropSnapshotsOptions extends ProjectOptions {
  /** Their ids; "restored" stands for all that were put back already, "all" for all. */
  readonly drop: readonly string[];
}

/** The rows that migrations changed and kept, the oldest first. Reads only. */
export async function snapshots(options: ProjectOptions = {}): Promise<readonly RowSnapshot[]> {
  checkOptions("snapshots", options);
  return readSnapshots(await openProject(options));
}

/** Drops the tables of kept rows: they can't be put back any more. */
export async function dropSnapshots(options: DropSnapshotsOptions): Promise<RunResult> {
  checkOptions("dropSnapshots", options);
  return dropKept(await openProject(options), options.drop);
}
