/** The audit trail: what the commands and the library use of this feature. */
export { type AuditExportFormat, auditExportFormats, exportAudit, type ExportChoice } from "./export.ts";
export { listRuns, type RunSummary } from "./list-runs.ts";
export { readReport } from "./read-report.ts";
export type { RunReport } from "./run-report.ts";
export { type AuditFinding, type ChainHead } from "./verify-chain.ts";
export { auditHead, type AuditReport, verifyAudit } from "./verify.ts";
