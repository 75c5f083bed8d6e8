import { type KeptAside, type MigrationRecord, readSidecar, Restorer } from "../../formats/mappings/index.ts";
import type { MappingsInput } from "../../core/mappings-steps.ts";
import { watchedSource } from "./watched-source.ts";

/** What an earlier downgrade has kept aside of a database, to be put back in one pass over it. */
export interface OpenKept extends MappingsInput {
  /** The content that it belongs to. */
  readonly content: string;
  readonly history: readonly MigrationRecord[];
  readonly entries: readonly KeptAside[];
  readonly restorer: Restorer;
}

/** Throws GW2601 for a file that is damaged. */
export async function openKept(file: string): Promise<OpenKept> {
  const source = await watchedSource(file);
  const { head, aside } = await readSidecar(source);
  return {
    file,
    ...source.read(),
    content: head.content,
    history: head.history,
    entries: aside,
    restorer: new Restorer(aside),
  };
}
