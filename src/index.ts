/**
 * The library: everything the commands do, without printing. Each function takes what its command takes, an
 * `AbortSignal` and a receiver of events, and rejects with a {@link GodwitError}.
 */
export { apply, type ApplyOptions } from "./commands/apply.ts";
export { applyPlan, type ApplyPlanOptions } from "./commands/apply-plan.ts";
export {
  auditExport,
  type AuditExportOptions,
  auditHead,
  type AuditOptions,
  auditVerify,
} from "./commands/audit.ts";
export {
  backupCreate,
  backupList,
  type BackupOptions,
  backupPrune,
  backupRestore,
  backupVerify,
} from "./commands/backup.ts";
export { approve, type ApproveOptions } from "./commands/approve.ts";
export { baseline, type BaselineOptions } from "./commands/baseline.ts";
export {
  copy,
  type CopyOptions,
  freezeCopyOf as freezeCopy,
  type FreezeCopyOptions,
  planCopyOf as planCopy,
} from "./commands/copy.ts";
export { ctl, type ControlledRun, type CtlOptions, type CtlReport } from "./commands/ctl.ts";
export { create, type CreateOptions } from "./commands/create.ts";
export { doctor, type DoctorReport } from "./commands/doctor.ts";
export { explain } from "./commands/explain.ts";
export { freezePlan, type FreezeOptions } from "./commands/freeze.ts";
export { init, type InitOptions, type InitReport } from "./commands/init.ts";
export {
  mappingsDiff,
  type MappingsDiffOptions,
  mappingsMigrate,
  type MappingsMigrateOptions,
  mappingsPlan,
  mappingsRollback,
  type MappingsRollbackOptions,
  mappingsShow,
  type MappingsShowOptions,
  mappingsValidate,
  type MappingsValidateOptions,
  type MigratedMappings,
} from "./commands/mappings.ts";
export type { MappingsOptions } from "./commands/mappings-project.ts";
export type { ProjectOptions } from "./commands/options.ts";
export { plan, type PlanOptions } from "./commands/plan.ts";
export { redo } from "./commands/redo.ts";
export { rehearse, type RehearsalReport, type RehearseOptions } from "./commands/rehearse.ts";
export { repair, type RepairOptions } from "./commands/repair.ts";
export { report, type ReportOptions } from "./commands/report.ts";
export { rollback, type RollbackOptions } from "./commands/rollback.ts";
export { dropSnapshots, type DropSnapshotsOptions, snapshots } from "./commands/snapshots.ts";
export { runs, type RunsOptions } from "./commands/runs.ts";
export { status } from "./commands/status.ts";
export { verify, type VerifyOptions } from "./commands/verify.ts";
export { validate } from "./commands/validate.ts";
export { wait, type WaitOptions } from "./commands/wait.ts";
export type { AuditFinding, AuditReport, ChainHead, RunReport, RunSummary } from "./audit/index.ts";
export { defineConfig } from "./config/define-config.ts";
export { GodwitError, type Outcome } from "./core/error.ts";
export type { ErrorCode } from "./core/error-catalog.ts";
export type { FrozenPlan } from "./core/frozen-plan.ts";
export type { GodwitEvent, LockHolder, StampedEvent } from "./core/event.ts";
export type { Effect, Hazard, HistoryChange, Plan, Statement, Step } from "./core/plan.ts";
export { version } from "./core/version.ts";
export type { Finding, ServerFacts } from "./engines/engine.ts";
export type {
  AssessedMigration,
  Edit,
  MigrationState,
  RowSnapshot,
  StatusReport,
  UnfinishedRun,
  ValidationReport,
} from "./migrate/index.ts";
export type { ListedBackup, MadeBackup, ProvedBackup, PrunePlan, Restored } from "./backup/index.ts";
export type { CopyResult } from "./copy/index.ts";
export type {
  ComparedFiles,
  MigratedFile,
  MigrationPlan,
  RolledBackFile,
  ShownMappings,
  ValidatedFile,
} from "./mappings/index.ts";
export type { Mapping } from "./formats/mappings/index.ts";
export type { RunResult } from "./run/executor.ts";
export type { MigrationDatabase, MigrationFunction } from "./run/perform/script.ts";
