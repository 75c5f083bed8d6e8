/** The audit trail: what the commands and the library use of this feature. */
export { type AuditExportFormat, auditExportFormats, exportAudit, type ExportChoice } from "./export.ts";
export { type AuditFinding, type ChainHead } from "./verify-chain.ts";
export { auditHead, type AuditReport, verifyAudit } from "./verify.ts";
