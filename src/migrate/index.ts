/** Versioned migrations: what the commands and the library use of this feature. */
export { type ApplyChoice, applyMigrations } from "./apply.ts";
export type { AssessedMigration, MigrationState } from "./assess.ts";
export { type CreateChoice, createMigration } from "./create.ts";
export type { Edit } from "./edits.ts";
export { parseFileName } from "./file-name.ts";
export { planMigrations } from "./plan.ts";
export type { Project } from "./project.ts";
export { reading } from "./read.ts";
export { baselineHistory, type RepairChoice, repairHistory } from "./record.ts";
export { redoMigration } from "./redo.ts";
export { type RollbackChoice, rollbackMigrations } from "./rollback.ts";
export { settleSteps } from "./settle.ts";
export { readStatus, type StatusReport, type UnfinishedRun } from "./status.ts";
export { type ValidationReport, validateProject } from "./validate.ts";
