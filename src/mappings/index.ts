/** Mapping databases: what the commands and the library use of this feature. */
export { type ComparedFiles, compareMappings } from "./diff.ts";
export { journalOf } from "./journal.ts";
export {
  locate,
  type LocateChoice,
  type Located,
  locateDatabase,
  locateOutput,
  type MappingsFormat,
  wantedFormat,
} from "./locate.ts";
export { type MigratedFile, migrateMappings, planMappings } from "./migrate.ts";
export { conflictText, type MigrateChoice, type MigrationPlan } from "./plan-migration.ts";
export type { MappingsProject } from "./project.ts";
export { otherEnding } from "./other-ending.ts";
export { refuseChoice } from "./refuse-choice.ts";
export type { RollbackChoice } from "./plan-rollback.ts";
export { previewRollback, type RollbackPreview, type RolledBackFile, rollbackMappings } from "./rollback.ts";
export { type ShowChoice, showMappings, type ShownMappings } from "./show.ts";
export { type ValidatedFile, validateMappings } from "./validate.ts";
