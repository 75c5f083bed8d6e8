import type { FileMark, MappingsFacts, MappingsPlace } from "../core/mappings-steps.ts";
import { type Artifact, readArtifacts } from "../run/artifact-ledger.ts";
import { readingJournal } from "./journal.ts";
import type { MappingsProject } from "./project.ts";

/** What the ledger keeps of a file that was placed. */
export interface PlacedBody {
  readonly run: string;
  readonly place: MappingsPlace;
  readonly mark: FileMark;
  /** Of the database, not of what was kept aside. */
  readonly facts?: MappingsFacts;
  readonly readMs?: number;
}

/** Files that runs have placed, the newest first. */
export async function readPlaced(
  project: MappingsProject,
  output: string,
): Promise<readonly (Artifact & { readonly body: PlacedBody })[]> {
  const found = await readingJournal(project, output, (session) =>
    readArtifacts(project.engine, session, "mappings-file"),
  );
  return (found ?? []) as readonly (Artifact & { readonly body: PlacedBody })[];
}
