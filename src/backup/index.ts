/** Backups: what the commands and the library use of this feature. */
export { type BackupForm, createBackup, type CreateChoice, type MadeBackup } from "./create.ts";
export { listBackups, type ListedBackup } from "./list.ts";
export type { BackupProject } from "./project.ts";
export { planPrune, pruneBackups, type PruneChoice, type PrunePlan } from "./prune.ts";
export { restoreBackup, type RestoreChoice, type Restored } from "./restore.ts";
export { type ProveChoice, type ProvedBackup, verifyBackup } from "./verify.ts";
