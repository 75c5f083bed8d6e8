import type { GodwitError } from "../core/error.ts";
import type { Engine, Session } from "../engines/engine.ts";
import type { Project } from "./project.ts";
import { reading } from "./read.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import type { Contents } from "./content.ts";
import { type Migration, readFolder } from "./folder.ts";
import { isSource } from "./history.ts";

export interface Edit {
  readonly version: string;
  readonly name: string;
  /** Unified difference from what was applied to the file; null where the applied text was not kept. */
  readonly diff: string | null;
}

/** For edited files: the difference between what ran and what the file says now. */
export async function explainEdits(
  errors: readonly GodwitError[],
  inputs: { project: Project; contents: Contents; session?: Session },
): Promise<Edit[]> {
  const { project, contents } = inputs;
  const edited = new Set(
    errors.filter(({ code }) => code === "GW5001").map(({ details }) => String(details.version)),
  );
  if (edited.size === 0) return [];
  const migrations = readFolder(project.folder).filter(({ version }) => edited.has(version));
  const explain = async (session: Session) => {
    const edits: Edit[] = [];
    // One after the other: a session does one thing at a time.
    for (const migration of migrations)
      edits.push(await explainEdit(project.engine, session, contents, migration));
    return edits;
  };
  return inputs.session === undefined ? reading(project, explain) : explain(inputs.session);
}

async function explainEdit(
  engine: Engine,
  session: Session,
  contents: Contents,
  migration: Migration,
): Promise<Edit> {
  const { version, name } = migration;
  const [row] = await session.query(
    withPlaceholders(
      engine.traits,
      `SELECT source, raw_hash FROM ${engine.store.table("migration")} WHERE version = ? AND action IN ('apply', 'accept')
        ORDER BY seq DESC LIMIT 1`,
    ),
    [version],
  );
  if (row?.source === null || row?.source === undefined) return { version, name, diff: null };
  // A text that somebody put there would be shown as what ran; `validate` names its row.
  if (!isSource(String(row.source), String(row.raw_hash))) return { version, name, diff: null };
  const { createTwoFilesPatch } = await import("diff");
  const now = contents.up(migration).text;
  const diff = createTwoFilesPatch(`${name} (applied)`, `${name} (file)`, String(row.source), now, "", "", {
    context: 2,
  });
  return { version, name, diff };
}
