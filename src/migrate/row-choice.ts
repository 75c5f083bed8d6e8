import type { LedgerState } from "../run/ledger.ts";
import type { Migration } from "./folder.ts";
import { applicationsOf } from "./history.ts";
import type { Project } from "./project.ts";
import type { RowChoice } from "./restore-rows.ts";

/** The name under which the loss is allowed of what others wrote into rows that are put back. */
export const overwriteChangedRows = "overwrite-changed-rows";

export function rowsUp(project: Project, { history }: LedgerState, { version }: Migration): RowChoice {
  return { policy: project.snapshots, applications: applicationsOf(history, version) };
}

export function rowsDown(
  project: Project,
  { history }: LedgerState,
  { version }: Migration,
  allow: readonly string[] = [],
): RowChoice {
  return {
    policy: project.snapshots,
    applications: applicationsOf(history, version) - 1,
    overwrites: allow.includes(overwriteChangedRows),
  };
}
