import { GodwitError } from "../core/error.ts";
import { readSources } from "../run/ledger.ts";
import { assess, judgeAssessment } from "./assess.ts";
import { compileMigration } from "./compile.ts";
import { openContents } from "./content.ts";
import { type Edit, explainEdits } from "./edits.ts";
import { readFolder } from "./folder.ts";
import { verifyHistory, verifySources } from "./history.ts";
import type { Project } from "./project.ts";
import { readingLedger } from "./read.ts";

export interface ValidationReport {
  readonly valid: boolean;
  readonly checked: { readonly files: number; readonly historyRows: number };
  readonly problems: readonly GodwitError[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly edits: readonly Edit[];
}

/**
 * Checks everything that can be checked without changing anything: every file parses and compiles, up and down;
 * the history's hash chain holds; files and history agree. Finds all problems, not only the first.
 */
export async function validateProject(project: Project): Promise<ValidationReport> {
  const { engine } = project;
  await engine.syntax.load();
  const contents = openContents(project);
  const folder = readFolder(project.folder);
  const problems: GodwitError[] = [];
  const collect = (check: () => void) => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof GodwitError)) throw error;
      problems.push(error);
    }
  };
  for (const migration of folder) {
    collect(
      () => void compileMigration(engine, contents, migration, "up", [], { policy: project.snapshots }),
    );
    if (migration.down !== null) collect(() => void compileMigration(engine, contents, migration, "down"));
  }
  return readingLedger(project, async ({ session, state }) => {
    const found = problems.length;
    collect(() => verifyHistory(state));
    // A database without a ledger has no table to read.
    if (problems.length === found && state.history.length > 0) {
      await verifySources(state.history, (seq) => readSources(engine, session, seq)).catch((error: unknown) =>
        collect(() => {
          throw error;
        }),
      );
    }
    const unreadable = new Set(
      problems.flatMap(({ details }) => (details.path === undefined ? [] : [details.path])),
    );
    const readable = folder.filter((migration) => !unreadable.has(migration.up));
    const { errors, warnings } = judgeAssessment(assess(readable, state, contents), project.policies);
    problems.push(
      ...errors.filter(
        ({ details }) => !folder.some((m) => m.version === details.version && !readable.includes(m)),
      ),
    );
    const edits = await explainEdits(problems, { project, contents, session });
    return {
      valid: problems.length === 0,
      checked: { files: folder.length, historyRows: state.history.length },
      problems,
      warnings,
      edits,
    };
  });
}
