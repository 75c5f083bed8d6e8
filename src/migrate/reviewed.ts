import type { FrozenPlan } from "../core/frozen-plan.ts";
import { GodwitError } from "../core/error.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { checkApprovals } from "../run/reviewed/check-approvals.ts";
import { checkReviewed } from "../run/reviewed/check-reviewed.ts";
import type { AbortedRun } from "../run/undo-aborted.ts";
import { openContents } from "./content.ts";
import { verifyHistory } from "./history.ts";
import { inFolder, stepsInFolder } from "./plan-paths.ts";
import { executionOf, type Project } from "./project.ts";
import { writeSchemaFile } from "./schema-file.ts";
import { readSourceFile } from "./source-file.ts";
import { undoRun } from "./undo-run.ts";

/**
 * Carries a reviewed plan out, apply or rollback, or goes on with it. What runs is what the document says; only
 * TypeScript migrations run from their files, which must be as they were.
 */
export async function applyReviewed(project: Project, frozen: FrozenPlan): Promise<RunResult> {
  checkApprovals(frozen, project.gates.approvers);
  await project.engine.syntax.load();
  return execute({
    ...executionOf(project),
    reviewed: frozen,
    intent: { ...(frozen.intent as object), plan: frozen.hash },
    compile: async (state, facts, _, { session, emit }) => {
      verifyHistory(state);
      const plan = await checkReviewed(frozen, { engine: project.engine, session, facts, state });
      if (plan === null) return null;
      checkFiles({ ...project, emit }, frozen);
      return { ...plan, steps: stepsInFolder(plan.steps, project.folder) };
    },
    afterwards: (session, emit) => writeSchemaFile({ ...project, emit }, session),
    ...(frozen.kind === "apply"
      ? { undo: (aborted: AbortedRun) => undoRun(project, openContents(project), aborted, frozen) }
      : {}),
  });
}

/** Says which files are not as they were planned. Throws GW8110 for one that would run. */
function checkFiles(project: Project, frozen: FrozenPlan): void {
  const scripts = new Set(frozen.steps.flatMap((step) => (step.kind === "script" ? [step.file] : [])));
  const changed = frozen.files.filter(({ path, hash }) => isChanged(project, path, hash));
  const unchanged = new Set(frozen.files.filter((file) => !changed.includes(file)).map(({ path }) => path));
  // Also one of which the plan does not say what it held.
  const running = [...scripts].filter((path) => !unchanged.has(path));
  if (running.length > 0) {
    throw new GodwitError("GW8110", {
      message: `${running.join(", ")} is not as it was when the plan was made, and would run from its file`,
      details: { files: running },
    });
  }
  for (const { path } of changed) {
    const message = `${path} is not as it was when the plan was made; what runs is what was reviewed`;
    project.emit({ type: "warning:raised", code: "GW8110", message });
  }
}

function isChanged({ folder, maxFileBytes }: Project, path: string, planned: string): boolean {
  const file = inFolder(path, folder);
  if (file === null) return true;
  try {
    return readSourceFile(file, folder, maxFileBytes).rawHash !== planned;
  } catch {
    // Gone, or no longer to be read: SQL is in the plan.
    return true;
  }
}
