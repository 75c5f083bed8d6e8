import { GodwitError } from "../core/error.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import type { RunResult } from "../run/executor.ts";
import type { CopyProject } from "./project.ts";
import { withSession } from "./with-session.ts";

/**
 * A copy that compares nothing at its end (an upsert: the target may hold more) is not verified where rows were set
 * aside. Throws GW7005; the run itself is done, and the same command is another one.
 */
export async function refuseQuarantined(
  project: CopyProject,
  { runId, plan, state }: RunResult,
): Promise<void> {
  const { engine } = project.target;
  const isCompared = plan?.steps.some(({ kind }) => kind === "compare") ?? false;
  if (state !== "done" || runId === null || isCompared) return;
  const table = engine.store.table("quarantine");
  const count = withPlaceholders(engine.traits, `SELECT count(*) AS n FROM ${table} WHERE run_id = ?`);
  const [row] = await withSession(project, "target", (session) => session.query(count, [runId]));
  const rows = Number(row?.n ?? 0);
  if (rows === 0) return;
  throw new GodwitError("GW7005", {
    message: `${rows} rows that the target refused were set aside in ${table}, so the copy is not verified; all others are there`,
    hint: "Correct the rows in the source, or what refuses them on the target, and run the same command again.",
    details: { run: runId, quarantined: rows },
    outcome: "changed",
  });
}
