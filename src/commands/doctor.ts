import { GodwitError } from "../core/error.ts";
import type { Engine, Finding, Session } from "../engines/engine.ts";
import { reading, validateProject } from "../migrate/index.ts";
import { dropStray, presentSnapshots, strayTables } from "../run/row-snapshot/stray-tables.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface DoctorReport {
  readonly database: string;
  readonly server: string;
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
}

/** Looks for what would trouble a run: server, privileges, settings, clock, files, ledger. Changes nothing. */
export async function doctor(options: ProjectOptions = {}): Promise<DoctorReport> {
  checkOptions("doctor", options);
  const project = await openProject(options);
  const { engine, target } = project;
  const { server, findings } = await reading(project, async (session) => {
    const facts = await engine.connect.facts(session);
    const findings = await engine.health.findings(session);
    return { server: facts.version, findings: [...findings, ...(await snapshotFindings(engine, session))] };
  });
  const all = [tlsFinding(target.tls.mode, target.host), ...findings, await projectFinding(project)];
  return {
    database: target.display,
    server,
    healthy: all.every(({ status }) => status !== "error"),
    findings: all.filter((finding) => finding !== null),
  };

  function tlsFinding(mode: string, host: string): Finding {
    const local = host === "" || host.startsWith("/") || /^(localhost|127\.|::1$)/.test(host);
    if (mode === "verify-full" || local)
      return { check: "tls", status: "ok", message: `${mode}${local ? ", local host" : ""}` };
    return {
      check: "tls",
      status: "warning",
      message: `sslmode=${mode}: the server's identity is not fully verified`,
      remedy: "sslmode=verify-full with sslrootcert=…",
    };
  }
}

/** What rows are kept, and tables for them that no run has used. */
async function snapshotFindings(engine: Engine, session: Session): Promise<Finding[]> {
  const check = "kept-rows";
  let stray: Awaited<ReturnType<typeof strayTables>>;
  let kept: Awaited<ReturnType<typeof presentSnapshots>>;
  try {
    stray = await strayTables(engine, session);
    kept = await presentSnapshots(engine, session);
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    // A ledger that cannot be read is told of by the check of the migrations.
    return [];
  }
  if (stray.length > 0) {
    return [
      {
        check,
        status: "warning",
        message: `tables for kept rows that no migration has used: ${stray.map(({ name }) => name).join(", ")}`,
        remedy: stray.map((table) => dropStray(engine, table)).join("; "),
      },
    ];
  }
  if (kept.length === 0) return [];
  const rows = kept.reduce((sum, each) => sum + each.rows, 0);
  const count = `${kept.length} ${kept.length === 1 ? "snapshot" : "snapshots"}`;
  return [{ check, status: "ok", message: `${count} of ${rows} rows are kept; godwit snapshots lists them` }];
}

async function projectFinding(project: Parameters<typeof validateProject>[0]): Promise<Finding> {
  try {
    const { valid, checked, problems } = await validateProject(project);
    if (valid) {
      const message = `${checked.files} files and ${checked.historyRows} history rows agree`;
      return { check: "migrations", status: "ok", message };
    }
    const message = problems.map((problem) => `${problem.code} ${problem.message}`).join("; ");
    return { check: "migrations", status: "error", message, remedy: "godwit validate" };
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    return {
      check: "migrations",
      status: "error",
      message: `${error.code} ${error.message}`,
      remedy: error.hint,
    };
  }
}
