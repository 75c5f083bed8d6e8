/** Copies between databases: what the commands and the library use of this feature. */
export { copyDatabase, type CopyPlan, type CopyResult, planCopy } from "./copy.ts";
export { type DuplicateKey, pairText } from "./duplicate-keys.ts";
export { notesOf } from "./objects/model.ts";
export type { Loss } from "./losses.ts";
export {
  type CopyChoice,
  type CopyMode,
  copyModes,
  type CopyPhases,
  copyPhases,
  type CopyProject,
  type SourceEngine,
  type TargetEngine,
} from "./project.ts";
export type { ReadingTime } from "./reading-time.ts";
export { copyReviewed, freezeCopy } from "./reviewed.ts";
export type { RulesDocument } from "./rules/document.ts";
export type { MappingRules, RuleWarning } from "./rules/model.ts";
export { readRules } from "./rules/read-rules.ts";
export { type VerifyChoice, verifyDatabases, type VerifyReport } from "./verify.ts";
