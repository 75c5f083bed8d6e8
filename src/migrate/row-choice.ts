import type { LedgerState } from "../run/ledger.ts";
import type { Migration } from "./folder.ts";
import { applicationsOf } from "./history.ts";
import type { Project } from "./project.ts";
import type { RowChoice } from "./restore-rows.ts";

/** The name under which the loss is allowed of what others wrote into rows that are put back. */
export const overwriteChangedRows = "overwrite-changed-rows";

export function rowsUp(project: Project, { history }: LedgerState, { version }: Migration): RowChoice {
  return {
    policy: project.snapshots,
    applications: applicationsOf(history, version),
    database: databaseOf(project),
  };
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
    database: databaseOf(project),
    overwrites: allow.includes(overwriteChangedRows),
  };
}

/** In one case: a server may take both for the same, and a resumed run must come to the same names. */
function databaseOf({ target }: Project): string {
  return target.host === "" ? "" : target.database.toLowerCase();
}
