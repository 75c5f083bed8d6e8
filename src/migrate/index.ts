/** Versioned migrations: what the commands and the library use of this feature. */
export { type ApplyChoice, applyMigrations } from "./apply.ts";
export type { AssessedMigration, MigrationState } from "./assess.ts";
export { type Baseline, type BaselineChoice, baselineHistory, previewBaseline } from "./baseline.ts";
export { type CreateChoice, createMigration } from "./create.ts";
export type { Edit } from "./edits.ts";
export { parseFileName } from "./file-name.ts";
export { freezeApply, freezeRollback } from "./freeze.ts";
export { planMigrations } from "./plan.ts";
export type { Project } from "./project.ts";
export { reading } from "./read.ts";
export { type ForgetPreview, previewForget, type RepairChoice, repairHistory } from "./repair.ts";
export { redoMigration } from "./redo.ts";
export {
  previewRollback,
  type RollbackChoice,
  type RollbackPreview,
  rollbackMigrations,
} from "./rollback.ts";
export { applyReviewed } from "./reviewed.ts";
export { type Rehearsal, rehearse } from "./rehearse.ts";
export { settleSteps } from "./settle.ts";
export { chooseSnapshots, dropSnapshots, readSnapshots, type RowSnapshot } from "./snapshots.ts";
export { readStatus, type StatusReport, type UnfinishedRun } from "./status.ts";
export { type ValidationReport, validateProject } from "./validate.ts";
