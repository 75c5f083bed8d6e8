import type { FileMark, MappingsFacts, MappingsPlace } from "../core/mappings-steps.ts";
import { type Artifact, readArtifacts } from "../run/artifact-ledger.ts";
import { readingJournal } from "./journal.ts";
import { placeBeside } from "./place-beside.ts";
import type { MappingsProject } from "./project.ts";

/** What the ledger keeps of a file that was placed. */
export interface PlacedBody {
  readonly run: string;
  readonly place: MappingsPlace;
  /** Null: it was taken away. */
  readonly mark: FileMark | null;
  /** Of the database, not of what was kept aside. */
  readonly facts?: MappingsFacts;
  readonly readMs?: number;
}

type Placed = Artifact & { readonly body: PlacedBody };

/** Files that runs have placed, the newest first, where they are now. */
export async function readPlaced(project: MappingsProject, output: string): Promise<readonly Placed[]> {
  const found = await readingJournal(project, output, (session) =>
    readArtifacts(project.engine, session, "mappings-file"),
  );
  return ((found ?? []) as readonly Placed[]).map((placed) => placedBeside(placed, output));
}

function placedBeside({ body, ...artifact }: Placed, output: string): Placed {
  return { ...artifact, body: { ...body, place: placeBeside(body.place, output) } };
}
