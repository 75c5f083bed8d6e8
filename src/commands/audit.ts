import {
  auditHead as readHead,
  type AuditReport,
  type ChainHead,
  exportAudit,
  verifyAudit,
} from "../audit/index.ts";
import { parseDuration } from "../config/duration.ts";
import { GodwitError } from "../core/error.ts";
import { reading } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface AuditOptions extends ProjectOptions {
  /** A head that was kept elsewhere: its hash, the beginning of that, or SEQ:HASH. */
  readonly expectHead?: string | undefined;
}

export interface AuditExportOptions extends ProjectOptions {
  /** Default "ndjson". */
  readonly format?: "ndjson" | "json" | "csv" | undefined;
  /** Only the events of this run. */
  readonly run?: string | undefined;
  /** A time (ISO 8601), or how long ago: "24h". */
  readonly since?: string | undefined;
  /** Receives the text, piece by piece. */
  readonly write: (text: string) => void | Promise<void>;
}

/** Checks the event log's hash chain, and runs, steps and history against it. Reads only; what is wrong is in the report. */
export async function auditVerify(options: AuditOptions = {}): Promise<AuditReport> {
  checkOptions("auditVerify", options);
  const { expectHead, ...rest } = options;
  if (expectHead !== undefined && !/^(\d+:)?[0-9a-f]{12,64}$/i.test(expectHead)) {
    throw new GodwitError("GW1001", {
      message: "the expected head is no hash, no beginning of one with 12 digits or more, and no SEQ:HASH",
      hint: "`godwit audit head` prints the present one.",
      details: { what: "--expect-head" },
    });
  }
  const project = await openProject(rest);
  return reading(project, (session) => verifyAudit(project.engine, session, expectHead));
}

/** The newest row of the event log, to be kept elsewhere; null where there is none. */
export async function auditHead(options: ProjectOptions = {}): Promise<ChainHead | null> {
  checkOptions("auditHead", options);
  const project = await openProject(options);
  return reading(project, (session) => readHead(project.engine, session));
}

/** Writes the event log as text. Resolves with the number of pieces. */
export async function auditExport(options: AuditExportOptions): Promise<void> {
  checkOptions("auditExport", options);
  const { format = "ndjson", run, since, write, ...rest } = options;
  const project = await openProject(rest);
  const { engine } = project;
  await reading(project, async (session) => {
    const facts = await engine.connect.facts(session);
    const choice = { format, runId: run, since: since === undefined ? undefined : sinceOf(since, facts.now) };
    for await (const text of exportAudit(engine, session, choice)) await write(text);
  });
}

/** By the server's clock, whose times the log has. */
function sinceOf(text: string, now: string): string {
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text);
  // A time without a zone is the server's, as all times of the log are: UTC.
  const zoned = isDate && text.includes("T") && !/(Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text;
  const at = isDate ? Date.parse(zoned) : Date.parse(now) - parseDuration(text, { what: "--since" });
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new GodwitError("GW1001", { message: `--since is ${JSON.stringify(text)}: there is no such time` });
}
